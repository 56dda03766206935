// Package alertmanager forwards incidents as alerts: to another Alertmanager, and to another Rouse, which reads what
// Alertmanager's webhook sends.
package alertmanager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Config says where the other end may be.
type Config struct {
	Reach channel.Reach
	Now   func() time.Time
}

// Sender sends to Alertmanagers. Any number of goroutines may use it.
type Sender struct{ poster }

var _ ports.Notifier = (*Sender)(nil)

// New gives a sender.
func New(cfg Config) *Sender { return &Sender{poster{cfg.Reach.Client(), cfg.Now}} }

// path is of the API that Prometheus sends to.
// https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
const path = "/api/v2/alerts"

const (
	lasts     = "lasts" // an option
	lastsElse = 24 * time.Hour
)

// Descriptor describes the channel.
func Descriptor() ports.ChannelDescriptor {
	return ports.ChannelDescriptor{
		Kind: "alertmanager", Label: "Alertmanager", Shared: true, Expiry: 24 * time.Hour, Posts: true, Check: checkFor(path), Preview: channel.Shows(func(m ports.Outgoing) (string, error) { return channel.JSON(alertOf(m, m.CreatedAt)) }),
		Key:          "Token, where a proxy asks for one (Authorization: Bearer)",
		Address:      json.RawMessage(`{"type":"string","title":"Alertmanager","description":"Its address, such as http://alertmanager:9093","format":"uri","pattern":"^https?://"}`),
		Options:      []ports.ChannelOption{{Name: lasts, Label: "Lasts", Hint: "how long an alert lasts there that nothing more happens to: 1h to 720h; 24h where nothing is written"}},
		CheckOptions: checkOptions,
	}
}

func checkOptions(options map[string]string) error {
	for name := range options {
		if name != lasts {
			return fmt.Errorf("there is no option %q: lasts", name)
		}
	}
	_, err := lastsFor(options)
	return err
}

func lastsFor(options map[string]string) (time.Duration, error) {
	v := strings.TrimSpace(options[lasts])
	if v == "" {
		return lastsElse, nil
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < time.Hour || d > 720*time.Hour {
		return 0, errors.New("lasts is from 1h to 720h, such as 48h")
	}
	return d, nil
}

// checkFor takes a server's address with or without the path below it.
func checkFor(path string) func(to string) (string, error) {
	return func(to string) (string, error) {
		u, err := url.Parse(strings.TrimRight(strings.TrimSuffix(strings.TrimRight(to, "/"), path), "/"))
		if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Scheme != "https" && u.Scheme != "http" {
			return "", errors.New("this is not the address of a server, such as http://alertmanager:9093")
		}
		u.Fragment = ""
		return u.String(), nil
	}
}

// Send says where the incident stands. Alertmanager knows an alert by its labels, which never change: what is sent again
// changes nothing there. Nobody sends it again just so that it goes on: its end is put far off.
func (s *Sender) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	d, err := lastsFor(m.Chosen.Options)
	if err != nil {
		return ports.Receipt{}, err
	}
	a, err := alertOf(m, s.now())
	if err != nil {
		return ports.Receipt{}, err
	}
	if a.EndsAt.IsZero() {
		a.EndsAt = s.now().Add(d)
	}
	answer, err := s.post(ctx, m, path, []wireAlert{a})
	if err != nil {
		return ports.Receipt{}, err
	}
	if !answer.OK() {
		return ports.Receipt{}, refused("Alertmanager", answer, m.Chosen.Key, s.now())
	}
	return ports.Receipt{ProviderID: a.Labels["rouse_incident"], Detail: "Alertmanager took the alert until " + a.EndsAt.UTC().Format(time.RFC3339), Delivered: true}, nil
}

// poster posts JSON.
type poster struct {
	client *http.Client
	now    func() time.Time
}

func (p poster) post(ctx context.Context, m ports.Outgoing, path string, body any) (channel.Answer, error) {
	to, err := checkFor(path)(m.To)
	if err != nil {
		return channel.Answer{}, err
	}
	authorization := ""
	if m.Chosen.Key != "" {
		authorization = "Bearer " + m.Chosen.Key
	}
	return channel.PostJSON(ctx, p.client, to+path, authorization, body)
}

// refused adds what was said to what the status means.
func refused(who string, a channel.Answer, key string, now time.Time) error {
	return channel.RefusedSaying(who, a, string(a.Body[:min(len(a.Body), 300)]), key, now)
}
