package ports

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Letter is one request of a sender that waits until the database is back.
type Letter struct {
	ID          string // the buffer's own
	Integration id.Integration
	ReceivedAt  time.Time
	Signals     []alert.Signal // raw: no mapping was applied
	Bad         []alert.Quarantined
	Tries       int    // how often it was taken, this time included, but for those given back
	Unreadable  string // why it cannot be read, in words; "" where it can
	Raw         string // what cannot be read, valid UTF-8
}

// Buffer keeps letters while the database is away. Errors are fault.Unavailable: it does not answer, is full,
// or cannot keep what it is given.
type Buffer interface {
	// Put keeps a letter. nil means that it outlives a crash of the buffer itself.
	Put(ctx context.Context, l Letter) error
	// Take gives the next letters in the order in which they came, to one server at a time; none where there are
	// none or another takes them. Letters that were taken and are neither done nor given back come first, also
	// those of a server that died; one that was taken too often comes alone.
	Take(ctx context.Context) ([]Letter, error)
	// Done forgets letters.
	Done(ctx context.Context, letters []Letter) error
	// GiveBack says that letters could not be worked for no fault of theirs: this time does not count as a try.
	GiveBack(ctx context.Context, letters []Letter) error
	// Waiting says how many letters there are, and when the oldest was received.
	Waiting(ctx context.Context) (letters int, oldest time.Time, err error)
}
