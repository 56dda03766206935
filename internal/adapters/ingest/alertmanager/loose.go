package alertmanager

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// maxRaw bounds what is kept of a quarantined alert, in bytes.
const maxRaw = 16 << 10

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
	StartsAt     wireTime        `json:"startsAt"`
	EndsAt       wireTime        `json:"endsAt"`
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
		Receiver:    text(loose.Receiver),
		Status:      text(loose.Status),
		GroupKey:    text(loose.GroupKey),
		ExternalURL: text(loose.ExternalURL),
	}
	truncated, _ := strconv.ParseUint(text(loose.TruncatedAlerts), 10, 32) // what is no count counts nothing
	w.TruncatedAlerts = uint32(truncated)
	p := w.head()
	for i, raw := range alerts {
		s, reason := w.looseSignal(raw)
		if reason == "" {
			p.Signals = append(p.Signals, s)
			continue
		}
		p.Bad = append(p.Bad, alert.Quarantined{Reason: reason, Raw: keep(raw)})
		p.BadAt = append(p.BadAt, i)
	}
	return p, nil
}

func (w *webhook) looseSignal(raw json.RawMessage) (s alert.Signal, reason string) {
	var loose looseAlert
	if raw[0] != '{' || json.Unmarshal(raw, &loose) != nil {
		return alert.Signal{}, "it is " + kind(raw) + ", not an object"
	}
	labels, reason := texts(loose.Labels)
	if reason != "" {
		return alert.Signal{}, "its labels cannot be read: " + reason
	}
	annotations, _ := texts(loose.Annotations) // no alert is lost for its decoration
	return w.signal(&wireAlert{
		Status:       text(loose.Status),
		Labels:       labels,
		Annotations:  annotations,
		StartsAt:     loose.StartsAt,
		EndsAt:       loose.EndsAt,
		GeneratorURL: text(loose.GeneratorURL),
		Fingerprint:  text(loose.Fingerprint),
	})
}

// texts reads labels: numbers and booleans as they are written, null as missing. Anything else is left out, and
// the reason says so.
func texts(raw json.RawMessage) (values map[string]string, reason string) {
	var fields map[string]json.RawMessage
	if len(raw) > 0 && json.Unmarshal(raw, &fields) != nil {
		return nil, "they are " + kind(raw) + ", not an object"
	}
	values = make(map[string]string, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) { // sorted: always the same reason
		switch v := fields[name]; v[0] {
		case 'n':
		case '{', '[':
			reason = fmt.Sprintf("%.80q is %s, not a text", name, kind(v))
		default:
			values[name] = text(v)
		}
	}
	return values, reason
}

// text gives a string, a number or a boolean as text, and "" for all else.
func text(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	switch raw[0] {
	case 'n', '{', '[':
		return ""
	case '"':
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return ""
		}
		return s
	}
	return string(raw)
}

func kind(raw json.RawMessage) string {
	switch raw[0] {
	case '"':
		return "a text"
	case '[':
		return "a list"
	case '{':
		return "an object"
	case 'n':
		return "null"
	case 't', 'f':
		return "a boolean"
	}
	return "a number"
}

// keep copies raw text for people to look at: valid UTF-8, at most maxRaw bytes, cut visibly.
func keep(raw []byte) string {
	if len(raw) <= maxRaw {
		if valid := bytes.ToValidUTF8(raw, []byte("\ufffd")); len(valid) <= maxRaw {
			return string(valid)
		}
	}
	note := fmt.Sprintf("… [cut from %d bytes]", len(raw))
	valid := strings.ToValidUTF8(string(raw[:min(len(raw), maxRaw)]), "\ufffd")
	// The cut may end in half a character: what is left of it goes.
	return strings.ToValidUTF8(valid[:min(len(valid), maxRaw-len(note))], "") + note
}
