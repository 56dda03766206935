// Package pagerduty forwards incidents to PagerDuty's Events API v2.
package pagerduty

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
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
	return channel.Vendor{
		Kind: "pagerduty", Label: "PagerDuty", API: "Events API", Addresses: []string{"https://events.pagerduty.com", "https://events.eu.pagerduty.com"},
		Path: "/v2/enqueue", Key: "Integration key (routing key)", Preview: func(m ports.Outgoing) (string, error) { return channel.JSON(eventOf(m)) },
	}.Descriptor()
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
	to, err := Descriptor().Check(m.To)
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
	a, err := channel.PostJSON(ctx, s.client, to+"/v2/enqueue", "", e)
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
	return ports.Receipt{}, channel.RefusedSaying("PagerDuty", a, said.Message+" "+strings.Join(said.Errors, "; "), key, s.now())
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
