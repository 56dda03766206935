package admin

import (
	"cmp"
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// OfferSignIn makes a link by which somebody who is signed in does so on another device too: a phone reads it from
// the screen.
type OfferSignIn struct {
	Store Store
	Clock ports.Clock
	For   time.Duration // how long the link works; 0 is SignInLife
}

// SignInLife is how long such a link works: who has it needs no password.
const SignInLife = 10 * time.Minute

// Do gives the secret of a link that works once, until it ends. A new one ends those before it.
func (u OfferSignIn) Do(ctx context.Context, by directory.Principal) (secret string, ends time.Time, err error) {
	if err := by.Require(directory.Viewer); err != nil {
		return "", ends, err
	}
	if by.Actor.Kind != incident.ByUser || by.User == "" {
		return "", ends, fault.Invalid("session.nobody", "this token belongs to nobody: only a person can sign in")
	}
	now := u.Clock.Now()
	secret, ends = newSecret(secretSignIn), now.Add(cmp.Or(u.For, SignInLife))
	return secret, ends, u.Store.Write(ctx, func(ctx context.Context, r Repos) error {
		if err := r.Links.Drop(ctx, directory.LinkSignIn, by.User); err != nil {
			return err
		}
		return r.Links.Add(ctx, directory.Link{Hash: HashSecret(secret), Purpose: directory.LinkSignIn, User: by.User, ExpiresAt: ends}, now)
	})
}

// Used says whether a link of one's own was used, or ended: where it was made one sees that the other device is in.
func (u OfferSignIn) Used(ctx context.Context, by directory.Principal, secret string) (bool, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return false, err
	}
	waits, err := one(ctx, u.Store.Read, func(ctx context.Context, r Repos) (bool, error) {
		return r.Links.Waits(ctx, HashSecret(secret), u.Clock.Now())
	})
	return !waits, err
}

// SignInByLink opens a session for whoever holds such a link.
type SignInByLink struct {
	Store  Store
	Origin Limiter // by address: whoever guesses
	Clock  ports.Clock
}

// Do leaves the user's other sessions as they are.
func (u SignInByLink) Do(ctx context.Context, link string, d Device) (Signed, error) {
	if err := admit(u.Origin, d.origin()); err != nil {
		return Signed{}, err
	}
	used := fault.Forbidden("session.link", "this link was used already or is too old: make a new one where you are signed in, or sign in with your password")
	if !wellFormed(secretSignIn, link) {
		return Signed{}, used
	}
	now := u.Clock.Now()
	return one(ctx, u.Store.Write, func(ctx context.Context, r Repos) (Signed, error) {
		user, err := takePersonal(ctx, r, directory.LinkSignIn, link, now, used)
		if err != nil {
			return Signed{}, err
		}
		return open(ctx, r, user, d, now)
	})
}
