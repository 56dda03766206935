package store

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Looks keeps how Alertmanagers were read.
func (tx *Tx) Looks() ports.Looks { return looks{tx} }

type looks struct{ tx *Tx }

func (r looks) All(ctx context.Context) (map[id.Integration]ports.Look, error) {
	out := make(map[id.Integration]ports.Look)
	err := r.tx.Query(ctx, `SELECT integration, at, good_at, error FROM look`, func(scan engine.Scan) error {
		var i id.Integration
		var l ports.Look
		var at, good int64
		err := scan(&i, &at, &good, &l.Error)
		l.At, l.Good = fromMicros(at), fromMicros(good)
		out[i] = l
		return err
	})
	return out, err
}

const noteLook = `
	INSERT INTO look (integration, at, good_at, error) VALUES ($1, $2, $3, $4)
	ON CONFLICT (integration) DO UPDATE SET at = excluded.at, good_at = excluded.good_at, error = excluded.error`

func (r looks) Note(ctx context.Context, i id.Integration, l ports.Look) error {
	_, err := r.tx.Exec(ctx, noteLook, string(i), micros(l.At), micros(l.Good), l.Error)
	return err
}

func (r looks) Forget(ctx context.Context, i id.Integration) error {
	_, err := r.tx.Exec(ctx, `DELETE FROM look WHERE integration = $1`, string(i))
	return err
}

// everyOne is above how many alerts there can be.
const everyOne = 1 << 40

func (r looks) Firing(ctx context.Context, i id.Integration) ([]alert.Alert, error) {
	return r.tx.alerts(ctx, firingOf, string(i), everyOne)
}

var _ ports.Looks = looks{}
