package admin

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// ChoosePassword sets a password by a one-time link.
type ChoosePassword struct {
	Store  Store
	Hasher ports.PasswordHasher
	Limit  Limiter
	Clock  ports.Clock
}

// Do ends every session of the user, whoever has them, and signs in anew.
func (u ChoosePassword) Do(ctx context.Context, link, password string, d Device) (Signed, error) {
	if err := admit(u.Limit, d.origin()); err != nil {
		return Signed{}, err
	}
	if err := CheckPassword(password); err != nil {
		return Signed{}, err
	}
	used := fault.Forbidden("password.link", "this link was used already or is too old: ask for a new one")
	if !wellFormed(secretPassword, link) {
		return Signed{}, used
	}
	hash, err := u.Hasher.Hash(ctx, password)
	if err != nil {
		return Signed{}, err
	}
	now := u.Clock.Now()
	return one(ctx, u.Store.Write, func(ctx context.Context, r Repos) (Signed, error) {
		user, err := takePersonal(ctx, r, directory.LinkPassword, link, now, used)
		if err != nil {
			return Signed{}, err
		}
		if err := r.Passwords.Set(ctx, user.ID, hash, now); err != nil {
			return Signed{}, err
		}
		if err := r.Sessions.EndOf(ctx, user.ID); err != nil {
			return Signed{}, err
		}
		return open(ctx, r, user, d, now)
	})
}
