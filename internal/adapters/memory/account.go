package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

type accounts struct {
	passwords map[id.User]string
	sessions  map[id.Session]directory.Session
	tokens    map[id.Token]directory.Token
	links     map[string]directory.Link
}

func newAccounts() accounts {
	return accounts{map[id.User]string{}, map[id.Session]directory.Session{}, map[id.Token]directory.Token{}, map[string]directory.Link{}}
}

// Passwords keeps the hashes of people's passwords.
func (tx *Tx) Passwords() ports.Passwords { return passwords{tx} }

// Sessions keeps who is signed in.
func (tx *Tx) Sessions() ports.Sessions { return sessions{tx} }

// Tokens keeps API tokens.
func (tx *Tx) Tokens() ports.Tokens { return tokens{tx} }

// Links keeps one-time rights.
func (tx *Tx) Links() ports.Links { return links{tx} }

var (
	_ ports.Passwords = passwords{}
	_ ports.Sessions  = sessions{}
	_ ports.Tokens    = tokens{}
	_ ports.Links     = links{}
)

type passwords struct{ *Tx }

func (r passwords) Set(_ context.Context, user id.User, hash string, _ time.Time) error {
	put(r.Tx, r.db.accounts.passwords, user, hash)
	return nil
}

func (r passwords) Of(_ context.Context, user id.User) (string, error) {
	return r.db.accounts.passwords[user], nil
}

func (r passwords) Holders(context.Context) ([]id.User, error) {
	return slices.Sorted(maps.Keys(r.db.accounts.passwords)), nil
}

type sessions struct{ *Tx }

func (r sessions) Add(_ context.Context, s directory.Session, now time.Time) error {
	for sid, old := range r.db.accounts.sessions {
		if !old.Alive(now) {
			drop(r.Tx, r.db.accounts.sessions, sid)
		}
	}
	put(r.Tx, r.db.accounts.sessions, s.ID, s)
	return nil
}

func (r sessions) Get(_ context.Context, sid id.Session) (directory.Session, bool, error) {
	s, ok := r.db.accounts.sessions[sid]
	return s, ok, nil
}

func (r sessions) Touch(_ context.Context, sid id.Session, at time.Time) error {
	if s, ok := r.db.accounts.sessions[sid]; ok {
		s.SeenAt = at
		put(r.Tx, r.db.accounts.sessions, sid, s)
	}
	return nil
}

func (r sessions) End(_ context.Context, sid id.Session) error {
	drop(r.Tx, r.db.accounts.sessions, sid)
	return nil
}

func (r sessions) EndOf(_ context.Context, user id.User) error {
	for sid, s := range r.db.accounts.sessions {
		if s.User == user {
			drop(r.Tx, r.db.accounts.sessions, sid)
		}
	}
	return nil
}

type tokens struct{ *Tx }

func (r tokens) Add(_ context.Context, t directory.Token) error {
	put(r.Tx, r.db.accounts.tokens, t.ID, t)
	return nil
}

func (r tokens) ByHash(_ context.Context, hash string) (directory.Token, bool, error) {
	for _, t := range r.db.accounts.tokens {
		if t.Hash == hash {
			return t, true, nil
		}
	}
	return directory.Token{}, false, nil
}

func (r tokens) List(context.Context) ([]directory.Token, error) {
	return slices.SortedFunc(maps.Values(r.db.accounts.tokens), func(a, b directory.Token) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	}), nil
}

func (r tokens) Touch(_ context.Context, tid id.Token, at time.Time) error {
	if t, ok := r.db.accounts.tokens[tid]; ok {
		t.UsedAt = at
		put(r.Tx, r.db.accounts.tokens, tid, t)
	}
	return nil
}

func (r tokens) Revoke(_ context.Context, tid id.Token) (bool, error) {
	_, ok := r.db.accounts.tokens[tid]
	drop(r.Tx, r.db.accounts.tokens, tid)
	return ok, nil
}

type links struct{ *Tx }

func (r links) Add(_ context.Context, l directory.Link, now time.Time) error {
	for hash, old := range r.db.accounts.links {
		if !now.Before(old.ExpiresAt) {
			drop(r.Tx, r.db.accounts.links, hash)
		}
	}
	put(r.Tx, r.db.accounts.links, l.Hash, l)
	return nil
}

func (r links) Take(_ context.Context, hash string, now time.Time) (directory.Link, bool, error) {
	l, ok := r.db.accounts.links[hash]
	if !ok || !now.Before(l.ExpiresAt) {
		return directory.Link{}, false, nil
	}
	drop(r.Tx, r.db.accounts.links, hash)
	return l, true, nil
}

func (r links) Waits(_ context.Context, hash string, now time.Time) (bool, error) {
	l, ok := r.db.accounts.links[hash]
	return ok && now.Before(l.ExpiresAt), nil
}

func (r links) Drop(_ context.Context, p directory.LinkPurpose, user id.User) error {
	for hash, l := range r.db.accounts.links {
		if l.Purpose == p && l.User == user {
			drop(r.Tx, r.db.accounts.links, hash)
		}
	}
	return nil
}
