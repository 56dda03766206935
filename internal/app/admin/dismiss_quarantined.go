package admin

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// DismissQuarantined removes from quarantine what somebody has looked at.
type DismissQuarantined struct{ Store Store }

// Do says how much was there: what another person dismissed first is no error.
func (u DismissQuarantined) Do(ctx context.Context, by directory.Principal, ids []string) (int, error) {
	if err := by.Require(directory.Admin); err != nil {
		return 0, err
	}
	if len(ids) == 0 || len(ids) > 500 {
		return 0, fault.Invalid("quarantine.count", "name 1 to 500 of what is in quarantine")
	}
	return one(ctx, u.Store.Write, func(ctx context.Context, r Repos) (int, error) { return r.Quarantine.Dismiss(ctx, ids) })
}
