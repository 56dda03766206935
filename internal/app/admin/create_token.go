package admin

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// CreateToken makes an API token.
type CreateToken struct {
	Store Store
	Clock ports.Clock
	NewID func() string
}

// Do gives the token and its secret, which is shown this once. expires zero: never.
func (u CreateToken) Do(ctx context.Context, by directory.Principal, name string, role directory.Role, expires time.Time) (directory.Token, string, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return directory.Token{}, "", err
	}
	secret := newSecret(secretToken)
	t, err := directory.NewToken(directory.Token{
		ID: id.Token(u.NewID()), Name: name, Role: role, Hash: HashSecret(secret),
		CreatedAt: u.Clock.Now(), ExpiresAt: expires,
	}, by)
	if err != nil {
		return directory.Token{}, "", err
	}
	err = u.Store.Write(ctx, func(ctx context.Context, r Repos) error { return r.Tokens.Add(ctx, t) })
	return t, secret, err
}
