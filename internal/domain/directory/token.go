package directory

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// Token is an API token: what a program shows to act for whoever made it. The secret itself is not kept.
type Token struct {
	ID        id.Token
	Name      string
	Role      Role
	User      id.User // who made it; "" for one that belongs to nobody (made with the server's admin token)
	Hash      string  // hex SHA-256 of the secret
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never
	UsedAt    time.Time // noted at most once a minute; zero: never
}

// NewToken checks a token: a name, a role no higher than its maker's, an end that is still to come.
func NewToken(t Token, by Principal) (Token, error) {
	t.Name = strings.TrimSpace(t.Name)
	switch {
	case t.Name == "" || len(t.Name) > 100:
		return Token{}, fault.Invalid("token.name", "a token needs a name of 1 to 100 characters").At("name")
	case ranks[t.Role] == 0:
		return Token{}, fault.Invalid("token.role", "a token's role is viewer, responder or admin").At("role")
	case ranks[t.Role] > ranks[by.Role]:
		return Token{}, fault.Forbidden("token.role", "a token cannot have the role %s: yours is %s", t.Role, by.Role)
	case !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(t.CreatedAt):
		return Token{}, fault.Invalid("token.expires_at", "a token must expire in the future").At("expires_at")
	}
	t.User = by.User
	return t, nil
}

// Expired says whether the token's time is over.
func (t Token) Expired(now time.Time) bool { return !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt) }

// Principal is what the token may do now: a token never has more than its maker still has, and what is done with it
// its maker does: whoever acknowledges from a shell is told what comes of it. maker is nil where the token belongs to
// nobody.
func (t Token) Principal(maker *User) Principal {
	if maker == nil {
		return Principal{Actor: incident.Actor{Kind: incident.ByToken, ID: string(t.ID), Name: t.Name}, Role: t.Role, User: t.User}
	}
	p := maker.Principal()
	p.Role = Lower(t.Role, maker.Role)
	return p
}

// Principal is what the user may do.
func (u *User) Principal() Principal {
	return Principal{Actor: incident.Actor{Kind: incident.ByUser, ID: string(u.ID), Name: cmp.Or(u.Name, u.Email)}, Role: u.Role, User: u.ID}
}

// Lower gives the role that may do less.
func Lower(a, b Role) Role {
	if ranks[a] < ranks[b] {
		return a
	}
	return b
}

// Known says whether it is one of the roles.
func (r Role) Known() bool { return slices.Contains([]Role{Viewer, Responder, Admin}, r) }

// Link is a one-time right: to set up the first admin, to set a user's password, or to sign in on another device.
type Link struct {
	Hash      string // hex SHA-256 of the secret
	Purpose   LinkPurpose
	User      id.User // "" for LinkSetup
	ExpiresAt time.Time
}

// LinkPurpose says what a link is good for.
type LinkPurpose string

// The purposes of links.
const (
	LinkSetup    LinkPurpose = "setup"
	LinkPassword LinkPurpose = "password"
	LinkSignIn   LinkPurpose = "sign-in"
	LinkContact  LinkPurpose = "contact"  // a code that proves that somebody reads there
	LinkProvider LinkPurpose = "provider" // a code that somebody gives a provider, to be known there
	LinkInstall  LinkPurpose = "install"  // whoever comes back with it has begun to install an app
)

// Linked says that a provider of a kind knows a user by an id of its own: whoever presses a button there is this user.
type Linked struct {
	User id.User
	Kind string // of channel
	ID   string // the provider's
	Name string // what they are called there, for people; may be empty
	At   time.Time
}

// CodeHash is what is kept of a code that was sent to a contact's address: hex SHA-256.
func CodeHash(c id.Contact, to, code string) string {
	sum := sha256.Sum256([]byte("contact\x00" + string(c) + "\x00" + to + "\x00" + code))
	return hex.EncodeToString(sum[:])
}
