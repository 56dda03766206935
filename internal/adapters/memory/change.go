package memory

import (
	"context"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/ports"
)

// Changes is the feed of changes.
func (tx *Tx) Changes() ports.Changes { return changes{tx} }

type changes struct{ *Tx }

func (r changes) Tail(_ context.Context, after ports.Place, limit int) ([]ports.Changed, error) {
	var out []ports.Changed
	for _, c := range r.db.changes {
		if c.Place.Compare(after) > 0 && len(out) < limit {
			out = append(out, c)
		}
	}
	return out, nil
}

func (r changes) Newest(context.Context) (ports.Place, error) {
	if n := len(r.db.changes); n > 0 {
		return r.db.changes[n-1].Place, nil
	}
	return ports.Place{}, nil
}

func (r changes) Holds(_ context.Context, p ports.Place) (bool, error) {
	return slices.ContainsFunc(r.db.changes, func(c ports.Changed) bool { return c.Place == p }), nil
}

func (r changes) Directory(context.Context) (int64, error) { return r.db.directory.Version, nil }

func (r changes) Prune(_ context.Context, before time.Time, keep int64, limit int) (int, error) {
	all, n := r.db.changes, 0
	for n < min(limit, len(all)-1) && (all[n].At.Before(before) || all[len(all)-1].Place.Seq-all[n].Place.Seq >= keep) {
		n++
	}
	assign(r.Tx, &r.db.changes, slices.Clone(all[n:]))
	return n, nil
}

// feed adds an entry.
func (tx *Tx) feed(c ports.Changed) {
	c.Place.Seq = tx.next("change")
	n := len(tx.db.changes)
	tx.undo = append(tx.undo, func() { tx.db.changes = tx.db.changes[:n] })
	tx.db.changes = append(tx.db.changes, c)
}

var _ ports.Changes = changes{}
