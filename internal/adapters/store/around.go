package store

import (
	"context"
	"errors"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// Around reads what stands beside an incident.
func (db *DB) Around() insight.Around { return reader{db} }

const similarIncidents = `
	SELECT i.number, i.id, i.title, i.status, i.opened_at, i.acked_at, i.resolved_at, i.resolved_by,
		i.assignee_kind, i.assignee_id, i.assignee_name, coalesce(m.survivor, 0) > 0
	FROM (SELECT number, opened_at FROM listing
	      WHERE alike = $1 AND alike <> 0 AND opened_at >= $2 AND opened_at <= $5 AND number <> $3
	      ORDER BY opened_at DESC, number DESC LIMIT $4) AS l
	JOIN incident i ON i.number = l.number
	LEFT JOIN merged m ON m.incident = l.number
	ORDER BY l.opened_at DESC, l.number DESC`

func (r reader) Similar(ctx context.Context, s *incident.State, since time.Time, limit int) ([]insight.Past, error) {
	var out []insight.Past
	err := r.db.read(ctx, func(tx *Tx) error {
		return tx.Query(ctx, similarIncidents, func(scan engine.Scan) error {
			var p insight.Past
			var status int
			var opened, acked, resolved int64
			var by string
			if err := scan(&p.Number, &p.ID, &p.Title, &status, &opened, &acked, &resolved, &by,
				&p.Assignee.Kind, &p.Assignee.ID, &p.Assignee.Name, &p.Merged); err != nil {
				return err
			}
			p.OpenedAt, p.AckedAt, p.ResolvedAt = fromMicros(opened), fromMicros(acked), fromMicros(resolved)
			known, err := statusOf(status)
			p.Status = known
			out = append(out, p)
			return errors.Join(err, decode(by, &out[len(out)-1].ResolvedBy))
		}, alike(s), micros(since), int64(s.Number), limit, micros(s.OpenedAt))
	})
	return out, err
}

const unresolvedSince = `
	SELECT number, opened_at, service_id FROM (
		SELECT * FROM (SELECT number, opened_at, service_id FROM listing
			WHERE status = 0 AND opened_at >= $1 AND {plain severity} > $2 ORDER BY opened_at DESC, number DESC LIMIT $3) AS open
		UNION ALL
		SELECT * FROM (SELECT number, opened_at, service_id FROM listing
			WHERE status = 1 AND opened_at >= $1 AND {plain severity} > $2 ORDER BY opened_at DESC, number DESC LIMIT $3) AS acknowledged
	) AS every ORDER BY opened_at DESC, number DESC LIMIT $3`

func (r reader) Unresolved(ctx context.Context, since time.Time, limit int) ([]insight.Opened, error) {
	var out []insight.Opened
	err := r.db.read(ctx, func(tx *Tx) error {
		return tx.Query(ctx, unresolvedSince, func(scan engine.Scan) error {
			var o insight.Opened
			var at int64
			err := scan(&o.Number, &at, &o.Service)
			o.At = fromMicros(at)
			out = append(out, o)
			return err
		}, micros(since), alert.Info().Rank(), limit)
	})
	return out, err
}

const firingSome = firingAlerts + `
	LIMIT $2`

func (r reader) FiringIn(ctx context.Context, numbers []id.Incident, limit int) ([]alert.Alert, error) {
	var out []alert.Alert
	err := r.db.read(ctx, func(tx *Tx) (err error) {
		out, err = tx.alerts(ctx, firingSome, int64s(numbers), limit)
		return err
	})
	return out, err
}

var _ insight.Around = reader{}
