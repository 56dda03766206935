package store

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Paging is whether anybody may be paged.
func (tx *Tx) Paging() ports.Paging { return paging{tx} }

type paging struct{ tx *Tx }

func (r paging) State(ctx context.Context) (incident.Paging, error) {
	var p incident.Paging
	err := r.tx.Query(ctx, `
		SELECT held, at, actor_kind, actor_id, actor_name, reason
		FROM paging ORDER BY seq DESC LIMIT 1`, func(scan engine.Scan) error {
		var at int64
		err := scan(&p.Held, &at, &p.By.Kind, &p.By.ID, &p.By.Name, &p.Reason)
		p.At = fromMicros(at)
		return err
	})
	return p, err
}

func (r paging) Set(ctx context.Context, p incident.Paging) error {
	_, err := r.tx.Exec(ctx, `
		INSERT INTO paging (at, held, actor_kind, actor_id, actor_name, reason) VALUES ($1, $2, $3, $4, $5, $6)`,
		micros(p.At), p.Held, string(p.By.Kind), p.By.ID, p.By.Name, p.Reason)
	return err
}

var _ ports.Paging = paging{}
