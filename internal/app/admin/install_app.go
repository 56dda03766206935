package admin

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// installLife is how long whoever installs an app has to say yes.
const installLife = 10 * time.Minute

// InstallApp has an app of a provider installed, which then gives us a token.
type InstallApp struct {
	Store   Store
	Secrets ports.Atomically[ports.Secrets]
	Name    string // of the secret that keeps the token
	Clock   ports.Clock
	// Exchange gives the token for what the provider led back with, and where it is installed, in words.
	Exchange func(ctx context.Context, code string) (token, where string, err error)
	Kept     func(token string) // told of a new one
}

// Begin gives the state by which the provider leads back. It works once.
func (u InstallApp) Begin(ctx context.Context, by directory.Principal) (state string, err error) {
	if err := by.Require(directory.Admin); err != nil {
		return "", err
	}
	state, now := newSecret(secretInstall), u.Clock.Now()
	return state, u.Store.Write(ctx, func(ctx context.Context, r Repos) error {
		return r.Links.Add(ctx, directory.Link{Hash: HashSecret(state), Purpose: directory.LinkInstall, User: by.User, ExpiresAt: now.Add(installLife)}, now)
	})
}

// End keeps the token, where an admin began this, and says where the app is installed.
func (u InstallApp) End(ctx context.Context, state, code string) (where string, err error) {
	ours, err := one(ctx, u.Store.Write, func(ctx context.Context, r Repos) (bool, error) {
		_, ok, err := takeLink(ctx, r, directory.LinkInstall, state, u.Clock.Now())
		return ok, err
	})
	switch {
	case err != nil:
		return "", err
	case !ours || code == "":
		return "", fault.Forbidden("install.state", "no admin began this within 10 minutes, it was done already, or it was refused there: begin again")
	}
	token, where, err := u.Exchange(ctx, code)
	if err != nil {
		return "", fault.Invalid("install.refused", "the app could not be installed: %v", err)
	}
	err = u.Secrets(ctx, func(ctx context.Context, s ports.Secrets) error { return s.Set(ctx, u.Name, token) })
	if err == nil {
		u.Kept(token)
	}
	return where, err
}
