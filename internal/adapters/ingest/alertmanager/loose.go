package alertmanager

import (
	"encoding/json"
	"strconv"

	"github.com/rouse-oncall/rouse/internal/adapters/ingest"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

type looseWebhook struct {
	Receiver        json.RawMessage `json:"receiver"`
	Status          json.RawMessage `json:"status"`
	Alerts          json.RawMessage `json:"alerts"`
	GroupKey        json.RawMessage `json:"groupKey"`
	ExternalURL     json.RawMessage `json:"externalURL"`
	TruncatedAlerts json.RawMessage `json:"truncatedAlerts"`
}

type looseAlert struct {
	Status       json.RawMessage `json:"status"`
	Labels       json.RawMessage `json:"labels"`
	Annotations  json.RawMessage `json:"annotations"`
	StartsAt     ingest.Time     `json:"startsAt"`
	EndsAt       ingest.Time     `json:"endsAt"`
	GeneratorURL json.RawMessage `json:"generatorURL"`
	Fingerprint  json.RawMessage `json:"fingerprint"`
}

// decodeLoosely takes a body with wrong types apart, alert by alert, so that each is judged alone.
func decodeLoosely(body []byte) (Payload, error) {
	var loose looseWebhook
	var alerts []json.RawMessage
	if json.Unmarshal(body, &loose) != nil || json.Unmarshal(loose.Alerts, &alerts) != nil || alerts == nil {
		return Payload{}, fault.Invalid("alerts.missing", `the body is not an Alertmanager webhook of version 4: it has no list "alerts"`)
	}
	w := webhook{
		Receiver:    ingest.Text(loose.Receiver),
		Status:      ingest.Text(loose.Status),
		GroupKey:    ingest.Text(loose.GroupKey),
		ExternalURL: ingest.Text(loose.ExternalURL),
	}
	truncated, _ := strconv.ParseUint(ingest.Text(loose.TruncatedAlerts), 10, 32) // what is no count counts nothing
	w.TruncatedAlerts = uint32(truncated)
	p := w.head()
	for i, raw := range alerts {
		s, reason := w.looseSignal(raw)
		p.Add(i, s, reason, raw)
	}
	return p, nil
}

func (w *webhook) looseSignal(raw json.RawMessage) (s alert.Signal, reason string) {
	var loose looseAlert
	if raw[0] != '{' || json.Unmarshal(raw, &loose) != nil {
		return alert.Signal{}, "it is " + ingest.Kind(raw) + ", not an object"
	}
	labels, reason := ingest.Texts(loose.Labels)
	if reason != "" {
		return alert.Signal{}, "its labels cannot be read: " + reason
	}
	annotations, _ := ingest.Texts(loose.Annotations) // no alert is lost for its decoration
	return w.signal(&wireAlert{
		Status:       ingest.Text(loose.Status),
		Labels:       labels,
		Annotations:  annotations,
		StartsAt:     loose.StartsAt,
		EndsAt:       loose.EndsAt,
		GeneratorURL: ingest.Text(loose.GeneratorURL),
		Fingerprint:  ingest.Text(loose.Fingerprint),
	})
}
