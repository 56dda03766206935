package store

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Lanes are the queues of contacts and channels.
func (tx *Tx) Lanes() ports.Lanes { return lanes{tx} }

// Deliveries are what becomes of pages.
func (tx *Tx) Deliveries() ports.Deliveries { return deliveries{tx} }

// Facts reads incidents without a lock.
func (tx *Tx) Facts() ports.IncidentFacts { return facts{tx} }

// never is the next_at of a lane in which nothing waits.
const never = math.MaxInt64

type lanes struct{ tx *Tx }

const claimLanes = `
	SELECT lane, state
	FROM lane WHERE next_at <= $1 AND kind {in $2}
	ORDER BY next_at, lane LIMIT $3
	{for update skip locked}`

const deliveryColumns = `d.id, d.incident, d.round, d.pass, d.level, d.recipient, d.step, d.lane, d.kind, d.purpose,
	d.high, d.severity, d.created_at, d.due_at, d.expires_at, d.own_hours, d.status, d.message`

const pageOfDelivery = `JOIN page p ON p.incident = d.incident AND p.round = d.round AND p.pass = d.pass
	AND p.level = d.level AND p.recipient = d.recipient`

// dueOfLane finds the worst due deliveries of each lane by the index, however many there are. Those that
// somebody is cancelling at this moment are left out, and those of incidents that only a newer version can read:
// on PostgreSQL one may run beside this one.
var dueOfLane = &engine.Stmt{
	Postgres: fmt.Sprintf(`
	SELECT %s, p.reason, p.event
	FROM unnest($1::text[], $2::bigint[]) AS l (lane, now)
	CROSS JOIN LATERAL (
		SELECT * FROM delivery WHERE delivery.lane = l.lane AND status = 'waiting' AND due_at <= l.now
			AND EXISTS (SELECT 1 FROM incident i WHERE i.number = delivery.incident AND %s)
		ORDER BY severity DESC, due_at LIMIT %d FOR UPDATE SKIP LOCKED) d
	%s`, deliveryColumns, knownStatus, ports.MaxDue, pageOfDelivery),
	SQLite: fmt.Sprintf(`
	SELECT %s, p.reason, p.event
	FROM (
		SELECT * FROM delivery WHERE lane = $1 AND status = 'waiting' AND due_at <= $2
		ORDER BY severity DESC, due_at LIMIT %d) d
	%s`, deliveryColumns, ports.MaxDue, pageOfDelivery),
	Types: []string{"text", "bigint"},
}

// worstOfLane finds how bad the worst that is due is, and when the first of it is too old; nothing where nothing is
// due. It runs after the lanes are locked: what it does not see yet will wake its lane.
var worstOfLane = &engine.Stmt{
	Postgres: `SELECT l.lane, d.severity, d.expires_at FROM unnest($1::text[], $2::bigint[]) AS l (lane, now) CROSS JOIN LATERAL (` + worstDue("l.lane", "l.now") + `) d`,
	SQLite:   `SELECT $1, severity, expires_at FROM (` + worstDue("$1", "$2") + `)`,
	Types:    []string{"text", "bigint"},
}

func worstDue(lane, now string) string {
	return fmt.Sprintf(`SELECT max(severity) AS severity, min(expires_at) AS expires_at FROM (
		SELECT severity, expires_at FROM delivery
		WHERE lane = %s AND status = 'waiting' AND due_at <= %s ORDER BY severity DESC, due_at LIMIT %d) due
		HAVING count(*) > 0`, lane, now, ports.MaxDue)
}

// laterOfLane finds when the next delivery is due: one look into the index for each rank, which severity holds. Where more are due
// than were got, somebody holds them who may yet let go of them as they were: they are looked at again soon.
var laterOfLane = &engine.Stmt{
	Postgres: fmt.Sprintf(`
	SELECT l.lane, LEAST(%s, CASE WHEN l.got >= %d THEN NULL WHEN l.got < (SELECT count(*) FROM (
		SELECT 1 FROM delivery WHERE delivery.lane = l.lane AND status = 'waiting' AND due_at <= l.now LIMIT l.got + 1) AS due)
		THEN l.now + %d END)
	FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS l (lane, now, got)`,
		firstAfter("l.lane", "l.now"), ports.MaxDue, heldFor.Microseconds()),
	SQLite: `SELECT $1, MIN(` + firstAfter("$1", "$2") + `) WHERE $3 >= 0`,
	Types:  []string{"text", "bigint", "bigint"},
}

// heldFor is for how long a delivery that somebody else holds is left alone.
const heldFor = 200 * time.Millisecond

