package store

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Heard says when integrations were heard of.
func (tx *Tx) Heard() ports.Heard { return hearings{tx} }

type hearings struct{ tx *Tx }

const noteHeard = `
	INSERT INTO heard (integration, first_at, last_at) VALUES ($1, $2, $2)
	ON CONFLICT (integration) DO UPDATE SET
		first_at = CASE WHEN excluded.first_at < heard.first_at THEN excluded.first_at ELSE heard.first_at END,
		last_at  = CASE WHEN excluded.last_at  > heard.last_at  THEN excluded.last_at  ELSE heard.last_at  END`

func (r hearings) Note(ctx context.Context, i id.Integration, at time.Time) error {
	_, err := r.tx.Exec(ctx, noteHeard, string(i), micros(at))
	return err
}

func (r hearings) All(ctx context.Context) (map[id.Integration]ports.Hearing, error) {
	out := make(map[id.Integration]ports.Hearing)
	err := r.tx.Query(ctx, `SELECT integration, first_at, last_at FROM heard`, func(scan engine.Scan) error {
		var i id.Integration
		var first, last int64
		err := scan(&i, &first, &last)
		out[i] = ports.Hearing{First: fromMicros(first), Last: fromMicros(last)}
		return err
	})
	return out, err
}

// Payloads keeps what webhooks received last.
func (tx *Tx) Payloads() ports.Payloads { return payloads{tx} }

type payloads struct{ tx *Tx }

const (
	keepPayload    = `INSERT INTO payload (integration, at, body) VALUES ($1, $2, $3) ON CONFLICT (integration, at) DO UPDATE SET body = excluded.body`
	forgetPayloads = `
	DELETE FROM payload WHERE integration = $1 AND at NOT IN
		(SELECT at FROM payload WHERE integration = $1 ORDER BY at DESC LIMIT $2)`
)

func (r payloads) Keep(ctx context.Context, i id.Integration, p ports.Payload, most int) error {
	if _, err := r.tx.Exec(ctx, keepPayload, string(i), micros(p.At), p.Body); err != nil {
		return err
	}
	_, err := r.tx.Exec(ctx, forgetPayloads, string(i), most)
	return err
}

func (r payloads) Last(ctx context.Context, i id.Integration) (out []ports.Payload, err error) {
	err = r.tx.Query(ctx, `SELECT at, body FROM payload WHERE integration = $1 ORDER BY at DESC`, func(scan engine.Scan) error {
		var at int64
		var p ports.Payload
		err := scan(&at, &p.Body)
		p.At = fromMicros(at)
		out = append(out, p)
		return err
	}, string(i))
	return out, err
}

var (
	_ ports.Heard    = hearings{}
	_ ports.Payloads = payloads{}
)
