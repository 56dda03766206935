package memory

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Unresolved counts incidents that are not over.
func (tx *Tx) Unresolved() ports.Unresolved { return unresolved{tx} }

type unresolved struct{ *Tx }

func (r unresolved) OfService(_ context.Context, s id.Service) (int, error) {
	return r.count(func(i *incident.State) bool { return i.Service == s })
}

func (r unresolved) OfAssignee(_ context.Context, u id.User) (int, error) {
	return r.count(func(i *incident.State) bool { return i.Assignee.ID == string(u) })
}

func (r unresolved) count(of func(*incident.State) bool) (n int, err error) {
	for _, i := range r.db.incidents {
		if i.Number != id.Probe && i.Status != incident.Resolved() && of(&i) {
			n++
		}
	}
	return n, nil
}

var _ ports.Unresolved = unresolved{}
