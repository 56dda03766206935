package admin

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// ResolveSession says who a cookie is.
type ResolveSession struct {
	Store Store
	Clock ports.Clock
}

// Do gives the session's user and rights as they are now; Unauthorized where it is over, unknown or its
// user is gone.
func (u ResolveSession) Do(ctx context.Context, secret string) (directory.Principal, error) {
	over := fault.Unauthorized("auth.session_over", "your session is over: sign in again")
	if !wellFormed(secretSession, secret) {
		return directory.Principal{}, over
	}
	sid, now := id.Session(HashSecret(secret)), u.Clock.Now()
	var note bool
	p, err := one(ctx, u.Store.Read, func(ctx context.Context, r Repos) (directory.Principal, error) {
		s, ok, err := r.Sessions.Get(ctx, sid)
		if err != nil {
			return directory.Principal{}, err
		}
		if !ok || !s.Alive(now) {
			return directory.Principal{}, over
		}
		snap, err := r.Directory.Current(ctx)
		if err != nil {
			return directory.Principal{}, err
		}
		user, ok := snap.Users[s.User]
		if !ok || user.Disabled {
			return directory.Principal{}, over
		}
		note = stale(s.SeenAt, now)
		p := user.Principal()
		p.Via = incident.ViaWeb
		return p, nil
	})
	if err == nil && note {
		u.Store.noteUse(ctx, func(ctx context.Context, r Repos) error { return r.Sessions.Touch(ctx, sid, now) })
	}
	return p, err
}
