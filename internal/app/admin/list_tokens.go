package admin

import (
	"context"
	"slices"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// ListTokens shows API tokens without their secrets.
type ListTokens struct{ Store Store }

// Do gives everybody's tokens to an admin, to others their own.
func (u ListTokens) Do(ctx context.Context, by directory.Principal) ([]directory.Token, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return nil, err
	}
	all, err := one(ctx, u.Store.Read, func(ctx context.Context, r Repos) ([]directory.Token, error) { return r.Tokens.List(ctx) })
	return slices.DeleteFunc(all, func(t directory.Token) bool { return !mayManage(by, t) }), err
}

// mayManage: admins manage all tokens, everybody else those that they made.
func mayManage(by directory.Principal, t directory.Token) bool {
	return by.Role == directory.Admin || (t.User != "" && t.User == by.User)
}
