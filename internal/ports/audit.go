package ports

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Auditor looks for what must not be.
type Auditor interface {
	// Orphans gives unresolved incidents that have neither a pending timer nor a delivery that may still be
	// sent, at most limit: one indexed query, without a lock.
	Orphans(ctx context.Context, limit int) ([]id.Incident, error)
}

// Leases lets one replica at a time do something.
type Leases interface {
	// Take gives the lease to the holder until a moment, where it is free, run out, or the holder's own.
	Take(ctx context.Context, name, holder string, now, until time.Time) (bool, error)
}
