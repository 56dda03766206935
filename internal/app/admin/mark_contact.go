package admin

import (
	"context"
	"slices"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// MarkContact notes on contacts what a provider, or whoever reads there, says of them.
type MarkContact struct{ Store Store }

// Mark is what is noted. The zero value takes an earlier one away.
type Mark struct {
	Trouble string // in words, with the time: why nothing may arrive there
	Stopped bool   // nothing may be sent there any more
}

// Do marks everybody's contacts of a kind at an address, and says how many changed.
func (u MarkContact) Do(ctx context.Context, kind, to string, m Mark) (changed int, err error) {
	err = u.Store.Write(ctx, func(ctx context.Context, r Repos) error {
		snap, err := r.Catalog.Newest(ctx)
		if err != nil {
			return err
		}
		var e directory.Edit
		for _, user := range snap.Users {
			if c, some := m.on(user, func(c notification.Contact) bool { return c.Kind == kind && c.To == to }); some {
				e.Users = append(e.Users, c)
			}
		}
		if changed = len(e.Users); changed == 0 {
			return nil
		}
		return r.Catalog.Apply(ctx, e)
	})
	return changed, err
}

// Mended takes the mark from one contact: whoever's it is says that it works again. Who asked for nothing more says
// so themselves, from there.
func (u MarkContact) Mended(ctx context.Context, by directory.Principal, cid id.Contact) error {
	if err := by.Require(directory.Viewer); err != nil {
		return err
	}
	return u.Store.Write(ctx, func(ctx context.Context, r Repos) error {
		snap, err := r.Catalog.Newest(ctx)
		if err != nil {
			return err
		}
		contact, user, ok := snap.ContactOf(cid)
		switch {
		case !ok:
			return fault.NotFound("contact", string(cid))
		case user.ID != by.User && by.Require(directory.Admin) != nil:
			return by.Require(directory.Admin)
		case contact.Stopped:
			return fault.Conflict("contact.stopped", "nothing is sent there any more: %s", contact.Again())
		}
		c, some := Mark{}.on(user, func(c notification.Contact) bool { return c.ID == cid })
		if !some {
			return nil
		}
		return r.Catalog.Apply(ctx, directory.Edit{Users: []directory.User{c}})
	})
}

// on gives the user with the mark on some contacts, and whether that changes anything.
func (m Mark) on(user *directory.User, which func(notification.Contact) bool) (out directory.User, changed bool) {
	out = *user
	out.Contacts = slices.Clone(user.Contacts)
	for i, c := range out.Contacts {
		if which(c) && (c.Trouble != m.Trouble || c.Stopped != m.Stopped) {
			out.Contacts[i].Trouble, out.Contacts[i].Stopped, changed = m.Trouble, m.Stopped, true
		}
	}
	return out, changed
}
