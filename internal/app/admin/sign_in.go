package admin

import (
	"context"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// SignIn opens a session for whoever knows the password.
type SignIn struct {
	Store  Store
	Hasher ports.PasswordHasher
	Limit  Limiter // by address and account
	Origin Limiter // by address alone: whoever tries many accounts
	Clock  ports.Clock
}

// maxEmail is the longest address that mail can be sent to, in bytes.
const maxEmail = 254

// Device is what signs in.
type Device struct {
	Address string // of the client
	Agent   string
	Phone   bool
}

// origin is who is counted as one: an IPv6 network of 64 bits belongs to one customer, who has all its addresses.
func (d Device) origin() string {
	a, err := netip.ParseAddr(d.Address)
	if err != nil || a.Is4() || a.Is4In6() {
		return d.Address
	}
	return netip.PrefixFrom(a, 64).Masked().String()
}

// Signed is a new session. Secret is for the cookie and is nowhere else.
type Signed struct {
	Secret  string
	Session directory.Session
	User    directory.User
}

// Do answers wrong passwords, unknown and disabled users alike, and as slowly. The session is always a
// new one: what the browser had before counts for nothing.
func (u SignIn) Do(ctx context.Context, email, password string, d Device) (Signed, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	if err := admit(u.Origin, d.origin()); err != nil {
		return Signed{}, err
	}
	if len(email) > maxEmail {
		return Signed{}, fault.Invalid("user.email", "an email address has at most %d bytes", maxEmail).At("email")
	}
	if err := admit(u.Limit, d.origin()+" "+email); err != nil {
		return Signed{}, err
	}
	type found struct {
		user *directory.User
		hash string
	}
	f, err := one(ctx, u.Store.Read, func(ctx context.Context, r Repos) (f found, err error) {
		snap, err := r.Directory.Current(ctx)
		if err != nil {
			return f, err
		}
		user, ok := snap.UserByEmail(email)
		if !ok || user.Disabled {
			return f, nil
		}
		f.user = user
		f.hash, err = r.Passwords.Of(ctx, user.ID)
		return f, err
	})
	if err != nil {
		return Signed{}, err
	}
	ok, err := u.Hasher.Matches(ctx, f.hash, password)
	if err != nil {
		return Signed{}, err
	}
	if !ok || f.user == nil {
		return Signed{}, fault.Unauthorized("auth.wrong_password", "the email address or the password is wrong")
	}
	return one(ctx, u.Store.Write, func(ctx context.Context, r Repos) (Signed, error) {
		return open(ctx, r, *f.user, d, u.Clock.Now())
	})
}

// admit refuses whoever tries too often: every attempt costs us a slow hash.
func admit(l Limiter, key string) error {
	if wait, ok := l.Allow(key); !ok {
		return fault.Limited(wait, "auth.too_many_attempts", "too many attempts; try again in %s", max(wait.Round(time.Second), time.Second))
	}
	return nil
}

// open starts a session.
func open(ctx context.Context, r Repos, user directory.User, d Device, now time.Time) (Signed, error) {
	secret := newSecret(secretSession)
	s := directory.Session{
		ID: id.Session(HashSecret(secret)), User: user.ID, Phone: d.Phone,
		CreatedAt: now, SeenAt: now, Address: d.Address, Agent: whole(d.Agent, 200),
	}
	return Signed{Secret: secret, Session: s, User: user}, r.Sessions.Add(ctx, s, now)
}

// whole gives at most n bytes, without a broken character at the end.
func whole(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
