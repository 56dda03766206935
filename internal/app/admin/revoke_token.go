package admin

import (
	"context"
	"slices"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// RevokeToken ends an API token at once.
type RevokeToken struct{ Store Store }

// Do answers NotFound for other people's tokens too, unless an admin asks: they are nobody else's business.
func (u RevokeToken) Do(ctx context.Context, by directory.Principal, tid id.Token) error {
	if err := by.Require(directory.Viewer); err != nil {
		return err
	}
	return u.Store.Write(ctx, func(ctx context.Context, r Repos) error {
		all, err := r.Tokens.List(ctx)
		if err != nil {
			return err
		}
		mine := slices.ContainsFunc(all, func(t directory.Token) bool { return t.ID == tid && mayManage(by, t) })
		if !mine {
			return fault.NotFound("token", string(tid))
		}
		_, err = r.Tokens.Revoke(ctx, tid)
		return err
	})
}
