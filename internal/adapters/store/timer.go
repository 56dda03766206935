package store

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Timers finds what is due.
func (tx *Tx) Timers() ports.Timers { return timers{tx} }

type timers struct{ tx *Tx }

// claimTimers locks the incidents that nobody else holds. A timer that was replaced meanwhile may be among
// them, as it was: its generation tells. What has a status that only a newer version knows is left to that one.
const claimTimers = `
	SELECT t.incident, t.kind, t.subject, t.generation, t.due_at
	FROM timer t JOIN incident i ON i.number = t.incident
	WHERE t.due_at <= $1 AND t.kind {in $2} AND ` + knownStatus + `
	ORDER BY t.due_at
	LIMIT $3
	{for update of i skip locked}`

func (r timers) Claim(ctx context.Context, kinds []incident.TimerKind, now time.Time, limit int) ([]incident.Timer, error) {
	return r.query(ctx, claimTimers, kinds, now, limit)
}

// dueTimers gives those of alerts, too, which are of no incident.
const dueTimers = `
	SELECT t.incident, t.kind, t.subject, t.generation, t.due_at
	FROM timer t LEFT JOIN incident i ON i.number = t.incident
	WHERE t.due_at <= $1 AND t.kind {in $2} AND (i.number IS NULL OR ` + knownStatus + `)
	ORDER BY t.due_at
	LIMIT $3`

func (r timers) Due(ctx context.Context, kinds []incident.TimerKind, now time.Time, limit int) ([]incident.Timer, error) {
	return r.query(ctx, dueTimers, kinds, now, limit)
}

func (r timers) query(ctx context.Context, query string, kinds []incident.TimerKind, now time.Time, limit int) ([]incident.Timer, error) {
	var out []incident.Timer
	err := r.tx.Query(ctx, query, func(scan engine.Scan) error {
		var t incident.Timer
		var due int64
		err := scan(&t.Incident, &t.Kind, &t.Subject, &t.Generation, &due)
		t.DueAt = fromMicros(due)
		out = append(out, t)
		return err
	}, micros(now), texts(kinds), limit)
	return out, err
}

var (
	setTimer = engine.Insert("timer", `incident bigint, kind text, subject text, generation bigint, due_at bigint`,
		`ON CONFLICT (incident, kind, subject) DO UPDATE SET generation = excluded.generation, due_at = excluded.due_at`)
	cancelTimer = engine.Over(`DELETE FROM timer WHERE (incident, kind, subject) IN
		(SELECT incident, kind, subject FROM {rows incident bigint, kind text, subject text} AS r)`)
	cancelGeneration = engine.Over(`DELETE FROM timer WHERE (incident, kind, subject, generation) IN
		(SELECT incident, kind, subject, generation FROM {rows incident bigint, kind text, subject text, generation bigint} AS r)`)
	putOffTimer = engine.Update("timer", `incident bigint, kind text, subject text, generation bigint`, `due_at bigint`, "")
)

func addTimer(b *engine.Batch, t incident.Timer) {
	b.Add(int64(t.Incident), string(t.Kind), t.Subject, t.Generation, micros(t.DueAt))
}

func (r timers) Set(ctx context.Context, timers []incident.Timer) error {
	b := setTimer.Rows(len(timers))
	for _, t := range timers {
		addTimer(b, t)
	}
	return r.tx.Send(ctx, b)
}

func (r timers) Cancel(ctx context.Context, timers []incident.Timer) error {
	whatever, exact := cancelTimer.Rows(0), cancelGeneration.Rows(len(timers))
	for _, t := range timers {
		if t.Generation == 0 {
			whatever.Add(int64(t.Incident), string(t.Kind), t.Subject)
		} else {
			exact.Add(int64(t.Incident), string(t.Kind), t.Subject, t.Generation)
		}
	}
	return r.tx.Send(ctx, whatever, exact)
}

func (r timers) PutOff(ctx context.Context, timers []incident.Timer, until time.Time) error {
	b := putOffTimer.Rows(len(timers))
	for _, t := range timers {
		b.Add(micros(until), int64(t.Incident), string(t.Kind), t.Subject, t.Generation)
	}
	return r.tx.Send(ctx, b)
}

// Uptime knows for how long intake was down.
func (tx *Tx) Uptime() ports.Uptime { return uptime{tx} }

type uptime struct{ tx *Tx }

func (r uptime) Beat(ctx context.Context, now time.Time, maxGap time.Duration, kinds []incident.TimerKind) (gap time.Duration, since time.Time, err error) {
	var last, up int64
	err = r.tx.Query(ctx, `SELECT beat_at, since_at FROM uptime WHERE id = 1 {for update}`,
		func(scan engine.Scan) error { return scan(&last, &up) })
	if err != nil || micros(now) <= last {
		return 0, fromMicros(up), err
	}
	gap = now.Sub(fromMicros(last))
	if last == 0 || gap > maxGap {
		up = micros(now)
	}
	if _, err := r.tx.Exec(ctx, `UPDATE uptime SET beat_at = $1, since_at = $2 WHERE id = 1`, micros(now), up); err != nil {
		return 0, time.Time{}, err
	}
	if last == 0 || gap <= maxGap {
		return 0, fromMicros(up), nil
	}
	_, err = r.tx.Exec(ctx, `UPDATE timer SET due_at = due_at + $1 WHERE kind {in $2}`, gap.Microseconds(), texts(kinds))
	return gap, fromMicros(up), err
}

var (
	_ ports.Timers = timers{}
	_ ports.Uptime = uptime{}
)

var _ ports.TimerPeek = (*DB)(nil)

const anyTimerDue = `SELECT EXISTS (SELECT 1 FROM timer WHERE due_at <= $1 AND kind {in $2})`

// AnyDue says whether a timer of these kinds is due.
func (db *DB) AnyDue(ctx context.Context, kinds []incident.TimerKind, now time.Time) (due bool, err error) {
	err = db.engine.Peek(ctx, func(s engine.Session) error {
		return s.Query(ctx, anyTimerDue, func(scan engine.Scan) error { return scan(&due) }, micros(now), texts(kinds))
	})
	return due, err
}
