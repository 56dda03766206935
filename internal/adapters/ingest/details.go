package ingest

import (
	"encoding/json"
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
)

// maxLabel is the longest detail that is a label rather than something to read, in bytes.
const maxLabel = 200

// Details reads what senders add freely to an alert: short lines become labels, by which it is mapped and found;
// longer texts and whatever is none become annotations.
func Details(s *alert.Signal, raw json.RawMessage) {
	var fields map[string]json.RawMessage
	if len(raw) == 0 {
		return
	}
	if json.Unmarshal(raw, &fields) != nil {
		if text := Text(raw); text != "" {
			s.Annotations["details"] = text
		}
		return
	}
	for name, v := range fields {
		switch text := Text(v); {
		case v[0] == 'n':
		case v[0] == '{', v[0] == '[':
			s.Annotations[name] = Keep(v)
		case text != "" && len(text) <= maxLabel && !strings.Contains(text, "\n"):
			s.Labels[name] = text
		case text != "":
			s.Annotations[name] = text
		}
	}
}

// Default fills a label that nothing has filled.
func Default(labels map[string]string, name, value string) {
	if labels[name] == "" && value != "" {
		labels[name] = value
	}
}
