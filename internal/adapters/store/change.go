package store

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Changes is the feed of changes.
func (tx *Tx) Changes() ports.Changes { return changes{tx} }

type changes struct{ tx *Tx }

// seen leaves out what is not decided yet: on PostgreSQL a sequence's order is not that of commits, and what
// commits late would be lost between two looks. SQLite has one writer.
const seen = `{only postgres c.xid < CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)}{only sqlite c.xid = 0}`

// inOrder is said to SQLite by seq alone, which is its key.
const inOrder = `ORDER BY {only postgres c.xid, c.seq}{only sqlite c.seq}`

const tail = `
	SELECT c.xid, c.seq, c.incident, i.id, c.version, c.at
	FROM change c JOIN incident i ON i.number = c.incident
	WHERE {only postgres (c.xid, c.seq) > ($1, $2)}{only sqlite c.xid >= $1 AND c.seq > $2} AND ` + seen + `
	` + inOrder + ` LIMIT $3`

func (r changes) Tail(ctx context.Context, after ports.Place, limit int) ([]ports.Changed, error) {
	var out []ports.Changed
	err := r.tx.Query(ctx, tail, func(scan engine.Scan) error {
		var c ports.Changed
		var at int64
		err := scan(&c.Place.Tx, &c.Place.Seq, &c.Incident, &c.ID, &c.Version, &at)
		c.At = fromMicros(at)
		out = append(out, c)
		return err
	}, after.Tx, after.Seq, limit)
	return out, err
}

const newest = `
	SELECT c.xid, c.seq FROM change c WHERE ` + seen + `
	ORDER BY {only postgres c.xid DESC, c.seq DESC}{only sqlite c.seq DESC} LIMIT 1`

func (r changes) Newest(ctx context.Context) (p ports.Place, err error) {
	err = r.tx.Query(ctx, newest, func(scan engine.Scan) error { return scan(&p.Tx, &p.Seq) })
	return p, err
}

const holds = `SELECT EXISTS (SELECT 1 FROM change c WHERE c.xid = $1 AND c.seq = $2 AND ` + seen + `)`

func (r changes) Holds(ctx context.Context, p ports.Place) (ok bool, err error) {
	err = r.tx.Query(ctx, holds, func(scan engine.Scan) error { return scan(&ok) }, p.Tx, p.Seq)
	return ok, err
}

func (r changes) Directory(ctx context.Context) (version int64, err error) {
	err = r.tx.Query(ctx, `SELECT version FROM settings WHERE id = 1`, func(scan engine.Scan) error { return scan(&version) })
	return version, err
}

const (
	oldest = `SELECT c.xid, c.seq, c.at FROM change c WHERE ` + seen + ` ` + inOrder + ` LIMIT $1`
	prune  = `DELETE FROM change WHERE {only postgres (xid, seq) <= ($1, $2)}{only sqlite xid <= $1 AND seq <= $2}`
)

func (r changes) Prune(ctx context.Context, before time.Time, keep int64, limit int) (int, error) {
	last, err := r.Newest(ctx)
	if err != nil {
		return 0, err
	}
	var upTo ports.Place
	over := false
	err = r.tx.Query(ctx, oldest, func(scan engine.Scan) error {
		var p ports.Place
		var at int64
		err := scan(&p.Tx, &p.Seq, &at)
		over = over || p == last || at >= micros(before) && last.Seq-p.Seq < keep
		if !over {
			upTo = p
		}
		return err
	}, limit)
	if err != nil || upTo == (ports.Place{}) {
		return 0, err
	}
	n, err := r.tx.Exec(ctx, prune, upTo.Tx, upTo.Seq)
	return int(n), err
}

var _ ports.Changes = changes{}
