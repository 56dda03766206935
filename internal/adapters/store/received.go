package store

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Received reads what integrations sent.
func (db *DB) Received() insight.Received { return received{db} }

type received struct{ db *DB }

const firingOf = `
	SELECT ` + alertColumns + `
	FROM alert a WHERE a.integration = $1 AND a.firing
	ORDER BY a.fingerprint LIMIT $2`

func (r received) FiringOf(ctx context.Context, i id.Integration, limit int) (out []alert.Alert, err error) {
	err = r.db.read(ctx, func(tx *Tx) error {
		out, err = tx.alerts(ctx, firingOf, string(i), limit)
		return err
	})
	return out, err
}

func (r received) Alert(ctx context.Context, k alert.Key) (a alert.Alert, err error) {
	err = r.db.read(ctx, func(tx *Tx) error {
		found, err := tx.Alerts().Find(ctx, []alert.Key{k})
		if err != nil {
			return err
		}
		var ok bool
		if a, ok = found[k]; !ok {
			return fault.NotFound("alert", k.Fingerprint)
		}
		return nil
	})
	return a, err
}

var _ insight.Received = received{}
