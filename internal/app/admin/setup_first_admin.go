package admin

import (
	"cmp"
	"context"
	"net/mail"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// OfferSetup makes the one-time link by which the first admin is set up.
type OfferSetup struct {
	Store Store
	Clock ports.Clock
}

// linkLife is how long one-time links work.
const linkLife = 24 * time.Hour

// Do gives the secret of a new link while no enabled admin has a password, else "". It works once, for 24 h.
func (u OfferSetup) Do(ctx context.Context) (secret string, err error) {
	now := u.Clock.Now()
	secret = newSecret(secretSetup)
	err = u.Store.Write(ctx, func(ctx context.Context, r Repos) error {
		if done, err := hasAdmin(ctx, r); err != nil || done {
			secret = ""
			return err
		}
		return r.Links.Add(ctx, directory.Link{Hash: HashSecret(secret), Purpose: directory.LinkSetup, ExpiresAt: now.Add(linkLife)}, now)
	})
	return secret, err
}

// Needed says whether nobody can sign in yet as an admin.
func (u OfferSetup) Needed(ctx context.Context) (bool, error) {
	return one(ctx, u.Store.Read, func(ctx context.Context, r Repos) (bool, error) {
		done, err := hasAdmin(ctx, r)
		return !done, err
	})
}

func hasAdmin(ctx context.Context, r Repos) (bool, error) {
	snap, err := r.Directory.Current(ctx)
	if err != nil {
		return false, err
	}
	holders, err := r.Passwords.Holders(ctx)
	for _, uid := range holders {
		if u, ok := snap.Users[uid]; ok && u.Role == directory.Admin && !u.Disabled {
			return true, err
		}
	}
	return false, err
}

// SetupFirstAdmin makes whoever holds the setup link the first admin, and signs them in.
type SetupFirstAdmin struct {
	Store  Store
	Hasher ports.PasswordHasher
	Limit  Limiter
	Clock  ports.Clock
	NewID  func() string
}

// FirstAdmin is what the first admin says about themselves.
type FirstAdmin struct {
	Link     string // the secret of the setup link
	Email    string
	Name     string
	Password string
	TimeZone string // IANA name; "" means UTC
}

// Works says whether a link can be used, without using it.
func (u SetupFirstAdmin) Works(ctx context.Context, link string) (bool, error) {
	if !wellFormed(secretSetup, link) {
		return false, nil
	}
	return one(ctx, u.Store.Read, func(ctx context.Context, r Repos) (bool, error) {
		return r.Links.Waits(ctx, HashSecret(link), u.Clock.Now())
	})
}

// Do refuses a link that was used, is too old or was never given out, and any while an enabled admin has a password. A user who is known by this address
// already (from configuration files) becomes an admin and keeps the rest.
func (u SetupFirstAdmin) Do(ctx context.Context, a FirstAdmin, d Device) (Signed, error) {
	if err := admit(u.Limit, d.origin()); err != nil {
		return Signed{}, err
	}
	email, err := CheckEmail(a.Email)
	if err != nil {
		return Signed{}, err
	}
	if err := CheckPassword(a.Password); err != nil {
		return Signed{}, err
	}
	if _, err := time.LoadLocation(a.TimeZone); err != nil {
		return Signed{}, fault.Invalid("user.time_zone", "there is no time zone %q", a.TimeZone).At("time_zone")
	}
	used := fault.Forbidden("setup.link", "this setup link was used already or is too old: start the server again for a new one")
	if !wellFormed(secretSetup, a.Link) {
		return Signed{}, used
	}
	hash, err := u.Hasher.Hash(ctx, a.Password)
	if err != nil {
		return Signed{}, err
	}
	now := u.Clock.Now()
	return one(ctx, u.Store.Write, func(ctx context.Context, r Repos) (Signed, error) {
		if _, ok, err := takeLink(ctx, r, directory.LinkSetup, a.Link, now); err != nil || !ok {
			return Signed{}, cmp.Or(err, error(used))
		}
		// Of two that come at once by different links, one waits here for the other's end, and then sees its admin.
		if err := r.Links.Drop(ctx, directory.LinkSetup, ""); err != nil {
			return Signed{}, err
		}
		if done, err := hasAdmin(ctx, r); err != nil || done {
			return Signed{}, cmp.Or(err, error(used))
		}
		user, err := u.admin(ctx, r, email, a)
		if err != nil {
			return Signed{}, err
		}
		if err := r.Passwords.Set(ctx, user.ID, hash, now); err != nil {
			return Signed{}, err
		}
		return open(ctx, r, user, d, now)
	})
}

func (u SetupFirstAdmin) admin(ctx context.Context, r Repos, email string, a FirstAdmin) (directory.User, error) {
	snap, err := r.Catalog.Newest(ctx)
	if err != nil {
		return directory.User{}, err
	}
	user := directory.User{ID: id.User(u.NewID()), Email: email, TimeZone: cmp.Or(a.TimeZone, "UTC")}
	if known, ok := snap.UserByEmail(email); ok {
		user = *known
	}
	user.Name = cmp.Or(strings.TrimSpace(a.Name), user.Name, email)
	user.Role, user.Disabled = directory.Admin, false
	if len(user.Contacts) == 0 {
		// The default policy pages admins: without a contact nobody could be reached.
		user.Contacts = []notification.Contact{{ID: id.Contact(u.NewID()), Name: "email", Kind: "email", To: email, Verified: true}}
	}
	return user, r.Catalog.Apply(ctx, directory.Edit{Users: []directory.User{user}})
}

// takeLink uses up a link of this purpose.
func takeLink(ctx context.Context, r Repos, p directory.LinkPurpose, secret string, now time.Time) (directory.Link, bool, error) {
	l, ok, err := r.Links.Take(ctx, HashSecret(secret), now)
	return l, ok && l.Purpose == p, err
}

// takePersonal uses up a link of this purpose and gives whose it is: the used error where that is nobody now.
func takePersonal(ctx context.Context, r Repos, p directory.LinkPurpose, secret string, now time.Time, used error) (directory.User, error) {
	l, ok, err := takeLink(ctx, r, p, secret, now)
	if err != nil || !ok {
		return directory.User{}, cmp.Or(err, used)
	}
	snap, err := r.Directory.Current(ctx)
	if err != nil {
		return directory.User{}, err
	}
	user, ok := snap.Users[l.User]
	if !ok || user.Disabled {
		return directory.User{}, used
	}
	return *user, nil
}

// CheckEmail gives the address as it is stored: without a name, lower case.
func CheckEmail(s string) (string, error) {
	a, err := mail.ParseAddress(strings.TrimSpace(s))
	if err != nil || a.Name != "" || len(a.Address) > maxEmail {
		return "", fault.Invalid("user.email", "%q is not an email address", s).At("email")
	}
	return strings.ToLower(a.Address), nil
}
