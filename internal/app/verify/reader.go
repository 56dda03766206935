// Package verify recomputes what must always hold over the whole database: a picture at a time, beside a server
// that works, and without changing anything.
package verify

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Reader gives the database in pages. Each page is one picture of one moment, so that what it shows to be wrong
// was wrong at that moment: a server that works meanwhile makes no finding.
type Reader interface {
	// Incidents gives whole incidents after a number, by number.
	Incidents(ctx context.Context, after id.Incident, limit int) (Page[Incident], error)
	// Alerts gives alerts after a key, in the order of their keys.
	Alerts(ctx context.Context, after alert.Key, limit int) (Page[Alert], error)
	// Messages gives messages after an id, by id.
	Messages(ctx context.Context, after id.Message, limit int) ([]Message, error)
	// Rows goes through a table of Tables after a place, "" at the beginning.
	Rows(ctx context.Context, table string, after Place, limit int) (Rows, error)
	// Tables are those whose rows belong to incidents.
	Tables() []string
}

// Page is a picture of one moment.
type Page[T any] struct {
	All    []T
	Beat   time.Time           // when a server last said that it takes alerts: not long before the moment, where one runs
	People *directory.Snapshot // what people own
}

// Incident is one with all its rows. That the correlation keys of its firing alerts lead to it is not among them: a key
// may rightly lead to a newer incident, where a person reopened the older one, and which keys its alerts began under is
// kept nowhere.
type Incident struct {
	Number     id.Incident
	State      incident.State
	Unreadable error // then there is no State
	Listed     []Listing
	Timers     []incident.Timer // rows, without those of single alerts
	Entries    Sequence         // of timeline and alert history together
	Deliveries []notification.Delivery
	Loose      map[int64]string // deliveries that name a message without being a part of it, and why
	Pages      map[notification.PageKey]Paged
	Lanes      map[notification.Lane]time.Time // of waiting deliveries: when they are looked at next; not there: never
	Alerts     int                             // that belong to it now
	Firing     [alert.Severities]int           // of those
}

// Paged is a page that was decided.
type Paged struct {
	Purpose notification.Purpose
	At      time.Time
}

// Listing is what lists are found by.
type Listing struct {
	Unreadable  error
	OpenedAt    time.Time
	Status      incident.Status
	Severity    alert.Severity
	Service     id.Service
	Environment string
	Team        id.Team
	Assignee    string
	Search      string // what a search looks into
	Expected    string // and what that should be
}

// Sequence is what numbers were given, and how many different ones: enough to know whether each of 1…N is there once.
type Sequence struct{ Count, Distinct, Min, Max int64 }

// Alert is one with its timers and what its incident looks like.
type Alert struct {
	alert.Alert
	Unreadable error
	Incident   bool // the incident that it names exists
	Timers     []incident.Timer
}

// Message is one with the deliveries that it lists; those that name it are looked at with their incident.
type Message struct {
	notification.Message
	Unreadable error
	LookAt     time.Time // when somebody will look at it again; zero: never
	Lists      []int64
	Deliveries []notification.Delivery // that it lists, as far as they exist
}

// Place is where a page of a table begins.
type Place string

// Rows is a page of a table.
type Rows struct {
	Count  int
	Strays []string // rows of incidents that do not exist, each a sentence
	Next   Place    // "" at the end
}
