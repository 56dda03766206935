package store

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Usage counts what was sent.
func (db *DB) Usage() ports.Usage { return outbox{db} }

// usedByAll counts twice what two took.
const usedByAll = `
	SELECT kind, CASE taken.n WHEN 1 THEN provider ELSE provider_before END AS taker, recipient, count(*)
	FROM message CROSS JOIN (SELECT 1 AS n UNION ALL SELECT 2) AS taken
	WHERE kind {in $1} AND created_at >= $2 AND created_at < $3 AND (sent_at > 0 OR status IN ('sending', 'retrying'))
		AND (taken.n = 1 OR provider_before <> '')
	GROUP BY kind, taker, recipient`

func (o outbox) Used(ctx context.Context, kinds []string, from, until time.Time) ([]ports.Sum, error) {
	var out []ports.Sum
	err := o.db.read(ctx, func(tx *Tx) error {
		return tx.Query(ctx, usedByAll, func(scan engine.Scan) error {
			var s ports.Sum
			var recipient string
			err := scan(&s.Kind, &s.Provider, &recipient, &s.Messages)
			s.Recipient = recipientOf(recipient)
			out = append(out, s)
			return err
		}, kinds, micros(from), micros(until))
	})
	return out, err
}

var _ ports.Usage = outbox{}
