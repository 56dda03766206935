package store

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Auditor looks for what must not be.
func (tx *Tx) Auditor() ports.Auditor { return auditor{tx} }

type auditor struct{ tx *Tx }

// orphans merges two indexes in order, which is all that is quick enough for 100,000 open incidents;
// deliveries are looked at only for those without a timer.
const orphans = `
	SELECT o.number
	FROM (SELECT number FROM listing WHERE status < 2 EXCEPT SELECT incident FROM timer) AS o
	WHERE NOT EXISTS (SELECT 1 FROM delivery d WHERE d.incident = o.number AND d.status IN ('waiting', 'sending'))
	ORDER BY o.number
	LIMIT $1`

func (r auditor) Orphans(ctx context.Context, limit int) ([]id.Incident, error) {
	return r.tx.numbers(ctx, orphans, limit)
}

// Leases lets one replica at a time do something.
func (tx *Tx) Leases() ports.Leases { return leases{tx} }

type leases struct{ tx *Tx }

func (r leases) Take(ctx context.Context, name, holder string, now, until time.Time) (bool, error) {
	n, err := r.tx.Exec(ctx, `
		INSERT INTO lease (name, holder, until_at) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_at = excluded.until_at
		WHERE lease.holder = excluded.holder OR lease.until_at <= $4`, name, holder, micros(until), micros(now))
	return n == 1, err
}

var (
	_ ports.Auditor = auditor{}
	_ ports.Leases  = leases{}
)
