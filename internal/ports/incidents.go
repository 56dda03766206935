package ports

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// Incidents changes incidents. Lock order, always: Correlations.Lock → Incidents.Lock → everything else.
type Incidents interface {
	// Reserve gives n numbers that no other incident has or will have.
	Reserve(ctx context.Context, n int) ([]id.Incident, error)
	// Find gives the numbers of incidents named by public id or by number ("4821", "#4821"); unknown ones are absent.
	// One that was merged into another is answered by that one.
	Find(ctx context.Context, refs []string) (map[string]id.Incident, error)
	// Lock loads incidents and keeps them locked, sorted by number, to the end of the transaction; unknown ones are
	// absent. One that cannot be read is an error: whoever works many at once then works each by itself.
	Lock(ctx context.Context, numbers []id.Incident) (map[id.Incident]incident.State, error)
	// Unresolved gives the incidents of a service that are unresolved, or resolved by a person and in grace.
	Unresolved(ctx context.Context, service id.Service) ([]id.Incident, error)
	// Save writes all that the changes hold: state (version + 1, from State.Version), timeline, timers, pages,
	// deliveries, their lanes, stopped deliveries, correlation keys, and an entry in the feed of changes.
	Save(ctx context.Context, changes []incident.Change) error
}

// Correlations leads from a correlation key to the newest incident that has it.
type Correlations interface {
	// Lock inserts or locks the keys' rows, sorted, to the end of the transaction. 0: no incident yet.
	Lock(ctx context.Context, keys []string) (map[string]id.Incident, error)
	// Of gives the keys that lead to an incident, sorted and without a lock. It may read all keys: for what people do.
	Of(ctx context.Context, n id.Incident) ([]string, error)
}

// Alerts keeps alerts. What begins, ends or moves is written under the lock of its incident and correlation
// key; a mere refresh is not, so rows are always saved in the order of their keys.
type Alerts interface {
	// Find gives the alerts known by these keys; unknown ones are absent.
	Find(ctx context.Context, keys []alert.Key) (map[alert.Key]alert.Alert, error)
	// Firing gives the alerts of these incidents that fire.
	Firing(ctx context.Context, incidents []id.Incident) ([]alert.Alert, error)
	// Save inserts alerts of Version 0 and updates the others where the stored version still is theirs.
	// ErrStale: somebody else was faster; the transaction must run again.
	Save(ctx context.Context, alerts []alert.Alert) error
	// Record appends to the history of alerts.
	Record(ctx context.Context, events []alert.Event) error
	// Move makes all alerts of an incident another's.
	Move(ctx context.Context, from, to id.Incident) error
}

// Timers finds what is due.
type Timers interface {
	// Claim gives due timers of these kinds, oldest first, with their incidents locked; incidents that
	// somebody else holds are skipped.
	Claim(ctx context.Context, kinds []incident.TimerKind, now time.Time, limit int) ([]incident.Timer, error)
	// Due gives due timers of these kinds, oldest first, without any lock.
	Due(ctx context.Context, kinds []incident.TimerKind, now time.Time, limit int) ([]incident.Timer, error)
	// Set inserts timers or replaces pending ones of the same incident, kind and subject;
	// Cancel removes them; one of a generation other than 0 only while the row still has that generation.
	// For timers of alerts: an incident's own go with its change, which removes whatever is there.
	Set(ctx context.Context, timers []incident.Timer) error
	Cancel(ctx context.Context, timers []incident.Timer) error
	// PutOff makes timers that still have their generation due at another moment; it locks no incident.
	PutOff(ctx context.Context, timers []incident.Timer, until time.Time) error
}

// TimerPeek looks without a transaction: a worker that finds nothing costs a read.
type TimerPeek interface {
	// AnyDue says whether a timer of these kinds is due.
	AnyDue(ctx context.Context, kinds []incident.TimerKind, now time.Time) (bool, error)
}

// Quarantine keeps what cannot be an alert, for people to look at.
type Quarantine interface {
	Add(ctx context.Context, items []alert.Quarantined) error
	// Dismiss removes what somebody has looked at and says how much of it was there.
	Dismiss(ctx context.Context, ids []string) (int, error)
}

// BeatEvery is how often a running intake says that it is up.
const BeatEvery = 10 * time.Second

// Uptime knows for how long intake was down: doubt, grace and lease count only the time in which it was up.
type Uptime interface {
	// Beat notes that intake is up, and gives since when it has been without a gap. Where nobody beat for longer than
	// maxGap, timers of the given kinds are put off by the gap, which is returned.
	Beat(ctx context.Context, now time.Time, maxGap time.Duration, kinds []incident.TimerKind) (gap time.Duration, since time.Time, err error)
}

// Senders knows who sends alerts again and again, and since when they are heard.
type Senders interface {
	// Find gives the runs of these senders; unknown ones are absent.
	Find(ctx context.Context, senders []alert.Sender) (map[alert.Sender]alert.Run, error)
	// Save writes runs; where two write at once, either stays.
	Save(ctx context.Context, runs map[alert.Sender]alert.Run) error
	// Forget forgets those last heard before a moment, oldest first and about as many as limit says, and gives how many
	// they were.
	Forget(ctx context.Context, before time.Time, limit int) (int, error)
}
