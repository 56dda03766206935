package ports

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Passwords keeps the hashes of people's passwords.
type Passwords interface {
	// Set stores the hash in the encoding of its PasswordHasher, replacing an earlier one.
	Set(ctx context.Context, user id.User, hash string, at time.Time) error
	// Of gives a user's hash, "" where there is none.
	Of(ctx context.Context, user id.User) (string, error)
	// Holders gives everybody who has a password, sorted.
	Holders(ctx context.Context) ([]id.User, error)
}

// Sessions keeps who is signed in.
type Sessions interface {
	// Add stores a session and removes those that ended before now.
	Add(ctx context.Context, s directory.Session, now time.Time) error
	// Get gives a session, ok false where there is none; it does not look at its age.
	Get(ctx context.Context, sid id.Session) (s directory.Session, ok bool, err error)
	// Touch notes that the session was used.
	Touch(ctx context.Context, sid id.Session, at time.Time) error
	// End removes a session; one that is gone is no error.
	End(ctx context.Context, sid id.Session) error
	// EndOf removes all sessions of a user.
	EndOf(ctx context.Context, user id.User) error
}

// Tokens keeps API tokens.
type Tokens interface {
	Add(ctx context.Context, t directory.Token) error
	// ByHash finds a token by the hex SHA-256 of its secret; it does not look at its age.
	ByHash(ctx context.Context, hash string) (t directory.Token, ok bool, err error)
	// List gives all tokens, the oldest first.
	List(ctx context.Context) ([]directory.Token, error)
	// Touch notes that the token was used.
	Touch(ctx context.Context, tid id.Token, at time.Time) error
	// Revoke removes a token and says whether it was there.
	Revoke(ctx context.Context, tid id.Token) (bool, error)
}

// Links keeps one-time rights.
type Links interface {
	// Add stores a link and removes those that expired before now.
	Add(ctx context.Context, l directory.Link, now time.Time) error
	// Take removes a link and gives it, ok false where there is none or it expired: it works once.
	Take(ctx context.Context, hash string, now time.Time) (l directory.Link, ok bool, err error)
	// Waits says whether a link is there that nobody took and that has not expired.
	Waits(ctx context.Context, hash string, now time.Time) (bool, error)
	// Drop removes all links of a purpose and user; user "" for those that belong to nobody.
	Drop(ctx context.Context, p directory.LinkPurpose, user id.User) error
}

// PasswordHasher turns passwords into hashes that are slow to guess.
type PasswordHasher interface {
	// Hash may wait for its turn: few run at once, for each takes much memory.
	Hash(ctx context.Context, password string) (string, error)
	// Matches takes the same time for any encoded hash; encoded "" never matches.
	Matches(ctx context.Context, encoded, password string) (bool, error)
}
