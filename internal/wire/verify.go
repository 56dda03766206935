package wire

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/app/verify"
)

// VerifyReport is what was looked at and what was found.
type VerifyReport = verify.Report

// Verify recomputes what must always hold over the whole database, which it does not change.
func Verify(ctx context.Context, databaseURL string) (VerifyReport, error) {
	db, err := store.Open(ctx, databaseURL, store.Options{AsIs: true})
	if err != nil {
		return VerifyReport{}, err
	}
	defer func() { _ = db.Close() }() // it was only read
	return verify.Run{Reader: db.Verify()}.Do(ctx)
}
