package ports

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// Auditor looks for what must not be.
type Auditor interface {
	// Orphans gives unresolved incidents that have neither a pending timer nor a delivery that may still be
	// sent, at most limit: one indexed query, without a lock.
	Orphans(ctx context.Context, limit int) ([]id.Incident, error)
	// Planned gives the next unresolved incidents after a number, by number and at most limit: one picture,
	// without a lock.
	Planned(ctx context.Context, after id.Incident, limit int) ([]Planned, error)
}

// Planned is an incident with the timers that its state plans and those that have a row, alerts' left out.
type Planned struct {
	Incident   id.Incident
	Unreadable error // nothing can work on it, and what it plans is not known
	State      []incident.Timer
	Rows       []incident.Timer
}

// LeaseAhead is by how much the clocks of replicas may differ.
const LeaseAhead = time.Minute

// Leases lets one replica at a time do something.
type Leases interface {
	// Take gives the lease to the holder until a moment, where it is free, run out, or the holder's own. It is free,
	// too, where it ends more than LeaseAhead after that moment: it was taken before the clock was put back.
	Take(ctx context.Context, name, holder string, now, until time.Time) (bool, error)
}
