package store

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Secrets are keys of the server's own.
func (tx *Tx) Secrets() ports.Secrets { return secrets{tx} }

// Inbound is what providers have brought.
func (tx *Tx) Inbound() ports.Inbound { return inbound{tx} }

type secrets struct{ tx *Tx }

func (r secrets) Keep(ctx context.Context, name, fresh string) (string, error) {
	if _, err := r.tx.Exec(ctx, `INSERT INTO secret (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, name, fresh); err != nil {
		return "", err
	}
	return r.Get(ctx, name)
}

func (r secrets) Get(ctx context.Context, name string) (value string, err error) {
	err = r.tx.Query(ctx, `SELECT value FROM secret WHERE name = $1`, func(scan engine.Scan) error { return scan(&value) }, name)
	return value, err
}

func (r secrets) Set(ctx context.Context, name, value string) error {
	_, err := r.tx.Exec(ctx, `INSERT INTO secret (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

type inbound struct{ tx *Tx }

func (r inbound) Take(ctx context.Context, key string, now, until time.Time) (mine, done bool, err error) {
	n, err := r.tx.Exec(ctx, `
		INSERT INTO inbound (key, until_at, done) VALUES ($1, $2, FALSE)
		ON CONFLICT (key) DO UPDATE SET until_at = excluded.until_at WHERE NOT inbound.done AND inbound.until_at <= $3`,
		key, micros(until), micros(now))
	if err != nil || n == 1 {
		return n == 1, false, err
	}
	err = r.tx.Query(ctx, `SELECT done FROM inbound WHERE key = $1`, func(scan engine.Scan) error { return scan(&done) }, key)
	return false, done, err
}

func (r inbound) Done(ctx context.Context, key string) error {
	_, err := r.tx.Exec(ctx, `UPDATE inbound SET done = TRUE WHERE key = $1`, key)
	return err
}

const (
	oldInbound    = `SELECT until_at FROM inbound WHERE until_at < $1 ORDER BY until_at LIMIT $2`
	forgetInbound = `DELETE FROM inbound WHERE until_at <= $1`
)

func (r inbound) Forget(ctx context.Context, before time.Time, limit int) (int, error) {
	return r.tx.forget(ctx, oldInbound, forgetInbound, before, limit)
}

// forget removes what old gives the moments of, up to the last one that it gives.
func (tx *Tx) forget(ctx context.Context, old, remove string, before time.Time, limit int) (int, error) {
	found, upTo := false, int64(0)
	err := tx.Query(ctx, old, func(scan engine.Scan) error {
		found = true
		return scan(&upTo)
	}, micros(before), limit)
	if err != nil || !found {
		return 0, err
	}
	n, err := tx.Exec(ctx, remove, upTo)
	return int(n), err
}

var (
	_ ports.Secrets = secrets{}
	_ ports.Inbound = inbound{}
)
