package store

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Passwords keeps the hashes of people's passwords.
func (tx *Tx) Passwords() ports.Passwords { return passwords{tx} }

// Sessions keeps who is signed in.
func (tx *Tx) Sessions() ports.Sessions { return sessions{tx} }

// Tokens keeps API tokens.
func (tx *Tx) Tokens() ports.Tokens { return tokens{tx} }

// Links keeps one-time rights.
func (tx *Tx) Links() ports.Links { return links{tx} }

type passwords struct{ tx *Tx }

func (p passwords) Set(ctx context.Context, user id.User, hash string, at time.Time) error {
	_, err := p.tx.Exec(ctx, `
		INSERT INTO password (user_id, hash, at) VALUES ($1, $2, $3)
		ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, at = excluded.at`,
		string(user), hash, micros(at))
	return err
}

func (p passwords) Of(ctx context.Context, user id.User) (string, error) {
	var hash string
	err := p.tx.Query(ctx, `SELECT hash FROM password WHERE user_id = $1`,
		func(scan engine.Scan) error { return scan(&hash) }, string(user))
	return hash, err
}

func (p passwords) Holders(ctx context.Context) ([]id.User, error) {
	var out []id.User
	err := p.tx.Query(ctx, `SELECT user_id FROM password ORDER BY user_id`, func(scan engine.Scan) error {
		var u id.User
		err := scan(&u)
		out = append(out, u)
		return err
	})
	return out, err
}

type sessions struct{ tx *Tx }

func (s sessions) Add(ctx context.Context, v directory.Session, now time.Time) error {
	for _, phone := range []bool{false, true} {
		unused, most := directory.SessionLife(phone)
		_, err := s.tx.Exec(ctx, `DELETE FROM session WHERE phone = $1 AND (seen_at <= $2 OR created_at <= $3)`,
			phone, micros(now.Add(-unused)), micros(now.Add(-most)))
		if err != nil {
			return err
		}
	}
	_, err := s.tx.Exec(ctx, `
		INSERT INTO session (id, user_id, phone, created_at, seen_at, address, agent)
		VALUES              ($1, $2,      $3,    $4,         $5,      $6,      $7)`,
		string(v.ID), string(v.User), v.Phone, micros(v.CreatedAt), micros(v.SeenAt), v.Address, v.Agent)
	return err
}

func (s sessions) Get(ctx context.Context, sid id.Session) (v directory.Session, ok bool, err error) {
	err = s.tx.Query(ctx, `
		SELECT id, user_id, phone, created_at, seen_at, address, agent
		FROM session WHERE id = $1`, func(scan engine.Scan) error {
		var created, seen int64
		err := scan(&v.ID, &v.User, &v.Phone, &created, &seen, &v.Address, &v.Agent)
		v.CreatedAt, v.SeenAt, ok = fromMicros(created), fromMicros(seen), true
		return err
	}, string(sid))
	return v, ok, err
}

func (s sessions) Touch(ctx context.Context, sid id.Session, at time.Time) error {
	_, err := s.tx.Exec(ctx, `UPDATE session SET seen_at = $2 WHERE id = $1`, string(sid), micros(at))
	return err
}

func (s sessions) End(ctx context.Context, sid id.Session) error {
	_, err := s.tx.Exec(ctx, `DELETE FROM session WHERE id = $1`, string(sid))
	return err
}

func (s sessions) EndOf(ctx context.Context, user id.User) error {
	_, err := s.tx.Exec(ctx, `DELETE FROM session WHERE user_id = $1`, string(user))
	return err
}

type tokens struct{ tx *Tx }

const tokenColumns = `id, hash, name, role, user_id, created_at, expires_at, used_at`

func scanToken(scan engine.Scan) (t directory.Token, err error) {
	var created, expires, used int64
	err = scan(&t.ID, &t.Hash, &t.Name, &t.Role, &t.User, &created, &expires, &used)
	t.CreatedAt, t.ExpiresAt, t.UsedAt = fromMicros(created), fromMicros(expires), fromMicros(used)
	return t, err
}

func (k tokens) Add(ctx context.Context, t directory.Token) error {
	_, err := k.tx.Exec(ctx, `INSERT INTO api_token (`+tokenColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		string(t.ID), t.Hash, t.Name, string(t.Role), string(t.User), micros(t.CreatedAt), micros(t.ExpiresAt), micros(t.UsedAt))
	return err
}

func (k tokens) ByHash(ctx context.Context, hash string) (t directory.Token, ok bool, err error) {
	err = k.tx.Query(ctx, `SELECT `+tokenColumns+` FROM api_token WHERE hash = $1`, func(scan engine.Scan) (err error) {
		t, err = scanToken(scan)
		ok = true
		return err
	}, hash)
	return t, ok, err
}

func (k tokens) List(ctx context.Context) ([]directory.Token, error) {
	var out []directory.Token
	err := k.tx.Query(ctx, `SELECT `+tokenColumns+` FROM api_token ORDER BY created_at, id`, func(scan engine.Scan) error {
		t, err := scanToken(scan)
		out = append(out, t)
		return err
	})
	return out, err
}

func (k tokens) Touch(ctx context.Context, tid id.Token, at time.Time) error {
	_, err := k.tx.Exec(ctx, `UPDATE api_token SET used_at = $2 WHERE id = $1`, string(tid), micros(at))
	return err
}

func (k tokens) Revoke(ctx context.Context, tid id.Token) (bool, error) {
	n, err := k.tx.Exec(ctx, `DELETE FROM api_token WHERE id = $1`, string(tid))
	return n > 0, err
}

type links struct{ tx *Tx }

func (l links) Add(ctx context.Context, v directory.Link, now time.Time) error {
	if _, err := l.tx.Exec(ctx, `DELETE FROM link WHERE expires_at <= $1`, micros(now)); err != nil {
		return err
	}
	_, err := l.tx.Exec(ctx, `INSERT INTO link (hash, purpose, user_id, expires_at) VALUES ($1, $2, $3, $4)`,
		v.Hash, string(v.Purpose), string(v.User), micros(v.ExpiresAt))
	return err
}

// Take deletes first: of two that come at once, one finds the row gone.
func (l links) Take(ctx context.Context, hash string, now time.Time) (v directory.Link, ok bool, err error) {
	err = l.tx.Query(ctx, `
		DELETE FROM link WHERE hash = $1 AND expires_at > $2
		RETURNING hash, purpose, user_id, expires_at`, func(scan engine.Scan) error {
		var expires int64
		err := scan(&v.Hash, &v.Purpose, &v.User, &expires)
		v.ExpiresAt, ok = fromMicros(expires), true
		return err
	}, hash, micros(now))
	return v, ok, err
}

func (l links) Waits(ctx context.Context, hash string, now time.Time) (waits bool, err error) {
	err = l.tx.Query(ctx, `SELECT hash FROM link WHERE hash = $1 AND expires_at > $2`, func(scan engine.Scan) error {
		waits = true
		return scan(&hash)
	}, hash, micros(now))
	return waits, err
}

func (l links) Drop(ctx context.Context, p directory.LinkPurpose, user id.User) error {
	_, err := l.tx.Exec(ctx, `DELETE FROM link WHERE purpose = $1 AND user_id = $2`, string(p), string(user))
	return err
}
