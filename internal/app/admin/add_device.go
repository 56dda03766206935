package admin

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// AddDevice makes the browser that somebody is signed in with a contact of theirs. It needs no code: whoever is there
// has asked for it.
type AddDevice struct {
	Store Store
	Kind  ports.ChannelDescriptor
	NewID func() string
}

// Subscribed is a browser that has subscribed to notifications.
type Subscribed struct {
	Name     string // for people: "Chrome on Android"
	To       string // the subscription, as the browser gives it
	Replaces string // the contact that this device was before, or the endpoint of its old subscription; may be empty
}

// Do gives the contact, which comes first at high urgency. A device that was one already stays that one, and the rules that name it; it is nobody else's
// from then on.
func (u AddDevice) Do(ctx context.Context, by directory.Principal, d Subscribed) (notification.Contact, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return notification.Contact{}, err
	}
	to, err := u.Kind.Check(d.To)
	if err != nil {
		return notification.Contact{}, fault.Invalid("channel.to", "%s", err).At("subscription")
	}
	if by.User == "" {
		return notification.Contact{}, fault.Forbidden("device.nobody", "a token that belongs to nobody has no devices: sign in")
	}
	return one(ctx, u.Store.Write, func(ctx context.Context, r Repos) (notification.Contact, error) {
		snap, err := r.Catalog.Newest(ctx)
		if err != nil {
			return notification.Contact{}, err
		}
		user, ok := snap.Users[by.User]
		if !ok {
			return notification.Contact{}, fault.NotFound("user", string(by.User))
		}
		mine, c := u.put(*user, d, to)
		edit := directory.Edit{Users: []directory.User{mine}}
		gone := Mark{Stopped: true, Trouble: "this device is " + cmp.Or(user.Name, user.Email) + "'s now"}
		for _, other := range snap.Users {
			if other.ID == by.User {
				continue
			}
			if marked, some := gone.on(other, func(o notification.Contact) bool { return u.same(o, endpoint(to)) }); some {
				edit.Users = append(edit.Users, marked)
			}
		}
		return c, r.Catalog.Apply(ctx, edit)
	})
}

// put gives the user with the device among the contacts.
func (u AddDevice) put(user directory.User, d Subscribed, to string) (directory.User, notification.Contact) {
	user.Contacts = slices.Clone(user.Contacts)
	i := slices.IndexFunc(user.Contacts, func(c notification.Contact) bool {
		return u.same(c, endpoint(to)) || d.Replaces != "" && c.Kind == u.Kind.Kind && (string(c.ID) == d.Replaces || u.same(c, d.Replaces))
	})
	c := notification.Contact{ID: id.Contact(u.NewID()), Name: freeName(user.Contacts, d.Name), Kind: u.Kind.Kind}
	if i >= 0 {
		c = user.Contacts[i]
	}
	c.To, c.Verified, c.Trouble, c.Stopped = to, true, "", false
	if i >= 0 {
		user.Contacts[i] = c
	} else {
		user.Contacts = append(user.Contacts, c)
		if len(user.Rules.High) > 0 { // where they have none, the defaults begin with it
			user.Rules.High = append([]notification.Step{{Contact: c.ID}}, user.Rules.High...)
		}
	}
	return user, c
}

// same says whether a contact is the device at an endpoint.
func (u AddDevice) same(c notification.Contact, at string) bool {
	return c.Kind == u.Kind.Kind && at != "" && endpoint(c.To) == at
}

// endpoint is a subscription's address: a browser has one, whatever becomes of its keys.
func endpoint(to string) string {
	var sub struct {
		Endpoint string `json:"endpoint"`
	}
	_ = json.Unmarshal([]byte(to), &sub) // what is none has none
	return sub.Endpoint
}

// freeName is a name that no contact has: "Chrome on Android", "Chrome on Android 2".
func freeName(taken []notification.Contact, name string) string {
	name = strings.TrimSpace(name)
	if name == "" {
		name = "device"
	}
	free := name
	for n := 2; slices.ContainsFunc(taken, func(c notification.Contact) bool { return c.Name == free }); n++ {
		free = fmt.Sprintf("%s %d", name, n)
	}
	return free
}
