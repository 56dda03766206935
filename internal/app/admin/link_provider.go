package admin

import (
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// linkCodeLife is how long a code by which somebody is linked works.
const linkCodeLife = 15 * time.Minute

// linkCode is how many characters of five bits such a code has: people type it.
const linkCode = 10

// OfferLink makes a code that somebody who is signed in gives a provider: whoever it comes from is they.
type OfferLink struct {
	Store    Store
	Channels map[string]ports.ChannelDescriptor
	CanSend  func(kind string) bool
	Clock    ports.Clock
}

// Do gives the code, which works once for 15 minutes, and what to write there. A new one ends those before it.
func (u OfferLink) Do(ctx context.Context, by directory.Principal, kind string) (code, write string, ends time.Time, err error) {
	if err := themselves(by); err != nil {
		return "", "", ends, err
	}
	d := u.Channels[kind]
	if d.Link == "" || !u.CanSend(kind) {
		return "", "", ends, fault.Invalid("linked.kind", "nobody can be linked by %q on this server", kind).At("kind")
	}
	now := u.Clock.Now()
	code, ends = strings.ToLower(rand.Text()[:linkCode]), now.Add(linkCodeLife)
	return code, strings.ReplaceAll(d.Link, "CODE", code), ends, u.Store.Write(ctx, func(ctx context.Context, r Repos) error {
		if err := r.Links.Drop(ctx, directory.LinkProvider, by.User); err != nil {
			return err
		}
		return r.Links.Add(ctx, directory.Link{Hash: HashSecret(linkSecret(kind, code)), Purpose: directory.LinkProvider, User: by.User, ExpiresAt: ends}, now)
	})
}

// Kinds are those by which somebody can be linked on this server, sorted.
func (u OfferLink) Kinds() []ports.ChannelDescriptor {
	var out []ports.ChannelDescriptor
	for _, kind := range slices.Sorted(maps.Keys(u.Channels)) {
		if d := u.Channels[kind]; d.Link != "" && u.CanSend(kind) {
			out = append(out, d)
		}
	}
	return out
}

// linkSecret is a code of one kind: what was made for one provider is none for another.
func linkSecret(kind, code string) string {
	return kind + "\x00" + strings.ToLower(strings.TrimSpace(code))
}

func themselves(by directory.Principal) error {
	if err := by.Require(directory.Viewer); err != nil {
		return err
	}
	if by.User == "" {
		return fault.Forbidden("linked.nobody", "a token that belongs to nobody is linked to nobody: sign in")
	}
	return nil
}

// LinkProvider links what a provider knows somebody by. Whoever calls it has made sure that the provider says so.
type LinkProvider struct {
	Store Store
	Limit Limiter // by what the provider knows them by: codes are short
	Clock ports.Clock
}

// ByCode links whoever gives a code, and gives the user.
func (u LinkProvider) ByCode(ctx context.Context, l directory.Linked, code string) (directory.User, error) {
	if err := admit(u.Limit, l.Kind+"\x00"+l.ID); err != nil {
		return directory.User{}, err
	}
	now := u.Clock.Now()
	wrong := fault.Invalid("linked.code", "this is not the code that was shown, it was used already, or it is older than 15 minutes").At("code")
	return one(ctx, u.Store.Write, func(ctx context.Context, r Repos) (directory.User, error) {
		user, err := takePersonal(ctx, r, directory.LinkProvider, linkSecret(l.Kind, code), now, wrong)
		if err != nil {
			return user, err
		}
		l.User, l.At = user.ID, now
		return user, r.Linked.Put(ctx, l)
	})
}

// ByEmail links whoever has an address of which the provider has made sure; ok false where no user has it. A link that
// is there stays as it is.
func (u LinkProvider) ByEmail(ctx context.Context, l directory.Linked, email string) (user id.User, ok bool, err error) {
	err = u.Store.Write(ctx, func(ctx context.Context, r Repos) (err error) {
		if user, ok, err = r.Linked.User(ctx, l.Kind, l.ID); err != nil || ok {
			return err
		}
		snap, err := r.Directory.Current(ctx)
		if err != nil {
			return err
		}
		found, known := snap.UserByEmail(email)
		if !known || found.Disabled {
			return nil
		}
		user, ok = found.ID, true
		l.User, l.At = found.ID, u.Clock.Now()
		return r.Linked.Put(ctx, l)
	})
	return user, ok && err == nil, err
}

// Linked is what somebody is linked to.
type Linked struct{ Store Store }

// List gives one's own.
func (u Linked) List(ctx context.Context, by directory.Principal) ([]directory.Linked, error) {
	if err := themselves(by); err != nil {
		return nil, err
	}
	return one(ctx, u.Store.Read, func(ctx context.Context, r Repos) ([]directory.Linked, error) { return r.Linked.Of(ctx, by.User) })
}

// Remove ends one of one's own.
func (u Linked) Remove(ctx context.Context, by directory.Principal, kind, external string) error {
	if err := themselves(by); err != nil {
		return err
	}
	return u.Store.Write(ctx, func(ctx context.Context, r Repos) error {
		was, err := r.Linked.Remove(ctx, by.User, kind, external)
		if err == nil && !was {
			return fault.NotFound("link", kind+" "+external)
		}
		return err
	})
}
