package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/bench/history"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

const (
	templates = 500
	copies    = 59        // of each: 30,000 incidents, of which a fifth is unresolved
	copied    = "0000000" // the end of names, which the copies have numbers in place of
)

// grown gives a PostgreSQL database with 30,000 incidents, each with its story, alert, page and delivery: the
// store writes some, which are then copied in bulk, and what belongs to no incident is added.
func grown(t *testing.T, url string) *store.DB {
	t.Helper()
	db := open(t, url)
	f := &fixture{atomically: store.Atomic(db, store.Intake, repos)}
	inOne := func(do func(context.Context, *store.Tx) error) {
		t.Helper()
		if err := store.Atomic(db, store.Engine, itself)(t.Context(), do); err != nil {
			t.Fatal(err)
		}
	}
	var numbers []id.Incident
	inOne(func(ctx context.Context, tx *store.Tx) (err error) {
		numbers, err = openTemplates(ctx, tx, f)
		return err
	})
	inOne(send)
	inOne(func(ctx context.Context, tx *store.Tx) error { return resolveMost(ctx, tx, numbers) })
	if err := history.Multiply(t.Context(), url, copies, history.Year); err != nil {
		t.Fatal(err)
	}
	inOne(func(ctx context.Context, tx *store.Tx) error {
		for _, s := range []string{
			`INSERT INTO lane (lane, kind, next_at) SELECT 'contact:' || g, 'sms', 9223372036854775807 FROM generate_series(1, 20000) g`,
			`INSERT INTO catch_up (recipient, at) SELECT 'user:' || g, g FROM generate_series(1, 20000) g`,
			`INSERT INTO inbound (key, until_at, done) SELECT 'sms:' || g, g, TRUE FROM generate_series(1, 20000) g`,
			`INSERT INTO quarantine (id, integration, at, reason, raw) SELECT md5(CAST(g AS TEXT)), 'i', g, 'neither labels nor fingerprint', '{}' FROM generate_series(1, 20000) g`,
			`ANALYZE`,
		} {
			if _, err := tx.Exec(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	return db
}

// openTemplates opens incidents over services, teams, environments and severities.
func openTemplates(ctx context.Context, tx *store.Tx, f *fixture) ([]id.Incident, error) {
	var e directory.Edit
	for i := range 100 {
		e.Services = append(e.Services, directory.Service{ID: id.Service(fmt.Sprintf("0192f1a0-0000-7000-8000-%012d", i)), Name: fmt.Sprintf("service-%d", i)})
	}
	if err := tx.Catalog().Apply(ctx, e); err != nil {
		return nil, err
	}
	numbers, err := tx.Incidents().Reserve(ctx, templates)
	if err != nil {
		return nil, err
	}
	var changes []incident.Change
	var alerts []alert.Alert
	var events []alert.Event
	for i, n := range numbers {
		c := f.opened(n, fmt.Sprintf("%025d%s", i, copied))
		s := &c.State
		s.ID = fmt.Sprintf("0192f1a0-0000-7000-8000-%05d%s", n, copied)
		s.Status, s.Service, s.ServiceName = incident.Open(), e.Services[i%100].ID, e.Services[i%100].Name
		s.Environment, s.Team = []string{"prod", "staging", "test"}[i%3], id.Team(fmt.Sprintf("team-%d", i%7))
		s.Severity, s.Priority = alert.SeverityOfRank(i%5), incident.Priority(i%6)
		s.Source.Labels["alertname"] = fmt.Sprintf("Alert%d", i)
		c.Pages[0].Deliveries[0].Lane = notification.Lane(fmt.Sprintf("contact:template-%d", i%100))
		changes = append(changes, c)
		a := f.alert(fmt.Sprintf("%09d%s", i, copied), n)
		a.Firing = i%5 == 0
		alerts = append(alerts, a)
		events = append(events, alert.Event{Incident: n, OpenedAt: s.OpenedAt, Seq: 4, At: s.OpenedAt, Kind: "ended", Key: a.Key, Name: a.Name, Severity: a.Severity, Start: a.Start, BeganAt: a.Start})
	}
	if err := tx.Incidents().Save(ctx, changes); err != nil {
		return nil, err
	}
	if err := tx.Alerts().Save(ctx, alerts); err != nil {
		return nil, err
	}
	return numbers, tx.Alerts().Record(ctx, events)
}

// send composes a message of each delivery but every fifth.
func send(ctx context.Context, tx *store.Tx) error {
	now := time.Now().Add(time.Second)
	queues, err := tx.Lanes().Claim(ctx, []string{"sms"}, now, templates, nil)
	if err != nil {
		return err
	}
	var bound []ports.Bound
	var sent []int64
	for _, q := range queues {
		for _, w := range q.Due {
			if w.Page.Incident%5 == 1 {
				continue
			}
			m := notification.Message{
				ID: id.Message(fmt.Sprintf("0192f1a0-0000-7000-9000-%05d%s", w.ID, copied)), Lane: w.Lane, Kind: w.Kind, Recipient: w.Page.Recipient, To: "+34600000000",
				Purpose: w.Purpose, Status: notification.MessageDelivered, Attempt: 1, CreatedAt: now, SentAt: now, ExpiresAt: w.ExpiresAt,
				Items: []notification.Item{{Incident: w.Page.Incident, Severity: w.Severity, Title: "High latency", Since: now}},
			}
			if w.Page.Incident%5 == 2 {
				m.Status, m.NextAt = notification.MessageRetrying, now.Add(time.Hour)
			}
			bound = append(bound, ports.Bound{Message: m, Deliveries: []notification.Delivery{w.Delivery}})
			sent = append(sent, w.ID)
		}
	}
	if err := tx.Messages().Add(ctx, bound); err != nil {
		return err
	}
	return tx.Deliveries().SetStatus(ctx, sent, notification.Delivered)
}

// resolveMost leaves every fifth unresolved, half of those acknowledged.
func resolveMost(ctx context.Context, tx *store.Tx, numbers []id.Incident) error {
	states, err := tx.Incidents().Lock(ctx, numbers)
	if err != nil {
		return err
	}
	var changes []incident.Change
	for _, n := range numbers {
		s := states[n]
		c := incident.Change{State: s}
		switch {
		case n%10 == 1:
			c.State.Status, c.State.AckedAt = incident.Acknowledged(), s.OpenedAt
			c.State.Assignee = incident.Actor{Kind: incident.ByUser, ID: fmt.Sprintf("user-%d", n%50)}
		case n%5 == 1:
			continue
		default:
			c.State.Status, c.State.ResolvedAt = incident.Resolved(), s.OpenedAt.Add(time.Hour)
			c.Cancel = s.Timers
		}
		changes = append(changes, c)
	}
	return tx.Incidents().Save(ctx, changes)
}

// tables gives the number of rows of each table, as the planner knows it.
func tables(t *testing.T, db *store.DB) map[string]int {
	t.Helper()
	out := map[string]int{}
	err := store.Read(db, itself)(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.Query(ctx, `SELECT c.relname, CAST(c.reltuples AS BIGINT) FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
			WHERE c.relkind = 'r' AND s.nspname = 'public' AND c.relname NOT LIKE 'goose%'`, func(scan engine.Scan) error {
			var name string
			var rows int
			err := scan(&name, &rows)
			out[name] = rows
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
