package memory

import (
	"context"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Senders knows who sends again and again.
func (tx *Tx) Senders() ports.Senders { return senders{tx} }

type senders struct{ *Tx }

func (r senders) Find(_ context.Context, list []alert.Sender) (map[alert.Sender]alert.Run, error) {
	out := make(map[alert.Sender]alert.Run, len(list))
	for _, s := range list {
		if run, ok := r.db.senders[s]; ok {
			out[s] = run
		}
	}
	return out, nil
}

func (r senders) Save(_ context.Context, runs map[alert.Sender]alert.Run) error {
	for s, run := range runs {
		put(r.Tx, r.db.senders, s, run)
	}
	return nil
}

func (r senders) Forget(_ context.Context, before time.Time, limit int) (int, error) {
	return forget(r.Tx, r.db.senders, func(run alert.Run) time.Time { return run.Last }, before, limit), nil
}

// forget drops the oldest entries from before a moment.
func forget[K comparable, V any](tx *Tx, m map[K]V, at func(V) time.Time, before time.Time, limit int) int {
	var old []K
	for k, v := range m {
		if at(v).Before(before) {
			old = append(old, k)
		}
	}
	slices.SortFunc(old, func(a, b K) int { return at(m[a]).Compare(at(m[b])) })
	old = old[:min(limit, len(old))]
	for _, k := range old {
		drop(tx, m, k)
	}
	return len(old)
}

var _ ports.Senders = senders{}
