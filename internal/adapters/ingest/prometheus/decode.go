// Package prometheus reads what Prometheus sends to its Alertmanagers, and speaks as much of their API as those who
// read it need.
package prometheus

import (
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/ingest"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// resolveTimeout is how long an alert counts that does not say until when.
const resolveTimeout = 5 * time.Minute

type wireAlert struct {
	Labels       json.RawMessage `json:"labels"`
	Annotations  json.RawMessage `json:"annotations"`
	StartsAt     ingest.Time     `json:"startsAt"`
	EndsAt       ingest.Time     `json:"endsAt"`
	GeneratorURL json.RawMessage `json:"generatorURL"`
}

// Decode reads a list of alerts as of now: one whose end is to come fires, under a lease until then. Alertmanager's
// rules hold: an alert without labels, or that ends before it starts, is none; the others are taken all the same.
// Errors are fault.KindInvalid: alerts.not_json, alerts.too_deep, alerts.too_many, alerts.missing.
func Decode(body []byte, now time.Time, l ingest.Limits) (ingest.Batch, error) {
	if err := ingest.CheckShape(body, 1, l); err != nil {
		return ingest.Batch{}, err
	}
	var list []json.RawMessage
	if err := json.Unmarshal(body, &list); err != nil || list == nil {
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			return ingest.Batch{}, fault.Invalid("alerts.not_json", "the body is not JSON: %s at byte %d", syntax, syntax.Offset)
		}
		return ingest.Batch{}, fault.Invalid("alerts.missing", "the body is not a list of alerts, as Prometheus sends it")
	}
	var b ingest.Batch
	for i, raw := range list {
		s, reason := signal(raw, now)
		b.Add(i, s, reason, raw)
	}
	return b, nil
}

func signal(raw json.RawMessage, now time.Time) (s alert.Signal, reason string) {
	var w wireAlert
	if raw[0] != '{' || json.Unmarshal(raw, &w) != nil {
		return s, "it is " + ingest.Kind(raw) + ", not an object"
	}
	labels, reason := ingest.Texts(w.Labels)
	if reason != "" {
		return s, "its labels cannot be read: " + reason
	}
	for name, value := range labels {
		if value == "" {
			delete(labels, name)
		}
	}
	switch {
	case len(labels) == 0:
		return s, "it has no labels"
	case !w.EndsAt.IsZero() && w.EndsAt.Before(w.StartsAt.Time):
		return s, "it ends before it starts"
	}
	end := w.EndsAt.Time
	if end.IsZero() {
		end = now.Add(resolveTimeout)
	}
	annotations, _ := ingest.Texts(w.Annotations) // no alert is lost for its decoration
	s = alert.Signal{
		Fingerprint: ingest.Fingerprint(labels), Firing: end.After(now), StartsAt: w.StartsAt.Time, Labels: labels, Annotations: annotations,
		GeneratorURL: ingest.Text(w.GeneratorURL), Lease: alert.LeaseUntil(end, now),
	}
	if u, err := url.Parse(s.GeneratorURL); err == nil {
		s.Sender = ingest.Bounded(u.Host)
	}
	if !s.Firing {
		s.EndsAt = end
	}
	return s, ""
}
