package store

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store/postgres"
	"github.com/rouse-oncall/rouse/internal/app/backup"
	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// ListQuery is a list's statement, the index it must read, and how many sorts of a page's length it may have.
type ListQuery struct {
	Text  string
	Args  []any
	Index string
	Sorts int
}

// ListQueries gives the statements whose first page must not slow down with the number of incidents.
func ListQueries() map[string]ListQuery {
	critical := alert.Critical()
	open := []incident.Status{incident.Open()}
	out := map[string]ListQuery{}
	add := func(name, index string, f insight.Filter) {
		f.Limit = 51
		text, args := listQuery(f)
		q := ListQuery{text, args, index, 0}
		if len(f.Statuses) == 0 && index != "" && index != "PRIMARY" {
			q.Sorts = 1
		}
		out[name] = q
	}
	add("nothing", "", insight.Filter{})
	add("status", "listing_status", insight.Filter{Statuses: open})
	for name, f := range map[string]insight.Filter{
		"service": {Service: "s"}, "environment": {Environment: "e"}, "team": {Team: "t"}, "assignee": {Assignee: "a"}, "severity": {Severity: &critical},
	} {
		add(name, "listing_"+name, f)
		f.Statuses = open
		add("status and "+name, "listing_"+name, f)
	}
	return out
}

// CopyLate is Copy, and calls late when all was read once, where it is read bit by bit.
func CopyLate(ctx context.Context, db *DB, path string, late func()) (backup.Contents, error) {
	return db.copyTo(ctx, path, late)
}

// RestoreLate is Restore, and calls late before the first row is written.
func RestoreLate(ctx context.Context, db *DB, path, name string, p incident.Paging, late func()) (backup.Contents, error) {
	return db.restore(ctx, path, name, p, late)
}

// BePatient sets how long COMMIT and ROLLBACK may take on PostgreSQL.
func BePatient(db *DB, d time.Duration) {
	if p, ok := db.engine.(*postgres.DB); ok {
		p.Patience = d
	}
}

// Cached says how many incidents are kept at hand.
func Cached(db *DB) int {
	db.cache.mu.Lock()
	defer db.cache.mu.Unlock()
	return len(db.cache.states)
}
