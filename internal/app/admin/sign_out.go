package admin

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// SignOut ends a session.
type SignOut struct{ Store Store }

// Do ends the session of a cookie's value; one that is not there is no error.
func (u SignOut) Do(ctx context.Context, secret string) error {
	return u.Store.Write(ctx, func(ctx context.Context, r Repos) error {
		return r.Sessions.End(ctx, id.Session(HashSecret(secret)))
	})
}
