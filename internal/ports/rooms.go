package ports

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// Rooms keeps in which conversations the bots of chats are, so that people can choose one by its name.
type Rooms interface {
	// All gives them, sorted by kind and id.
	All(ctx context.Context) ([]directory.Room, error)
	// Put keeps what is said of rooms: what is empty changes nothing that is known, the name of a team is so for all of its rooms.
	Put(ctx context.Context, rooms []directory.Room) error
	// Drop forgets the room of an id, and those of a team of this id.
	Drop(ctx context.Context, kind, external string) error
}