func firstAfter(lane, now string) string {
	parts := make([]string, notification.Ranks)
	for rank := range parts {
		parts[rank] = fmt.Sprintf(`COALESCE((SELECT min(due_at) FROM delivery
			WHERE lane = %s AND status = 'waiting' AND severity = %d AND due_at > %s), %d)`, lane, rank, now, int64(never))
	}
	return strings.Join(parts, ", ")
}

func (r lanes) Claim(ctx context.Context, kinds []string, now time.Time, limit int, rests ports.Rests) ([]ports.LaneQueue, error) {
	var queues []ports.LaneQueue
	byLane := make(map[notification.Lane]*ports.LaneQueue)
	err := r.tx.Query(ctx, claimLanes, func(scan engine.Scan) error {
		var q ports.LaneQueue
		var state string
		if err := scan(&q.Lane, &state); err != nil {
			return err
		}
		err := decode(state, &q.State)
		queues = append(queues, q)
		return err
	}, micros(now), kinds, limit)
	if err != nil || len(queues) == 0 {
		return nil, err
	}
	for i := range queues {
		byLane[queues[i].Lane] = &queues[i]
	}
	if err := r.rest(ctx, byLane, now, rests); err != nil {
		return nil, err
	}
	if err := r.due(ctx, byLane, now); err != nil {
		return nil, err
	}
	return queues, r.later(ctx, byLane, now)
}

// rest finds which of the lanes rest. Most never do, whatever waits in them: for those nothing is asked.
func (r lanes) rest(ctx context.Context, queues map[notification.Lane]*ports.LaneQueue, now time.Time, rests ports.Rests) error {
	worst := worstOfLane.Rows(len(queues))
	for lane, q := range queues {
		if rests != nil && !rests(q.State, alert.None(), time.Time{}).IsZero() {
			worst.Add(string(lane), micros(now))
		}
	}
	return r.tx.QueryRows(ctx, worst, func(scan engine.Scan) error {
		var lane notification.Lane
		var rank int
		var expires int64
		err := scan(&lane, &rank, &expires)
		var worst notification.Delivery
		worst.SetRank(rank)
		if q := queues[lane]; err == nil && !worst.ByHand {
			q.Rests = rests(q.State, worst.Severity, fromMicros(expires))
		}
		return err
	})
}

// due reads what is due in those that do not rest.
func (r lanes) due(ctx context.Context, queues map[notification.Lane]*ports.LaneQueue, now time.Time) error {
	due := dueOfLane.Rows(len(queues))
	for lane, q := range queues {
		if q.Rests.IsZero() {
			due.Add(string(lane), micros(now))
		}
	}
	return r.tx.QueryRows(ctx, due, func(scan engine.Scan) error {
		var w ports.Waiting
		if err := scanDelivery(scan, &w.Delivery, &w.Reason, &w.Event); err != nil {
			return err
		}
		q := queues[w.Lane]
		q.Due = append(q.Due, w)
		return nil
	})
}

// later finds when the next delivery of each is due.
func (r lanes) later(ctx context.Context, queues map[notification.Lane]*ports.LaneQueue, now time.Time) error {
	later := laterOfLane.Rows(len(queues))
	for lane, q := range queues {
		got := int64(len(q.Due))
		if !q.Rests.IsZero() {
			got = ports.MaxDue // what is due was left where it is
		}
		later.Add(string(lane), micros(now), got)
	}
	return r.tx.QueryRows(ctx, later, func(scan engine.Scan) error {
		var lane notification.Lane
		var at int64
		if err := scan(&lane, &at); err != nil {
			return err
		}
		if at != never {
			queues[lane].Later = fromMicros(at)
		}
		return nil
	})
}

func scanDelivery(scan engine.Scan, d *notification.Delivery, more ...any) error {
	var recipient string
	var high bool
	var rank int
	var created, due, expires int64
	err := scan(append([]any{
		&d.ID, &d.Page.Incident, &d.Page.Round, &d.Page.Pass, &d.Page.Level, &recipient, &d.Step, &d.Lane, &d.Kind, &d.Purpose,
		&high, &rank, &created, &due, &expires, &d.OwnHours, &d.Status, &d.Message,
	}, more...)...)
	d.Page.Recipient = recipientOf(recipient)
	d.SetRank(rank)
	if high {
		d.Urgency = alert.High()
	}
	d.CreatedAt, d.DueAt, d.ExpiresAt = fromMicros(created), fromMicros(due), fromMicros(expires)
	return err
}

var updateLane = engine.Update("lane", `lane text`, `next_at bigint, not_before bigint, state text`, "")

