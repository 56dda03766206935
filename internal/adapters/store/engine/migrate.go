package engine

import (
	"context"
	"errors"

	"github.com/pressly/goose/v3"

	"github.com/rouse-oncall/rouse/internal/failpoint"
)

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
