package ports

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// Directory reads what people own.
type Directory interface {
	// Current gives everything as this transaction sees it. It is cheap where nothing changed.
	Current(ctx context.Context) (*directory.Snapshot, error)
}

// Catalog changes what people own.
type Catalog interface {
	// Newest is the directory with others' edits made to wait until this transaction ends: an Apply after it is
	// never stale.
	Newest(ctx context.Context) (*directory.Snapshot, error)
	// Apply writes an edit and raises the directory's version by one. ErrStale: the directory has changed since
	// this transaction saw it.
	Apply(ctx context.Context, e directory.Edit) error
}
