package ingest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
)

// MaxRaw bounds what is kept of a quarantined alert, in bytes.
const MaxRaw = 16 << 10

// Time is zero for whatever is no believable RFC 3339 time: an alert is not lost for its date.
type Time struct{ time.Time }

// UnmarshalJSON never fails.
func (t *Time) UnmarshalJSON(b []byte) error {
	t.Time = time.Time{}
	if n := len(b); n > 2 && b[0] == '"' {
		if at, err := time.Parse(time.RFC3339Nano, string(b[1:n-1])); err == nil {
			t.Time = alert.BelievableTime(at)
		}
	}
	return nil
}

// Fingerprint is Prometheus' own, so that an alert is the same whichever way it comes.
// An empty label is no label there.
func Fingerprint(labels map[string]string) string {
	set := make(model.LabelSet, len(labels))
	for name, value := range labels {
		if value != "" {
			set[model.LabelName(name)] = model.LabelValue(value)
		}
	}
	return set.Fingerprint().String()
}

// Texts reads labels: numbers and booleans as they are written, null as missing. Anything else is left out, and
// the reason says so.
func Texts(raw json.RawMessage) (values map[string]string, reason string) {
	var fields map[string]json.RawMessage
	if len(raw) > 0 && json.Unmarshal(raw, &fields) != nil {
		return nil, "they are " + Kind(raw) + ", not an object"
	}
	values = make(map[string]string, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) { // sorted: always the same reason
		switch v := fields[name]; v[0] {
		case 'n':
		case '{', '[':
			reason = fmt.Sprintf("%.80q is %s, not a text", name, Kind(v))
		default:
			values[name] = Text(v)
		}
	}
	return values, reason
}

// Text gives a string, a number or a boolean as text, and "" for all else.
func Text(raw json.RawMessage) string {
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

// Kind says in words what a value is.
func Kind(raw json.RawMessage) string {
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

// Keep copies raw text for people to look at: valid UTF-8, at most MaxRaw bytes, cut visibly.
func Keep(raw []byte) string {
	if len(raw) <= MaxRaw {
		if valid := bytes.ToValidUTF8(raw, []byte("\ufffd")); len(valid) <= MaxRaw {
			return string(valid)
		}
	}
	note := fmt.Sprintf("… [cut from %d bytes]", len(raw))
	valid := strings.ToValidUTF8(string(raw[:min(len(raw), MaxRaw)]), "\ufffd")
	// The cut may end in half a character: what is left of it goes.
	return strings.ToValidUTF8(valid[:min(len(valid), MaxRaw-len(note))], "") + note
}

// Bounded keeps a name short and valid: it becomes part of a key.
func Bounded(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
	return strings.ToValidUTF8(s[:min(len(s), 255)], "")
}