func (r lanes) Save(ctx context.Context, updates []ports.LaneUpdate) error {
	b := updateLane.Rows(len(updates))
	for _, u := range updates {
		state, err := encode(u.State)
		if err != nil {
			return err
		}
		next := int64(never)
		if !u.NextAt.IsZero() {
			next = micros(latest(u.NextAt, u.NotBefore))
		}
		b.Add(next, micros(u.NotBefore), state, string(u.Lane))
	}
	return r.tx.Send(ctx, b)
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// busyLanes looks at what was composed in the last hour before: no message is under way for longer.
const busyLanes = `
	SELECT DISTINCT lane FROM message
	WHERE lane {in $1} AND created_at > $2 AND (status = 'sending' OR status IN ('accepted', 'delivered') AND sent_at > $3)`

func (r lanes) Busy(ctx context.Context, names []notification.Lane, since time.Time) (map[notification.Lane]bool, error) {
	out := make(map[notification.Lane]bool)
	err := r.tx.Query(ctx, busyLanes, func(scan engine.Scan) error {
		var lane notification.Lane
		err := scan(&lane)
		out[lane] = true
		return err
	}, texts(names), micros(since.Add(-time.Hour)), micros(since))
	return out, err
}

const (
	takeCatchUp = `
	INSERT INTO catch_up (recipient, at) VALUES ($1, $2)
	ON CONFLICT (recipient) DO UPDATE SET at = excluded.at WHERE catch_up.at <= $3 OR catch_up.at > excluded.at`
	lastCatchUp = `SELECT at FROM catch_up WHERE recipient = $1`
)

func (r lanes) CatchUp(ctx context.Context, to []notification.Recipient, now, before time.Time) (map[notification.Recipient]time.Time, error) {
	had := make(map[notification.Recipient]time.Time)
	for _, who := range to {
		n, err := r.tx.Exec(ctx, takeCatchUp, recipientText(who), micros(now), micros(before))
		if err != nil {
			return nil, err
		}
		if n > 0 {
			continue
		}
		err = r.tx.Query(ctx, lastCatchUp, func(scan engine.Scan) error {
			var at int64
			err := scan(&at)
			had[who] = fromMicros(at)
			return err
		}, recipientText(who))
		if err != nil {
			return nil, err
		}
	}
	return had, nil
}

type deliveries struct{ tx *Tx }

var deliveriesOfPages = engine.Over(`
	SELECT ` + deliveryColumns + `
	FROM {rows incident bigint, round bigint, pass bigint, level bigint, recipient text} AS k
	JOIN delivery d ON d.incident = k.incident AND d.round = k.round AND d.pass = k.pass
		AND d.level = k.level AND d.recipient = k.recipient`)

func (r deliveries) OfPages(ctx context.Context, pages []notification.PageKey) ([]notification.Delivery, error) {
	b := deliveriesOfPages.Rows(len(pages))
	for _, p := range pages {
		b.Add(int64(p.Incident), int64(p.Round), int64(p.Pass), int64(p.Level), recipientText(p.Recipient))
	}
	var out []notification.Delivery
	err := r.tx.QueryRows(ctx, b, func(scan engine.Scan) error {
		out = append(out, notification.Delivery{})
		return scanDelivery(scan, &out[len(out)-1])
	})
	return out, err
}

const setDeliveries = `UPDATE delivery SET status = $1 WHERE id {in $2}`

func (r deliveries) SetStatus(ctx context.Context, ids []int64, to notification.Status) error {
	_, err := r.tx.Exec(ctx, setDeliveries, string(to), ids)
	return err
}

const hastenDeliveries = `UPDATE delivery SET due_at = $1 WHERE id {in $2} AND status = 'waiting'`

func (r deliveries) Hasten(ctx context.Context, ds []notification.Delivery, at time.Time) error {
	ids := make([]int64, len(ds))
	for i, d := range ds {
		ids[i] = d.ID
		r.tx.wake(d.Lane, d.Kind, at)
	}
	_, err := r.tx.Exec(ctx, hastenDeliveries, micros(at), ids)
	return err
}

const renewDeliveries = `UPDATE delivery SET status = 'sending', expires_at = $1 WHERE id {in $2}`

func (r deliveries) Renew(ctx context.Context, ds []notification.Delivery, until time.Time) error {
	ids := make([]int64, len(ds))
	for i, d := range ds {
		ids[i] = d.ID
	}
	_, err := r.tx.Exec(ctx, renewDeliveries, micros(until), ids)
	return err
}

type facts struct{ tx *Tx }

const readIncidents = `SELECT ` + incidentColumns + ` FROM incident WHERE number {in $1}`

// States leaves out what cannot be read: one broken row must not keep every page from going out.
func (r facts) States(ctx context.Context, numbers []id.Incident) (map[id.Incident]incident.State, error) {
	return r.tx.readable(ctx, numbers)
}

var (
	_ ports.Lanes         = lanes{}
	_ ports.Deliveries    = deliveries{}
	_ ports.IncidentFacts = facts{}
)
