package incident

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Key is the correlation key of an alert that begins to fire: alerts with one key belong together.
// It is 32 hex digits of SHA-256 over the mode and its parts, each ended by a zero byte.
// mapped says whether the alert named its service; where nothing could be mapped the alert's name is a part,
// so that there is no giant incident of everything unknown.
func (c Correlate) Key(service id.Service, mapped bool, a alert.Key, l alert.LabelSet) string {
	mode := cmp.Or(c.Mode, CorrelateServiceEnvSeverity)
	parts := []string{string(mode), string(service)}
	switch mode {
	case CorrelateServiceEnvSeverity:
		parts = append(parts, l.Environment, l.Severity.String())
	case CorrelateService:
	case CorrelateGroupKey:
		parts = append(parts, string(a.Integration), l.GroupKey)
	case CorrelateAlert:
		parts = append(parts, string(a.Integration), a.Fingerprint)
	case CorrelateLabels:
		names := slices.Sorted(slices.Values(c.Labels))
		for _, n := range names {
			parts = append(parts, n, l.Labels[n])
		}
	}
	if !mapped {
		parts = append(parts, "alertname", l.Name)
	}
	if l.Severity.Quiet() {
		parts = append(parts, "quiet") // info and none neither join nor hold open what is above them
	}
	h := sha256.New()
	for _, p := range parts {
		h.Write(append([]byte(p), 0))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
