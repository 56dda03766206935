package alertmanager

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// wireAlert is an alert of Alertmanager's API, and with a status one of its webhook.
type wireAlert struct {
	Status       string            `json:"status,omitempty"` // firing, resolved
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt,omitzero"` // zero while it fires
	GeneratorURL string            `json:"generatorURL,omitempty"`
	Fingerprint  string            `json:"fingerprint,omitempty"`
}

// alertOf is the incident as an alert: its labels are those of its first alert, and the same whatever happens to it. A test
// is one that is over, which nobody is told of.
func alertOf(m ports.Outgoing, now time.Time) (wireAlert, error) {
	if m.Purpose == notification.PurposeTest {
		return wireAlert{
			Labels: map[string]string{"alertname": "RouseTest", "severity": "none", "rouse_incident": "test-" + string(m.ID)}, Annotations: map[string]string{"summary": "a test by Rouse"},
			StartsAt: now.Add(-2 * time.Second), EndsAt: now.Add(-time.Second),
		}, nil
	}
	doc := text.Webhook(text.Input(m))
	if len(doc.Incidents) != 1 {
		return wireAlert{}, errors.New("a forwarded message is of one incident")
	}
	i := doc.Incidents[0]
	if i.Labels[alert.Origin] != "" {
		return wireAlert{}, errors.New("it came from a Rouse, and is not forwarded on: that could go round in a circle")
	}
	a := wireAlert{Labels: labels(m, i), Annotations: annotations(i), StartsAt: i.Since, GeneratorURL: i.URL}
	for _, e := range i.Events { // it fires anew: an end that is known there is older
		if e.Event == string(notification.EventReopened) && e.At.After(a.StartsAt) {
			a.StartsAt = e.At
		}
	}
	if i.Status == "resolved" {
		a.EndsAt = later(now, a.StartsAt)
	}
	return a, nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// labels: names are in the form that every Alertmanager takes.
func labels(m ports.Outgoing, i text.Incident) map[string]string {
	out := map[string]string{"alertname": "Incident", "service": i.Service, "environment": i.Environment, "severity": i.Severity}
	if m.Items[0].First != (alert.Severity{}) {
		out["severity"] = m.Items[0].First.String()
	}
	for _, name := range slices.Sorted(maps.Keys(i.Labels)) { // where two become one name, always the same is left
		if value := i.Labels[name]; value != "" {
			out[labelName(name)] = value
		}
	}
	out["rouse_incident"] = i.ID
	if m.Installation != "" {
		out[alert.Origin] = m.Installation
	}
	return out
}

func labelName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return "_" + name
	}
	return name
}

func annotations(i text.Incident) map[string]string {
	out := map[string]string{"summary": fmt.Sprintf("#%d %s", i.Number, i.Title), "status": i.Status, "severity": i.Severity}
	for name, value := range map[string]string{"description": i.What, "runbook_url": i.RunbookURL, "incident_url": i.URL} {
		if value != "" {
			out[name] = value
		}
	}
	return out
}
