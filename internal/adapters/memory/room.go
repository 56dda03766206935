package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Rooms knows in which conversations the bots of chats are.
func (tx *Tx) Rooms() ports.Rooms { return rooms{tx} }

type roomKey struct{ kind, id string }

type rooms struct{ *Tx }

func (r rooms) All(context.Context) ([]directory.Room, error) {
	return slices.SortedFunc(maps.Values(r.db.rooms), func(a, b directory.Room) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	}), nil
}

func (r rooms) Put(_ context.Context, list []directory.Room) error {
	for _, m := range list {
		had := r.db.rooms[roomKey{m.Kind, m.ID}]
		m.Name, m.Team, m.TeamName = cmp.Or(m.Name, had.Name), cmp.Or(m.Team, had.Team), cmp.Or(m.TeamName, had.TeamName)
		put(r.Tx, r.db.rooms, roomKey{m.Kind, m.ID}, m)
		for k, other := range r.db.rooms {
			if m.Team != "" && m.TeamName != "" && other.Kind == m.Kind && other.Team == m.Team {
				other.TeamName = m.TeamName
				put(r.Tx, r.db.rooms, k, other)
			}
		}
	}
	return nil
}

func (r rooms) Drop(_ context.Context, kind, external string) error {
	for k, m := range r.db.rooms {
		if m.Kind == kind && (m.ID == external || m.Team == external) {
			drop(r.Tx, r.db.rooms, k)
		}
	}
	return nil
}

var _ ports.Rooms = rooms{}
