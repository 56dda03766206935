package ports

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Linked knows who people are at providers: whoever presses a button in a shared channel.
type Linked interface {
	// User gives the user of somebody whom a provider of this kind knows by an id of its own; ok false where nobody linked it.
	User(ctx context.Context, kind, external string) (user id.User, ok bool, err error)
	// Of gives what a user is linked to, sorted by kind and id.
	Of(ctx context.Context, user id.User) ([]directory.Linked, error)
	// Put links; whoever was linked to it before is not any more.
	Put(ctx context.Context, l directory.Linked) error
	// Remove ends a user's link and says whether there was one.
	Remove(ctx context.Context, user id.User, kind, external string) (bool, error)
}

// Secrets keeps keys of the server's own, the same for every server of one database.
type Secrets interface {
	// Keep gives the secret of a name; where there is none it is fresh from then on.
	Keep(ctx context.Context, name, fresh string) (string, error)
	// Get gives the secret of a name, "" where there is none.
	Get(ctx context.Context, name string) (string, error)
	// Set replaces the secret of a name.
	Set(ctx context.Context, name, value string) error
}

// Inbound remembers what providers have brought: the same may come twice, by a webhook and by asking for it.
type Inbound interface {
	// Take says whether it is the caller's to work until a moment; else whether it is done, or somebody works it.
	Take(ctx context.Context, key string, now, until time.Time) (mine, done bool, err error)
	// Done notes that it is.
	Done(ctx context.Context, key string) error
	// Forget forgets what was somebody's to work until before a moment, oldest first and about as much as limit says, and
	// gives how much that was.
	Forget(ctx context.Context, before time.Time, limit int) (int, error)
}

// Written is what somebody wrote back.
type Written struct {
	ID   string // the provider's
	From string // address
	Text string
	At   time.Time // when they did, where the provider says so
	Code string    // of the message that they answer, where the channel says so
}

// Called is a call that goes on: its provider asks what to say.
type Called struct {
	ID      string // the provider's
	Key     string // that was pressed; "": none yet
	Human   bool   // a person answered
	Machine bool   // a voicemail or a fax did; neither: nobody knows
	Detail  string // the provider's words
}

// Speech is what a call says next.
type Speech struct {
	Words string
	Keys  bool   // wait for a key
	Else  string // where none was pressed; "" for nothing. Then the call ends
}

// Standing is where something stands that a provider took.
type Standing struct {
	ID     string // the provider's
	Status notification.MessageStatus
	Detail string // its words
}
