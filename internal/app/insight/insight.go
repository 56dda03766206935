// Package insight looks at incidents: lists, one incident whole, what was quarantined, figures.
package insight

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Reader reads from the store.
type Reader interface {
	// List gives what the filter lets through, in its order, at most its limit.
	List(ctx context.Context, f Filter) ([]incident.State, error)
	// Show gives one incident by public id or number; fault.NotFound.
	Show(ctx context.Context, ref string) (Incident, error)
	// Quarantined gives what could not be an alert, newest first, from before a moment.
	Quarantined(ctx context.Context, before time.Time, limit int) ([]alert.Quarantined, error)
	// Counts gives the unresolved incidents by service, environment, severity.
	Counts(ctx context.Context) ([]Count, error)
}

// Filter is what a list asks for. Zero fields let everything through.
type Filter struct {
	Statuses    []incident.Status
	Severity    *alert.Severity
	Priority    incident.Priority
	Service     string // name or id
	Environment string
	Team        string // name or id
	Assignee    string // email address or id
	Search      string // in lower case: part of number, title, service, environment or a label's value
	Since       time.Time
	Until       time.Time   // exclusive; both by when the incident was opened
	Integration string      // name or id of one from which an alert of it came
	Alert       string      // the name of the alert that opened it; only together with Service
	Answered    *bool       // whether a person ever acknowledged or resolved it
	EndedSince  time.Time   // when it was over, be it in no other incident
	EndedUntil  time.Time   // exclusive
	Hour        *HourOfWeek // in which it was opened; only together with Since and Until
	Paged       *Paged      // its Night only together with Since and Until
	Order       Order
	After       *Position // only what follows it in the order
	Limit       int
}

// ByEnd says whether the filter asks when incidents were over.
func (f *Filter) ByEnd() bool { return !f.EndedSince.IsZero() || !f.EndedUntil.IsZero() }

// Order is how a list is sorted; incidents that were opened at the same moment are sorted by number.
type Order string

// The orders.
const (
	Newest Order = "-opened_at"
	Oldest Order = "opened_at"
)

// Position is an incident's place in a list.
type Position struct {
	OpenedAt time.Time
	Number   id.Incident
}

// Incident is one incident whole.
type Incident struct {
	incident.State
	Timeline []incident.Entry    // oldest first, the last MaxEntries
	Alerts   []alert.Alert       // that belong to it, at most MaxAlerts
	Pages    []notification.Page // with their deliveries, oldest first, the last MaxPages
}

// What one incident shows at most.
const (
	MaxEntries = 2000
	MaxAlerts  = 1000
	MaxPages   = 500
)

// Count is how many unresolved incidents there are of a kind.
type Count struct {
	Service     string
	Environment string
	Severity    alert.Severity
	Status      incident.Status
	Incidents   int
}

// Ages say how long the oldest of each kind of work has been waiting; 0 where there is none.
type Ages struct {
	Timers    time.Duration // due
	Lanes     time.Duration // due
	Ambiguous time.Duration // messages that a provider may have taken, tried again or about to be: since they were made
}
