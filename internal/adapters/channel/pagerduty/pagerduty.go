// Package pagerduty forwards incidents to PagerDuty's Events API v2.
package pagerduty

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Sender sends events. Any number of goroutines may use it.
type Sender struct {
	client *http.Client
	now    func() time.Time
}

var _ ports.Notifier = (*Sender)(nil)

// New gives a sender.
func New(now func() time.Time) *Sender {
	return &Sender{client: channel.NewClient(&net.Dialer{}, http.ProxyFromEnvironment), now: now}
}

// Descriptor describes the channel.
func Descriptor() ports.ChannelDescriptor {
	return ports.ChannelDescriptor{
		Kind: "pagerduty", Label: "PagerDuty", Shared: true, Expiry: 24 * time.Hour, Posts: true, Check: check, Preview: channel.Shows(func(m ports.Outgoing) (string, error) { return channel.JSON(eventOf(m)) }),
		Key: "Integration key (routing key)", KeyMust: true,
		Address: json.RawMessage(`{"type":"string","title":"Events API","description":"https://events.pagerduty.com, or https://events.eu.pagerduty.com","format":"uri","pattern":"^https?://"}`),
	}
}

// check takes the API's host with or without the path that PagerDuty's documents have.
func check(to string) (string, error) {
	u, err := url.Parse(strings.TrimSuffix(strings.TrimRight(to, "/"), "/v2/enqueue"))
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return "", errors.New("this is not the address of an Events API, such as https://events.pagerduty.com")
	}
	u.Fragment = ""
	return u.String(), nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// event is what the API takes. https://developer.pagerduty.com/docs/send-alert-event
type event struct {
	RoutingKey string   `json:"routing_key"`
	Action     string   `json:"event_action"` // trigger, acknowledge, resolve
	DedupKey   string   `json:"dedup_key"`
	Payload    *payload `json:"payload,omitempty"`
	Client     string   `json:"client,omitempty"`
	ClientURL  string   `json:"client_url,omitempty"`
	Links      []link   `json:"links,omitempty"`
}

type payload struct {
	Summary   string            `json:"summary"`
	Source    string            `json:"source"`
	Severity  string            `json:"severity"`
	Timestamp time.Time         `json:"timestamp"`
	Component string            `json:"component"`
	Details   map[string]string `json:"custom_details"`
}

type link struct {
	Href string `json:"href"`
	Text string `json:"text"`
}

// Send says where the incident stands. Its id is the dedup key: whatever is sent again changes nothing there.
func (s *Sender) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	to, err := check(m.To)
	switch {
	case err != nil:
		return ports.Receipt{}, err
	case m.Chosen.Key == "":
		return ports.Receipt{}, errors.New("the channel has no integration key")
	}
	e, err := eventOf(m)
	if err != nil {
		return ports.Receipt{}, err
	}
	body, err := json.Marshal(e)
	if err != nil {
		return ports.Receipt{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to+"/v2/enqueue", bytes.NewReader(body))
	if err != nil {
		return ports.Receipt{}, errors.New("this is not a web address")
	}
	req.Header.Set("Content-Type", "application/json")
	a, err := channel.Do(s.client, req)
	if err != nil {
		return ports.Receipt{}, err
	}
	return s.judge(a, e, m.Chosen.Key)
}

func (s *Sender) judge(a channel.Answer, e event, key string) (ports.Receipt, error) {
	if a.OK() {
		return ports.Receipt{ProviderID: e.DedupKey, Detail: fmt.Sprintf("PagerDuty took the event (%s)", e.Action), Delivered: true}, nil
	}
	var said struct {
		Message string
		Errors  []string
	}
	_ = json.Unmarshal(a.Body, &said) // without words the status says it
	words := strings.TrimRight(fmt.Sprintf("PagerDuty answered %d: %s %s", a.Status, said.Message, strings.Join(said.Errors, "; ")), ": ")
	err := errors.New(strings.ReplaceAll(words, key, "…"))
	if a.Status == http.StatusTooManyRequests || a.Status == http.StatusRequestTimeout || a.Status >= http.StatusInternalServerError {
		return ports.Receipt{}, ports.Retryable(err, channel.RetryAfter(a.Header, s.now()))
	}
	return ports.Receipt{}, err
}

// eventOf: a test opens nothing there, it resolves what never was, which PagerDuty takes and drops.
func eventOf(m ports.Outgoing) (event, error) {
	if m.Purpose == notification.PurposeTest {
		return event{RoutingKey: m.Chosen.Key, Action: "resolve", DedupKey: "rouse-test-" + string(m.ID)}, nil
	}
	doc := text.Webhook(text.Input(m))
	if len(doc.Incidents) != 1 {
		return event{}, errors.New("a message to PagerDuty is of one incident")
	}
	i := doc.Incidents[0]
	e := event{RoutingKey: m.Chosen.Key, Action: "trigger", DedupKey: "rouse-" + i.ID, Client: "Rouse", ClientURL: i.URL}
	e.Payload = &payload{
		Summary: fmt.Sprintf("#%d %s", i.Number, i.Title), Source: i.Service + " " + i.Environment, Severity: severity(i.Severity),
		Timestamp: i.Since, Component: i.Service, Details: i.Labels,
	}
	if i.RunbookURL != "" {
		e.Links = []link{{i.RunbookURL, "Runbook"}}
	}
	switch i.Status {
	case "acknowledged":
		e.Action = "acknowledge"
	case "resolved":
		e.Action = "resolve"
	}
	return e, nil
}

// severity: theirs are critical, error, warning and info.
func severity(s string) string {
	if s == "none" {
		return "info"
	}
	return s
}
