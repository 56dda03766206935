package ingest

import (
	"encoding/json"
	"slices"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
)

// Batch is what one request brought: each of its alerts is a signal or, where it cannot be one, in Bad.
type Batch struct {
	// Signals are raw: Integration and what a mapping derives are empty.
	Signals []alert.Signal
	Bad     []alert.Quarantined // Reason and Raw only
	BadAt   []int               // where in the request's alerts Bad were, ascending; Signals are the others in order
}

// Add takes the alert at a place of the request. With a reason it cannot be one, and raw is kept for people.
func (b *Batch) Add(at int, s alert.Signal, reason string, raw []byte) {
	if reason == "" {
		b.Signals = append(b.Signals, s)
		return
	}
	b.Bad = append(b.Bad, alert.Quarantined{Reason: reason, Raw: Keep(raw)})
	b.BadAt = append(b.BadAt, at)
}

// Without makes of each signal that there is a reason against one that is kept for people.
func (b Batch) Without(reason func(s *alert.Signal) string) Batch {
	found := false
	for i := range b.Signals {
		found = found || reason(&b.Signals[i]) != ""
	}
	if !found {
		return b
	}
	var out Batch
	signals, bad := b.Signals, b.Bad
	for at := range len(b.Signals) + len(b.Bad) {
		if k := len(b.Bad) - len(bad); len(bad) > 0 && b.BadAt[k] == at {
			out.Bad, out.BadAt, bad = append(out.Bad, bad[0]), append(out.BadAt, at), bad[1:]
			continue
		}
		s := signals[0]
		signals = signals[1:]
		why := reason(&s)
		if why == "" {
			out.Add(at, s, "", nil)
			continue
		}
		raw, _ := json.Marshal(s.Labels) // texts always can be
		out.Add(at, s, why, raw)
	}
	return out
}

// InOrder puts the results of a batch, signals first, into the order of its request.
func InOrder[T any](b Batch, results []T) []T {
	if len(b.BadAt) == 0 || len(results) != len(b.Signals)+len(b.Bad) {
		return results
	}
	out, bad := slices.Clip(results[:len(b.Signals)]), results[len(b.Signals):]
	for i, at := range b.BadAt {
		out = slices.Insert(out, at, bad[i])
	}
	return out
}
