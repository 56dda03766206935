// Package porttest says what every implementation of the ports must do, as suites that run against each.
package porttest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Repos is all that a store has for the engine.
type Repos struct {
	Incidents    ports.Incidents
	Correlations ports.Correlations
	Alerts       ports.Alerts
	Timers       ports.Timers
	Quarantine   ports.Quarantine
	Uptime       ports.Uptime
	Directory    ports.Directory
	Catalog      ports.Catalog
	Auditor      ports.Auditor
	Leases       ports.Leases
	Paging       ports.Paging
	Pulses       ports.Pulses
	Probes       ports.Probes
	Heard        ports.Heard
	Senders      ports.Senders
	Looks        ports.Looks
	Payloads     ports.Payloads
	Secrets      ports.Secrets
	Inbound      ports.Inbound
	Linked       ports.Linked
	Rooms        ports.Rooms
	Unresolved   ports.Unresolved
	Changes      ports.Changes
}

// Store is an empty store, opened for one test. Where two programs may share one, Second is the other's;
// else it is nil.
type Store struct {
	First  ports.Atomically[Repos]
	Second ports.Atomically[Repos]
}

// other is the second program where there is one.
func (s Store) other() ports.Atomically[Repos] {
	if s.Second != nil {
		return s.Second
	}
	return s.First
}

// Open gives a fresh store; it is closed with the test.
type Open func(t *testing.T) Store

// t0 is when the tests begin.
func t0() time.Time { return time.Date(2026, 11, 22, 3, 0, 0, 123_456_000, time.UTC) }

// do runs f in a transaction that must succeed.
func do(t *testing.T, atomically ports.Atomically[Repos], f func(ctx context.Context, r Repos) error) {
	t.Helper()
	if err := atomically(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// errUndo ends a transaction that must leave nothing.
var errUndo = errors.New("undo")

// state is an incident as it would be opened by one alert.
func state(n id.Incident) incident.State {
	at := t0()
	return incident.State{
		Number: n, ID: fmt.Sprintf("01900000-0000-7000-8000-%012d", n),
		Service: "svc-1", ServiceName: "web", Team: "team-1", Environment: "prod", Title: "High latency on web-1",
		Runbook: "https://runbooks.example.org/latency",
		Source:  incident.SourceAlert{Fingerprint: "f1", StartsAt: at.Add(-time.Minute), Labels: map[string]string{"alertname": "HighLatency", "instance": "web-1"}},
		Status:  incident.Open(), Severity: alert.Critical(), OpenedAt: at, UpdatedAt: at, Alerts: 1,
		Core: incident.Core{Round: 1, Pass: 1, Level: 1, Names: []incident.SeenName{{Name: "HighLatency", At: at}}},
	}
}

// opening is the change that opens it: an entry, a timer, a page by two steps, a key.
func opening(n id.Incident) incident.Change {
	s := state(n)
	s.Seq = 1
	timer := incident.Timer{Incident: n, Kind: incident.TimerEscalate, Generation: 1, DueAt: t0().Add(15 * time.Minute)}
	s.Timers, s.Generation = []incident.Timer{timer}, 1
	return incident.Change{
		State:   s,
		Entries: []incident.Entry{{Incident: n, OpenedAt: s.OpenedAt, Seq: 1, At: t0(), Kind: incident.EntryOpened, Text: "opened", Data: map[string]string{"alerts": "1"}}},
		Set:     []incident.Timer{timer},
		Pages:   []notification.Page{page(n, 1)},
		Point:   []string{fmt.Sprintf("key-%d", n)},
	}
}

func page(n id.Incident, pass int) notification.Page {
	key := notification.PageKey{Incident: n, Round: 1, Pass: pass, Level: 1, Recipient: notification.Recipient{Kind: notification.ToUser, ID: "user-1"}}
	p := notification.Page{PageKey: key, Purpose: notification.PurposePage, Reason: "level 1 of web", Urgency: alert.High(), Severity: alert.Critical(), At: t0()}
	for step := range 2 {
		due := t0().Add(time.Duration(step) * time.Minute)
		p.Deliveries = append(p.Deliveries, notification.Delivery{
			Page: key, Purpose: p.Purpose, Step: step, Lane: notification.Lane(fmt.Sprintf("contact:c%d", step)), Kind: "sms",
			Urgency: p.Urgency, Severity: p.Severity, CreatedAt: t0(), DueAt: due, ExpiresAt: due.Add(time.Hour), Status: notification.Waiting,
		})
	}
	return p
}

// openSome opens n incidents and gives their numbers.
func openSome(t *testing.T, s Store, n int) []id.Incident {
	t.Helper()
	var numbers []id.Incident
	do(t, s.First, func(ctx context.Context, r Repos) error {
		var err error
		if numbers, err = r.Incidents.Reserve(ctx, n); err != nil {
			return err
		}
		changes := make([]incident.Change, n)
		for i, number := range numbers {
			changes[i] = opening(number)
		}
		return r.Incidents.Save(ctx, changes)
	})
	return numbers
}
