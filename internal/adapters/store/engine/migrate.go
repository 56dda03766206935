package engine

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"

	"github.com/pressly/goose/v3"

	"github.com/rouse-oncall/rouse/internal/failpoint"
)

// Plan is by which steps the tables of a database would be brought up to date.
type Plan struct {
	Has   int64    `json:"has"`   // the version of its tables; 0: there are none
	Wants int64    `json:"wants"` // the version that this program needs
	Steps []string `json:"steps"` // files of package migrations, in order
}

// PlanOf asks a database for its version, and changes nothing.
func PlanOf(ctx context.Context, db *sql.DB, steps *goose.Provider) (Plan, error) {
	p := Plan{Steps: []string{}}
	var has sql.NullInt64
	if err := db.QueryRowContext(ctx, `SELECT max(version_id) FROM goose_db_version`).Scan(&has); err == nil {
		p.Has = has.Int64
	} else if err := db.PingContext(ctx); err != nil {
		return p, err
	}
	for _, s := range steps.ListSources() {
		if p.Wants = s.Version; s.Version > p.Has {
			p.Steps = append(p.Steps, filepath.Base(s.Path))
		}
	}
	return p, nil
}

// Migrate brings the tables up to date. Each step is a transaction of its own: whoever ends in between goes on
// there.
func Migrate(ctx context.Context, steps *goose.Provider) error {
	for {
		switch _, err := steps.UpByOne(ctx); {
		case errors.Is(err, goose.ErrNoNextVersion):
			return nil
		case err != nil:
			return err
		}
		failpoint.Here(failpoint.Migrating)
	}
}
