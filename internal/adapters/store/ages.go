package store

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/app/insight"
)

const oldestDue = `
	SELECT COALESCE((SELECT MIN(due_at) FROM timer), 0), COALESCE((SELECT MIN(next_at) FROM lane WHERE next_at > 0), 0),
		COALESCE((SELECT MIN(created_at) FROM message WHERE look_at > 0 AND may_repeat AND status <> 'accepted'), 0)`

// Each is read by its index, but for not_before: there are few lanes.
const nextDue = `
	SELECT coalesce(min(at), 0) FROM (
		SELECT min(due_at) AS at FROM timer WHERE due_at > $1
		UNION ALL SELECT min(next_at) FROM lane WHERE next_at > $1
		UNION ALL SELECT min(not_before) FROM lane WHERE not_before > $1
		UNION ALL SELECT min(look_at) FROM message WHERE look_at > 0 AND look_at > $1) AS due`

// NextDue is the first moment after another at which something is to be done; zero: none.
func (db *DB) NextDue(ctx context.Context, after time.Time) (time.Time, error) {
	var at int64
	err := db.engine.Peek(ctx, func(s engine.Session) error {
		return s.Query(ctx, nextDue, func(scan engine.Scan) error { return scan(&at) }, micros(after))
	})
	return fromMicros(at), err
}

// Ages looks at what waits.
func (db *DB) Ages(ctx context.Context, now time.Time) (a insight.Ages, err error) {
	var timer, lane, message int64
	err = db.engine.Peek(ctx, func(s engine.Session) error {
		return s.Query(ctx, oldestDue, func(scan engine.Scan) error { return scan(&timer, &lane, &message) })
	})
	since := func(at int64) time.Duration {
		if at == 0 {
			return 0
		}
		return max(0, now.Sub(fromMicros(at)))
	}
	return insight.Ages{Timers: since(timer), Lanes: since(lane), Ambiguous: since(message)}, err
}

// The pages of the database, its log not counted.
const size = `SELECT {only sqlite (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)}
	{only postgres pg_database_size(current_database())}`

// Size is how large the database is.
func (db *DB) Size(ctx context.Context) (bytes int64, err error) {
	err = db.engine.Peek(ctx, func(s engine.Session) error {
		return s.Query(ctx, size, func(scan engine.Scan) error { return scan(&bytes) })
	})
	return bytes, err
}
