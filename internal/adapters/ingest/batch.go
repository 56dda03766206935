package ingest

import (
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
