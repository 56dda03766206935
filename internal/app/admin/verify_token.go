package admin

import (
	"context"
	"crypto/subtle"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// VerifyToken says who sends an API token.
type VerifyToken struct {
	Store Store
	Clock ports.Clock
	// AdminToken has all rights, for automation; "" means that there is none.
	AdminToken string
}

// Do gives the token's rights as they are now; Unauthorized where it is unknown, over, or its maker is gone.
func (u VerifyToken) Do(ctx context.Context, secret string) (directory.Principal, error) {
	if u.isAdminToken(secret) {
		actor := incident.Actor{Kind: incident.ByToken, ID: "admin", Name: "admin token"}
		return directory.Principal{Actor: actor, Role: directory.Admin}, nil
	}
	wrong := fault.Unauthorized("auth.token_wrong", "this API token is not known, or its time is over")
	if !wellFormed(secretToken, secret) {
		return directory.Principal{}, wrong
	}
	now := u.Clock.Now()
	var used directory.Token
	p, err := one(ctx, u.Store.Read, func(ctx context.Context, r Repos) (directory.Principal, error) {
		t, ok, err := r.Tokens.ByHash(ctx, HashSecret(secret))
		if err != nil {
			return directory.Principal{}, err
		}
		if !ok || t.Expired(now) {
			return directory.Principal{}, wrong
		}
		used = t
		if t.User == "" {
			return t.Principal(nil), nil
		}
		snap, err := r.Directory.Current(ctx)
		if err != nil {
			return directory.Principal{}, err
		}
		maker, ok := snap.Users[t.User]
		if !ok || maker.Disabled {
			return directory.Principal{}, wrong
		}
		return t.Principal(maker), nil
	})
	if err == nil && stale(used.UsedAt, now) {
		u.Store.noteUse(ctx, func(ctx context.Context, r Repos) error { return r.Tokens.Touch(ctx, used.ID, now) })
	}
	return p, err
}

// isAdminToken compares hashes, so that neither length nor content shows in the time it takes.
func (u VerifyToken) isAdminToken(secret string) bool {
	same := subtle.ConstantTimeCompare([]byte(HashSecret(secret)), []byte(HashSecret(u.AdminToken)))
	return u.AdminToken != "" && same == 1
}
