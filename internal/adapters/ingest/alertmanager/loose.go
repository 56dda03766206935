package alertmanager

import (
	"encoding/json"
	"strconv"

	"github.com/rouse-oncall/rouse/internal/adapters/ingest"
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
		s, reason := ingest.ReadAlert(raw, w.group())
		p.Add(i, s, reason, raw)
	}
	return p, nil
}
