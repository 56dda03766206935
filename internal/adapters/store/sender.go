package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Senders knows who sends again and again.
func (tx *Tx) Senders() ports.Senders { return senders{tx} }

type senders struct{ tx *Tx }

var findSenders = engine.Over(`
	SELECT s.integration, s.host, s.since_at, s.last_at
	FROM {rows integration text, host text} AS k
	JOIN sender s ON s.integration = k.integration AND s.host = k.host`)

func (r senders) Find(ctx context.Context, list []alert.Sender) (map[alert.Sender]alert.Run, error) {
	b := findSenders.Rows(len(list))
	for _, s := range list {
		b.Add(string(s.Integration), s.Host)
	}
	out := make(map[alert.Sender]alert.Run, len(list))
	err := r.tx.QueryRows(ctx, b, func(scan engine.Scan) error {
		var s alert.Sender
		var since, last int64
		err := scan(&s.Integration, &s.Host, &since, &last)
		out[s] = alert.Run{Since: fromMicros(since), Last: fromMicros(last)}
		return err
	})
	return out, err
}

var saveSender = engine.Insert("sender", `integration text, host text, since_at bigint, last_at bigint`,
	`ON CONFLICT (integration, host) DO UPDATE SET since_at = excluded.since_at, last_at = excluded.last_at`)

func (r senders) Save(ctx context.Context, runs map[alert.Sender]alert.Run) error {
	b := saveSender.Rows(len(runs))
	for _, s := range slices.SortedFunc(maps.Keys(runs), func(a, b alert.Sender) int { // always in one order
		return cmp.Or(cmp.Compare(a.Integration, b.Integration), cmp.Compare(a.Host, b.Host))
	}) {
		b.Add(string(s.Integration), s.Host, micros(runs[s].Since), micros(runs[s].Last))
	}
	return r.tx.Send(ctx, b)
}

const (
	oldSenders    = `SELECT last_at FROM sender WHERE last_at < $1 ORDER BY last_at LIMIT $2`
	forgetSenders = `DELETE FROM sender WHERE last_at <= $1`
)

func (r senders) Forget(ctx context.Context, before time.Time, limit int) (int, error) {
	return r.tx.forget(ctx, oldSenders, forgetSenders, before, limit)
}

var _ ports.Senders = senders{}
