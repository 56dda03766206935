package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Auditor looks for what must not be.
func (tx *Tx) Auditor() ports.Auditor { return auditor{tx} }

type auditor struct{ tx *Tx }

// orphans goes through two indexes in order, which is what is quick enough for 100,000 open incidents;
// deliveries are looked at only for those without a timer. No LIMIT: with one, PostgreSQL would plan for
// finding the first few soon, and there are none.
const orphans = `
	WITH o AS MATERIALIZED (
		SELECT l.number FROM listing l
		WHERE l.status < 2
		{only postgres AND NOT EXISTS (SELECT 1 FROM timer t WHERE t.incident = l.number)}
		{only sqlite EXCEPT SELECT incident FROM timer}
	)
	SELECT o.number FROM o
	WHERE (SELECT count(*) FROM delivery d WHERE d.incident = o.number AND d.status IN ('waiting', 'sending')) = 0
	ORDER BY o.number`

// Orphans reads beside its transaction, by the readers' plans: the writers' are made for single rows.
func (r auditor) Orphans(ctx context.Context, limit int) ([]id.Incident, error) {
	var out []id.Incident
	err := r.tx.db.read(ctx, func(tx *Tx) error {
		var err error
		out, err = tx.numbers(ctx, orphans)
		return err
	})
	return out[:min(limit, len(out))], err
}

const (
	unresolvedAfter = `
	SELECT ` + incidentColumns + `
	FROM (SELECT number AS unresolved FROM listing WHERE status < 2 AND number > $1 ORDER BY number LIMIT $2) l
	JOIN incident ON number = unresolved
	ORDER BY number`
	timerRows = `SELECT incident, kind, generation, due_at FROM timer WHERE incident {in $1} AND subject = ''`
)

// Planned reads beside its transaction, as Orphans does.
func (r auditor) Planned(ctx context.Context, after id.Incident, limit int) ([]ports.Planned, error) {
	return r.tx.db.Planned(ctx, after, limit)
}

// Planned is what the auditor compares, for whoever only looks.
func (db *DB) Planned(ctx context.Context, after id.Incident, limit int) ([]ports.Planned, error) {
	var out []ports.Planned
	at := make(map[id.Incident]int)
	err := db.read(ctx, func(tx *Tx) error {
		out = out[:0]
		clear(at)
		err := tx.Query(ctx, unresolvedAfter, func(scan engine.Scan) error {
			s, err := scanIncident(scan)
			if s.Number == 0 {
				return err
			}
			p := ports.Planned{Incident: s.Number, Unreadable: err}
			if err == nil {
				p.State = s.Timers
			}
			at[p.Incident] = len(out)
			out = append(out, p)
			return nil
		}, int64(after), limit)
		if err != nil {
			return err
		}
		return tx.Query(ctx, timerRows, func(scan engine.Scan) error {
			t, err := scanTimerRow(scan)
			p := &out[at[t.Incident]]
			p.Rows = append(p.Rows, t)
			return err
		}, int64s(slices.Collect(maps.Keys(at))))
	})
	return out, err
}

func scanTimerRow(scan engine.Scan) (t incident.Timer, err error) {
	var due int64
	err = scan(&t.Incident, &t.Kind, &t.Generation, &due)
	t.DueAt = fromMicros(due)
	return t, err
}

// Leases lets one replica at a time do something.
func (tx *Tx) Leases() ports.Leases { return leases{tx} }

type leases struct{ tx *Tx }

func (r leases) Take(ctx context.Context, name, holder string, now, until time.Time) (bool, error) {
	n, err := r.tx.Exec(ctx, `
		INSERT INTO lease (name, holder, until_at) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_at = excluded.until_at
		WHERE lease.holder = excluded.holder OR lease.until_at <= $4 OR lease.until_at > $5`,
		name, holder, micros(until), micros(now), micros(until.Add(ports.LeaseAhead)))
	return n == 1, err
}

var (
	_ ports.Auditor = auditor{}
	_ ports.Leases  = leases{}
)
