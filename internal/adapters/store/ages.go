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
