// Package admin is about who may do what, and about changing what people own: signing in, tokens,
// setting up, and applying a desired configuration.
package admin

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Repos is what the use cases of this package read and change.
type Repos struct {
	Directory  ports.Directory
	Catalog    ports.Catalog
	Passwords  ports.Passwords
	Sessions   ports.Sessions
	Tokens     ports.Tokens
	Links      ports.Links
	Linked     ports.Linked
	Rooms      ports.Rooms
	Heard      ports.Heard
	Looks      ports.Looks
	Payloads   ports.Payloads
	Quarantine ports.Quarantine
	Paging     ports.Paging
	Unresolved ports.Unresolved
}

// Store runs functions in one transaction each.
type Store struct {
	Read  ports.Atomically[Repos] // sees only; may be served by a pool of readers
	Write ports.Atomically[Repos]
}

// Limiter counts attempts. Allow says whether another one by this key may be made now, else how long to wait.
type Limiter interface {
	Allow(key string) (wait time.Duration, ok bool)
}

// System is the server itself, or whoever has a shell on its machine.
func System() directory.Principal {
	return directory.Principal{Actor: incident.Actor{Kind: incident.BySystem, Name: "server"}, Role: directory.Admin}
}

// noteEvery is how fine "last used" is: a write a minute, however busy a session or token is.
const noteEvery = time.Minute

func stale(last, now time.Time) bool { return now.Sub(last) >= noteEvery }

// noteUse notes when something was used, within a second or not at all: people like to see it, and no request
// fails or waits for it. The next one tries again.
func (s Store) noteUse(ctx context.Context, touch func(ctx context.Context, r Repos) error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_ = s.Write(ctx, touch)
}

// one runs a read that gives one thing.
func one[T any](ctx context.Context, tx ports.Atomically[Repos], f func(ctx context.Context, r Repos) (T, error)) (T, error) {
	var out T
	err := tx(ctx, func(ctx context.Context, r Repos) error {
		var err error
		out, err = f(ctx, r)
		return err
	})
	return out, err
}

// CheckPassword refuses what is too easy to guess: 10 to 1,000 bytes are needed.
func CheckPassword(password string) error {
	if len(password) < 10 || len(password) > 1000 {
		return fault.Invalid("password.length", "a password needs at least 10 characters").At("password")
	}
	return nil
}
