package alert

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Leases are kept within these: senders repeat themselves every minute, and say little about for how long.
const (
	minLease = 20 * time.Minute
	maxLease = time.Hour
)

// LeaseUntil is the lease of an alert whose sender says until when it counts.
func LeaseUntil(end, now time.Time) time.Duration {
	return min(max(end.Sub(now), minLease), maxLease)
}

// LeaseEnds is when an alert that fires must have been heard again; zero where it has no lease.
func (a Alert) LeaseEnds() time.Time {
	if !a.Firing || a.Lease == 0 {
		return time.Time{}
	}
	return a.LastSeen.Add(a.Lease)
}

// MissingAt is when what gave a sign of life is missing; zero where it never gave one, or is missing already.
func (a Alert) MissingAt() time.Time {
	if a.Firing || a.Every == 0 {
		return time.Time{}
	}
	return a.OverAt.Add(a.Every)
}

// Miss is what follows where no sign of life came: the alert fires until one does.
func (a Alert) Miss(now time.Time) Alert {
	a.begin(now, true, now)
	return a
}

// Sender is who sends its alerts again and again while they fire.
type Sender struct {
	Integration id.Integration
	Host        string
}

// Run is since when and until when a sender was heard without a gap.
type Run struct {
	Since, Last time.Time
}

const (
	runGap  = 5 * time.Minute  // a longer silence begins a new run: what was heard before it says nothing
	runStep = 15 * time.Second // a run is written at most so often
)

// Hear goes on with a run, or begins a new one; changed says whether that is worth writing down.
func (r Run) Hear(at time.Time) (now Run, changed bool) {
	switch gap := at.Sub(r.Last); {
	case gap > runGap:
		return Run{at, at}, true
	case gap >= runStep:
		return Run{r.Since, at}, true
	}
	return r, false
}

// Without says whether the sender was heard for a full lease without this alert: then it is over.
func (r Run) Without(a Alert) bool {
	return r.Last.Sub(latest(r.Since, a.LastSeen)) >= a.Lease
}
