package store

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Linked knows who people are at providers.
func (tx *Tx) Linked() ports.Linked { return linked{tx} }

type linked struct{ tx *Tx }

func (r linked) User(ctx context.Context, kind, external string) (user id.User, ok bool, err error) {
	err = r.tx.Query(ctx, `SELECT user_id FROM linked WHERE kind = $1 AND id = $2`, func(scan engine.Scan) error {
		ok = true
		return scan(&user)
	}, kind, external)
	return user, ok, err
}

func (r linked) Of(ctx context.Context, user id.User) (out []directory.Linked, err error) {
	err = r.tx.Query(ctx, `SELECT kind, id, name, at FROM linked WHERE user_id = $1 ORDER BY kind, id`, func(scan engine.Scan) error {
		l, at := directory.Linked{User: user}, int64(0)
		err := scan(&l.Kind, &l.ID, &l.Name, &at)
		l.At = fromMicros(at)
		out = append(out, l)
		return err
	}, string(user))
	return out, err
}

func (r linked) Put(ctx context.Context, l directory.Linked) error {
	_, err := r.tx.Exec(ctx, `
		INSERT INTO linked (kind, id, user_id, name, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (kind, id) DO UPDATE SET user_id = excluded.user_id, name = excluded.name, at = excluded.at`,
		l.Kind, l.ID, string(l.User), l.Name, micros(l.At))
	return err
}

func (r linked) Remove(ctx context.Context, user id.User, kind, external string) (bool, error) {
	n, err := r.tx.Exec(ctx, `DELETE FROM linked WHERE kind = $1 AND id = $2 AND user_id = $3`, kind, external, string(user))
	return n > 0, err
}

var _ ports.Linked = linked{}
