// Package pagerduty reads what is sent to PagerDuty's Events API v2, and answers as it does.
package pagerduty

import (
	"crypto/rand"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/rouse-oncall/rouse/internal/adapters/ingest"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
)

// Limits are the API's own.
func Limits() ingest.Limits { return ingest.Limits{Body: 512 << 10, Alerts: 10_000, Depth: 32} }

const maxDedupKey = 255 // characters

// Action is what an event asks for.
type Action string

// The actions.
const (
	Trigger     Action = "trigger"
	Acknowledge Action = "acknowledge"
	Resolve     Action = "resolve"
)

// Event is one event. Its alert is known by DedupKey, which is made where a trigger has none.
type Event struct {
	RoutingKey string
	Action     Action
	DedupKey   string
	Signal     alert.Signal // of a trigger or resolve
}

// Change is a change event: something that may be why.
type Change struct {
	RoutingKey, Summary, Source string
}

type wireEvent struct {
	RoutingKey  json.RawMessage `json:"routing_key"`
	EventAction json.RawMessage `json:"event_action"`
	DedupKey    json.RawMessage `json:"dedup_key"`
	Payload     json.RawMessage `json:"payload"`
	Client      json.RawMessage `json:"client"`
	ClientURL   json.RawMessage `json:"client_url"`
}

type wirePayload struct {
	Summary       json.RawMessage `json:"summary"`
	Source        json.RawMessage `json:"source"`
	Severity      json.RawMessage `json:"severity"`
	Timestamp     json.RawMessage `json:"timestamp"`
	Component     json.RawMessage `json:"component"`
	Group         json.RawMessage `json:"group"`
	Class         json.RawMessage `json:"class"`
	CustomDetails json.RawMessage `json:"custom_details"`
}

// Decode reads an event. key is the routing key where the address has it already, else "". What is wrong is said in
// errors, as the API says it; then there is no event. A severity that is none of the API's is taken as it is: senders
// let people template it.
func Decode(body []byte, key string) (e Event, errors []string) {
	w, p, errors := read(body, key, &e.RoutingKey)
	if errors != nil {
		return e, errors
	}
	e.Action, e.DedupKey = Action(ingest.Text(w.EventAction)), strings.TrimSpace(ingest.Text(w.DedupKey))
	switch e.Action {
	case Trigger:
		if ingest.Text(p.Summary) == "" {
			errors = append(errors, "'payload.summary' is missing or blank")
		}
		if e.DedupKey == "" {
			e.DedupKey = strings.ToLower(rand.Text())
		}
	case Acknowledge, Resolve:
		if e.DedupKey == "" {
			errors = append(errors, "'dedup_key' is missing or blank")
		}
	default:
		errors = append(errors, "'event_action' is none of trigger, acknowledge, resolve")
	}
	if utf8.RuneCountInString(e.DedupKey) > maxDedupKey {
		errors = append(errors, "'dedup_key' is longer than 255 characters")
	}
	if errors != nil {
		return Event{RoutingKey: e.RoutingKey}, errors
	}
	e.Signal = signal(w, p)
	e.Signal.Fingerprint, e.Signal.Firing = e.DedupKey, e.Action == Trigger
	return e, nil
}

// DecodeChange reads a change event.
func DecodeChange(body []byte, key string) (c Change, errors []string) {
	_, p, errors := read(body, key, &c.RoutingKey)
	if errors != nil {
		return c, errors
	}
	if c.Summary, c.Source = ingest.Text(p.Summary), ingest.Text(p.Source); c.Summary == "" {
		return c, []string{"'payload.summary' is missing or blank"}
	}
	return c, nil
}

func read(body []byte, key string, routing *string) (w wireEvent, p wirePayload, errors []string) {
	if err := ingest.CheckShape(body, 2, Limits()); err != nil {
		return w, p, []string{err.Error()}
	}
	if json.Unmarshal(body, &w) != nil {
		return w, p, []string{"the body is not a JSON object"}
	}
	if *routing = key; key == "" {
		*routing = strings.TrimSpace(ingest.Text(w.RoutingKey))
	}
	if *routing == "" {
		return w, p, []string{"'routing_key' is missing or blank"}
	}
	if len(w.Payload) > 0 && w.Payload[0] == '{' {
		_ = json.Unmarshal(w.Payload, &p) // it is JSON: the whole was
	}
	return w, p, nil
}

// signal has no times: the API knows an alert by its key alone, and what is triggered after a resolve is new.
func signal(w wireEvent, p wirePayload) alert.Signal {
	s := alert.Signal{Labels: map[string]string{}, Annotations: map[string]string{}, GeneratorURL: ingest.Text(w.ClientURL)}
	ingest.Details(&s, p.CustomDetails)
	set := func(to map[string]string, name string, raw json.RawMessage) {
		if v := ingest.Text(raw); v != "" {
			to[name] = v
		}
	}
	set(s.Labels, "source", p.Source)
	set(s.Labels, "component", p.Component)
	set(s.Labels, "group", p.Group)
	set(s.Labels, "class", p.Class)
	set(s.Labels, "severity", p.Severity)
	set(s.Labels, "client", w.Client)
	set(s.Annotations, "summary", p.Summary)
	set(s.Annotations, "timestamp", p.Timestamp)
	ingest.Default(s.Labels, "service", s.Labels["component"])
	ingest.Default(s.Labels, "alertname", s.Labels["class"])
	ingest.Default(s.Labels, "alertname", s.Annotations["summary"])
	return s
}
