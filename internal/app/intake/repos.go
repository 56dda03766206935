// Package intake takes alerts in: it queues what arrives, commits it in groups, and decides with the
// engine which incident every alert belongs to. What comes back later by itself (doubt, grace, silence)
// takes the same way.
package intake

import (
	"log/slog"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Repos is what intake reads and writes in one transaction.
type Repos struct {
	Directory    ports.Directory
	Catalog      ports.Catalog
	Incidents    ports.Incidents
	Correlations ports.Correlations
	Alerts       ports.Alerts
	Timers       ports.Timers
	Quarantine   ports.Quarantine
	Senders      ports.Senders
}

// Result is what became of one alert that was received.
type Result struct {
	Fingerprint string
	Outcome     Outcome
	Incident    id.Incident // 0 where it belongs to none
}

// Outcome is the answer to one alert.
type Outcome string

// The outcomes.
const (
	Opened      Outcome = "opened"      // a new incident
	Joined      Outcome = "joined"      // an incident that was there
	Refreshed   Outcome = "refreshed"   // it was firing already
	Late        Outcome = "late"        // that occurrence is known to be over: recorded only
	Doubtful    Outcome = "doubtful"    // known to be over, yet perhaps fires again: decided in 6 min
	Resolved    Outcome = "resolved"    // it does not fire
	Quarantined Outcome = "quarantined" // it cannot be an alert; people can look at it
	Buffered    Outcome = "buffered"    // the database is away: it is kept outside of it until it is back
	Expired     Outcome = "expired"     // it was buffered for too long: recorded, nobody is paged, somebody is told
)

// Metrics counts what intake does.
type Metrics interface {
	Answered(integration string, o Outcome, alerts int) // integrations by name
	Refused(integration string, alerts int)
	Committed(alerts int, took time.Duration)
	Truncated(integration string, alerts int)
}

// Deps are what intake needs besides its transactions.
type Deps struct {
	Atomically ports.Atomically[Repos]
	Peek       ports.TimerPeek
	Clock      ports.Clock
	Buffer     ports.Buffer                    // takes alerts while the database is away; nil: they are refused then
	Committers int                             // groups that are written at once; 0: one
	NewID      func() string                   // UUIDv7
	Committed  func(changes []incident.Change) // told after the commit; never blocks
	Metrics    Metrics
	Log        *slog.Logger
	// Stuck hears of timers that were put off because what they are about cannot be read or decided.
	Stuck func(timers []incident.Timer, err error)
}

func subject(k alert.Key) string { return string(k.Integration) + "/" + k.Fingerprint }
