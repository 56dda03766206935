package wire

import (
	"context"
	"errors"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
)

// Migration is by which steps tables are brought up to date.
type Migration = engine.Plan

// Migrate says by which steps the database's tables would be brought up to date, and takes them unless it is only to plan.
// Servers of the version before work on: they know what they read and write.
func Migrate(ctx context.Context, databaseURL string, plan bool) (m Migration, err error) {
	if m, err = store.PlanMigration(ctx, databaseURL); err != nil || plan || len(m.Steps) == 0 {
		return m, err
	}
	db, err := store.Open(ctx, databaseURL, store.Options{})
	if err != nil {
		return m, err
	}
	return m, errors.Join(err, db.Close())
}
