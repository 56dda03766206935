package admin

import (
	"cmp"
	"context"
	"slices"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// Rooms are the conversations that the bots of chats are in.
type Rooms struct{ Store Store }

// List gives them, by what people know them by.
func (u Rooms) List(ctx context.Context, by directory.Principal) ([]directory.Room, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return nil, err
	}
	list, err := one(ctx, u.Store.Read, func(ctx context.Context, r Repos) ([]directory.Room, error) { return r.Rooms.All(ctx) })
	slices.SortStableFunc(list, func(a, b directory.Room) int { return cmp.Compare(a.Label(), b.Label()) })
	return list, err
}

// Note keeps what a chat says: in which rooms its bot is, and which are gone, by their ids or their teams'.
func (u Rooms) Note(ctx context.Context, kind string, rooms []directory.Room, gone []string) error {
	if len(rooms)+len(gone) == 0 {
		return nil
	}
	return u.Store.Write(ctx, func(ctx context.Context, r Repos) error {
		for _, external := range gone {
			if err := r.Rooms.Drop(ctx, kind, external); err != nil {
				return err
			}
		}
		return r.Rooms.Put(ctx, rooms)
	})
}
