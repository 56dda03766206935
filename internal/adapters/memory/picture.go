package memory

import (
	"cmp"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Picture is what is stored at one moment, sorted: for whoever checks what must always hold.
type Picture struct {
	Incidents  []incident.State
	Timers     []incident.Timer
	Alerts     []alert.Alert
	Deliveries []notification.Delivery
	Messages   []ports.Bound
	Quarantine int
	Directory  *directory.Snapshot
}

// Picture gives what is stored now.
func (db *DB) Picture() Picture {
	db.mu.Lock()
	defer db.mu.Unlock()
	p := Picture{Quarantine: len(db.quarantine), Directory: db.directory}
	for _, s := range db.incidents {
		p.Incidents = append(p.Incidents, s)
	}
	for _, t := range db.timers {
		p.Timers = append(p.Timers, t)
	}
	for _, a := range db.alerts {
		p.Alerts = append(p.Alerts, a)
	}
	for _, d := range db.deliveries {
		p.Deliveries = append(p.Deliveries, d)
	}
	for _, m := range db.messages {
		p.Messages = append(p.Messages, db.bound(m))
	}
	slices.SortFunc(p.Incidents, func(a, b incident.State) int { return cmp.Compare(a.Number, b.Number) })
	slices.SortFunc(p.Timers, func(a, b incident.Timer) int {
		return cmp.Or(cmp.Compare(a.Incident, b.Incident), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Subject, b.Subject))
	})
	slices.SortFunc(p.Alerts, func(a, b alert.Alert) int { return a.Compare(b.Key) })
	slices.SortFunc(p.Deliveries, func(a, b notification.Delivery) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(p.Messages, func(a, b ports.Bound) int { return cmp.Compare(a.ID, b.ID) })
	return p
}

// NextTimer is when the first timer of these kinds is due; zero: there is none.
func (db *DB) NextTimer(kinds []incident.TimerKind) time.Time {
	db.mu.Lock()
	defer db.mu.Unlock()
	var first time.Time
	for _, t := range db.timers {
		if slices.Contains(kinds, t.Kind) {
			first = sooner(first, t.DueAt)
		}
	}
	return first
}

// NextLook is when the first lane or message must be looked at; zero: there is none.
func (db *DB) NextLook() time.Time {
	db.mu.Lock()
	defer db.mu.Unlock()
	var first time.Time
	for _, l := range db.lanes {
		first = sooner(first, l.nextAt)
	}
	for _, m := range db.messages {
		first = sooner(first, lookAt(m.Message))
	}
	return first
}

func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
