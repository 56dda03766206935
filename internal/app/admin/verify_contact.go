package admin

import (
	"context"
	"slices"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// VerifyContact takes the code that a test message brought: pages go to the contact from then on.
type VerifyContact struct {
	Store Store
	Limit Limiter // by contact: codes are short
	Clock ports.Clock
}

// Do is for whoever's contact it is. One that is verified already is no error.
func (u VerifyContact) Do(ctx context.Context, by directory.Principal, c id.Contact, code string) error {
	if err := by.Require(directory.Viewer); err != nil {
		return err
	}
	if err := admit(u.Limit, string(c)); err != nil {
		return err
	}
	now := u.Clock.Now()
	return u.Store.Write(ctx, func(ctx context.Context, r Repos) error {
		snap, err := r.Catalog.Newest(ctx)
		if err != nil {
			return err
		}
		contact, user, ok := snap.ContactOf(c)
		if !ok {
			return fault.NotFound("contact", string(c))
		}
		if user.ID != by.User {
			if err := by.Require(directory.Admin); err != nil {
				return err
			}
		}
		if contact.Verified {
			return nil
		}
		// The address is a part of the hash: a code that went elsewhere proves nothing.
		l, ok, err := r.Links.Take(ctx, directory.CodeHash(c, contact.To, code), now)
		if err != nil {
			return err
		}
		if !ok || l.Purpose != directory.LinkContact || l.User != user.ID {
			return fault.Invalid("contact.code", "this is not the code that was sent, or it is older than 15 minutes").At("code")
		}
		changed := *user
		changed.Contacts = slices.Clone(user.Contacts)
		i := slices.IndexFunc(changed.Contacts, func(x notification.Contact) bool { return x.ID == c })
		changed.Contacts[i].Verified = true
		return r.Catalog.Apply(ctx, signed(directory.Edit{Users: []directory.User{changed}}, by, now))
	})
}
