package ports

import (
	"cmp"
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Changed says that an incident is at a version: an entry of the feed of changes.
type Changed struct {
	Place    Place
	Incident id.Incident
	ID       string // the incident's public id
	Version  int64
	At       time.Time
}

// Place is where an entry stands in the feed: by transaction, then by seq. The zero place is before all.
type Place struct{ Tx, Seq int64 }

// Compare orders places.
func (p Place) Compare(o Place) int {
	return cmp.Or(cmp.Compare(p.Tx, o.Tx), cmp.Compare(p.Seq, o.Seq))
}

// Changes is the feed of changes, the same for every replica. An entry is seen once no transaction that would
// stand before it is under way any more: nothing ever comes before what was seen.
type Changes interface {
	// Tail gives the entries after a place in the feed's order, at most limit.
	Tail(ctx context.Context, after Place, limit int) ([]Changed, error)
	// Newest gives the place of the last entry that is seen; zero: there is none.
	Newest(ctx context.Context) (Place, error)
	// Holds says whether an entry is seen and was not pruned: then nothing after it is missing.
	Holds(ctx context.Context, p Place) (bool, error)
	// Directory gives the version of what people own: another one after each edit.
	Directory(ctx context.Context) (int64, error)
	// Prune removes entries from the feed's beginning, at most limit: those from before a moment, and those that
	// have more than keep after them, as far as seq tells; never the newest one. It says how many.
	Prune(ctx context.Context, before time.Time, keep int64, limit int) (int, error)
}
