package postgres

import (
	"context"
	"fmt"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
)

var _ engine.Doubter = (*DB)(nil)

// doubtful is asked as whoever we are: without the right to see more, a replica is a row without a state. What
// takes a backup looks like one then.
const doubtful = `
	SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),
	       current_setting('synchronous_standby_names') <> '',
	       (SELECT count(*) FROM pg_stat_replication WHERE state IS NULL OR state = 'streaming')`

// Doubts looks at what the server promises to keep. Our sessions ask for synchronous_commit=on; a pooler may
// have kept that to itself.
func (db *DB) Doubts(ctx context.Context) ([]engine.Doubt, error) {
	var fsync, pages, commit string
	var synchronous bool
	var replicas int
	err := db.lists.QueryRowContext(ctx, doubtful).Scan(&fsync, &pages, &commit, &synchronous, &replicas)
	if err != nil {
		return nil, translate(ctx, err, true)
	}
	var out []engine.Doubt
	if fsync == "off" {
		out = append(out, engine.Doubt{Unflushed: true, Words: "PostgreSQL has fsync off: when its machine loses power, alerts that were answered with 2xx are lost"})
	}
	if pages == "off" {
		out = append(out, engine.Doubt{Words: "PostgreSQL has full_page_writes off: when its machine loses power, its files may be damaged"})
	}
	if commit != "on" && commit != "remote_apply" {
		out = append(out, engine.Doubt{
			Unflushed: commit == "off",
			Words:     fmt.Sprintf("our sessions have synchronous_commit %q in place of on: a crash or a failover loses alerts that were answered with 2xx", commit),
		})
	}
	if replicas > 0 && !synchronous {
		out = append(out, engine.Doubt{Words: "PostgreSQL has a replica and synchronous_standby_names is empty: a failover may lose alerts that were answered with 2xx"})
	}
	return out, nil
}
