package store

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
)

const oldestDue = `
	SELECT COALESCE((SELECT MIN(due_at) FROM timer), 0), COALESCE((SELECT MIN(next_at) FROM lane WHERE next_at > 0), 0)`

// Overdue says how long the oldest due timer and the oldest due lane have been waiting; 0 where none is due.
func (db *DB) Overdue(ctx context.Context, now time.Time) (timers, lanes time.Duration, err error) {
	var timer, lane int64
	err = db.engine.Peek(ctx, func(s engine.Session) error {
		return s.Query(ctx, oldestDue, func(scan engine.Scan) error { return scan(&timer, &lane) })
	})
	since := func(due int64) time.Duration {
		if due == 0 {
			return 0
		}
		return max(0, now.Sub(fromMicros(due)))
	}
	return since(timer), since(lane), err
}
