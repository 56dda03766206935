package admin

import (
	"context"
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// ResetUser lets a user choose a new password: `rouse user reset` on the server's own machine, or an
// admin who invites somebody.
type ResetUser struct {
	Store Store
	Clock ports.Clock
}

// Do gives the secret of a link that works once, for 24 h. The old password works until the link is used.
func (u ResetUser) Do(ctx context.Context, by directory.Principal, email string) (string, error) {
	if err := by.Require(directory.Admin); err != nil {
		return "", err
	}
	secret, now := newSecret(secretPassword), u.Clock.Now()
	return secret, u.Store.Write(ctx, func(ctx context.Context, r Repos) error {
		snap, err := r.Directory.Current(ctx)
		if err != nil {
			return err
		}
		user, ok := snap.UserByEmail(strings.TrimSpace(email))
		if !ok {
			return fault.NotFound("user", email)
		}
		if err := r.Links.Drop(ctx, directory.LinkPassword, user.ID); err != nil {
			return err
		}
		return r.Links.Add(ctx, directory.Link{
			Hash: HashSecret(secret), Purpose: directory.LinkPassword, User: user.ID, ExpiresAt: now.Add(linkLife),
		}, now)
	})
}
