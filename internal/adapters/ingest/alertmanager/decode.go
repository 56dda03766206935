// Package alertmanager reads what Prometheus' Alertmanager sends: the webhook of version 4.
package alertmanager

import (
	"encoding/json"
	"errors"

	"github.com/rouse-oncall/rouse/internal/adapters/ingest"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// Payload is one webhook. Each of its alerts is a signal or, where it cannot be one, in Bad.
type Payload struct {
	Receiver    string
	ExternalURL string // of the Alertmanager; as sent
	Truncated   int    // alerts of the group that were left out: they are not resolved

	// A fingerprint that was not sent is computed of the labels, as Prometheus does.
	ingest.Batch
}

// Decode reads the body of a webhook. One bad alert never refuses the others; unknown fields are passed over.
// Errors are fault.KindInvalid: alerts.not_json, alerts.too_deep, alerts.too_many, alerts.missing.
func Decode(body []byte, l ingest.Limits) (Payload, error) {
	if err := ingest.CheckShape(body, 2, l); err != nil {
		return Payload{}, err
	}
	var w webhook
	if err := json.Unmarshal(body, &w); err == nil && w.Alerts != nil {
		if p, ok := w.payload(); ok {
			return p, nil
		}
	} else if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return Payload{}, fault.Invalid("alerts.not_json", "the body is not JSON: %s at byte %d", syntax, syntax.Offset)
	}
	return decodeLoosely(body)
}

// webhook is the body as it should be. Whatever does not fit takes the slow way of loose.go.
type webhook struct {
	Receiver        string         `json:"receiver"`
	Status          string         `json:"status"`
	Alerts          []ingest.Alert `json:"alerts"`
	GroupKey        string         `json:"groupKey"`
	ExternalURL     string         `json:"externalURL"`
	TruncatedAlerts uint32         `json:"truncatedAlerts"`
}

// payload is not ok where an alert must be quarantined: only the slow way has its raw text.
func (w *webhook) payload() (p Payload, ok bool) {
	p = w.head()
	p.Signals = make([]alert.Signal, len(w.Alerts))
	for i := range w.Alerts {
		var reason string
		if p.Signals[i], reason = w.Alerts[i].Signal(w.group()); reason != "" {
			return Payload{}, false
		}
	}
	return p, true
}

func (w *webhook) group() ingest.Group { return ingest.Group{Status: w.Status, Key: w.GroupKey} }

func (w *webhook) head() Payload {
	return Payload{Receiver: w.Receiver, ExternalURL: w.ExternalURL, Truncated: int(w.TruncatedAlerts)}
}
