// Package heartbeat tells a monitor outside that Rouse is well: any dead man's switch that takes an HTTP request,
// or another Alertmanager, whose Watchdog alert then fires for as long as it hears of it.
package heartbeat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/ports"
)

// lasts is how long an Alertmanager takes the Watchdog as firing after it last heard of it.
const lasts = 3 * time.Minute

// alertmanager begins the scheme of an address that is an Alertmanager's: alertmanager+https://host:9093.
const alertmanager = "alertmanager+"

// Sender sends heartbeats to one address.
type Sender struct {
	address string // a secret: whoever has it can send in our name
	from    string // our public URL
	watch   bool   // it is an Alertmanager
	client  *http.Client
}

var _ ports.Heartbeat = (*Sender)(nil)

// New reads the address. from is this server's public URL, for people who look at the Alertmanager.
//
// A dead man's switch is asked by GET, which means the same wherever it leads: one that moved, or went to https, still
// hears of us, and one that does not raises its alarm. What is sent to an Alertmanager a redirect would turn into a
// GET without it, and a login page answers that with 200: there a redirect is a refusal.
func New(address, from string) (*Sender, error) {
	rest, watch := strings.CutPrefix(address, alertmanager)
	u, err := url.Parse(rest)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("it is not an address such as https://hc-ping.com/UUID or alertmanager+https://alertmanager.example.org:9093")
	}
	client := &http.Client{}
	if watch {
		u = u.JoinPath("/api/v2/alerts")
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	return &Sender{address: u.String(), from: from, watch: watch, client: client}, nil
}

// Beat says that all is well.
func (s *Sender) Beat(ctx context.Context, now time.Time) error {
	req, err := s.request(ctx, now)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "rouse")
	res, err := s.client.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // without the address
		}
		return err
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection can be used again
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("it answered %s", res.Status)
	}
	return nil
}

func (s *Sender) request(ctx context.Context, now time.Time) (*http.Request, error) {
	if !s.watch {
		return http.NewRequestWithContext(ctx, http.MethodGet, s.address, http.NoBody)
	}
	body, err := json.Marshal([]map[string]any{{
		"labels": map[string]string{"alertname": "Watchdog", "severity": "none", "service": "rouse", "instance": s.from},
		"annotations": map[string]string{
			"summary": "Rouse is well: its audit passes and a synthetic alert goes through. Be alarmed when this stops.",
		},
		"startsAt": now.UTC(), "endsAt": now.Add(lasts).UTC(), "generatorURL": s.from,
	}})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	return req, nil
}
