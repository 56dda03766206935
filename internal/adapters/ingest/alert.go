package ingest

import (
	"encoding/json"
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
)

// Alert is an alert as Alertmanager's webhook writes it, and as mappings of other payloads make it.
type Alert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     Time              `json:"startsAt"`
	EndsAt       Time              `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`
}

// Group is what an alert's group says for all of its alerts.
type Group struct {
	Status, Key string
}

// Signal fills what an alert left out from its group. The reason is empty unless it cannot be an alert.
func (a *Alert) Signal(g Group) (s alert.Signal, reason string) {
	if a.Status == "" {
		a.Status = g.Status
	}
	firing, reason := alert.Check(a.Status, a.Labels, a.Fingerprint)
	if reason != "" {
		return alert.Signal{}, reason
	}
	if strings.TrimSpace(a.Fingerprint) == "" {
		a.Fingerprint = Fingerprint(a.Labels)
	}
	return alert.Signal{
		Fingerprint: a.Fingerprint, Firing: firing, StartsAt: a.StartsAt.Time, EndsAt: a.EndsAt.Time,
		Labels: a.Labels, Annotations: a.Annotations, GeneratorURL: a.GeneratorURL, GroupKey: g.Key,
	}, ""
}

type looseAlert struct {
	Status       json.RawMessage `json:"status"`
	Labels       json.RawMessage `json:"labels"`
	Annotations  json.RawMessage `json:"annotations"`
	StartsAt     Time            `json:"startsAt"`
	EndsAt       Time            `json:"endsAt"`
	GeneratorURL json.RawMessage `json:"generatorURL"`
	Fingerprint  json.RawMessage `json:"fingerprint"`
}

// ReadAlert reads one whose values may be of wrong types: what can be read is.
func ReadAlert(raw json.RawMessage, g Group) (s alert.Signal, reason string) {
	var loose looseAlert
	if raw[0] != '{' || json.Unmarshal(raw, &loose) != nil {
		return alert.Signal{}, "it is " + Kind(raw) + ", not an object"
	}
	labels, reason := Texts(loose.Labels)
	if reason != "" {
		return alert.Signal{}, "its labels cannot be read: " + reason
	}
	annotations, _ := Texts(loose.Annotations) // no alert is lost for its decoration
	a := Alert{
		Status: Text(loose.Status), Labels: labels, Annotations: annotations, StartsAt: loose.StartsAt, EndsAt: loose.EndsAt,
		GeneratorURL: Text(loose.GeneratorURL), Fingerprint: Text(loose.Fingerprint),
	}
	return a.Signal(g)
}
