package memory

import (
	"cmp"
	"context"
	"slices"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Linked knows who people are at providers.
func (tx *Tx) Linked() ports.Linked { return linked{tx} }

type linkedKey struct{ kind, id string }

type linked struct{ *Tx }

func (r linked) User(_ context.Context, kind, external string) (id.User, bool, error) {
	l, ok := r.db.linked[linkedKey{kind, external}]
	return l.User, ok, nil
}

func (r linked) Of(_ context.Context, user id.User) ([]directory.Linked, error) {
	var out []directory.Linked
	for _, l := range r.db.linked {
		if l.User == user {
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b directory.Linked) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

func (r linked) Put(_ context.Context, l directory.Linked) error {
	put(r.Tx, r.db.linked, linkedKey{l.Kind, l.ID}, l)
	return nil
}

func (r linked) Remove(_ context.Context, user id.User, kind, external string) (bool, error) {
	k := linkedKey{kind, external}
	if l, ok := r.db.linked[k]; !ok || l.User != user {
		return false, nil
	}
	drop(r.Tx, r.db.linked, k)
	return true, nil
}

var _ ports.Linked = linked{}
