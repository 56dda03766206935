package store

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Unresolved counts incidents that are not over.
func (tx *Tx) Unresolved() ports.Unresolved { return unresolved{tx} }

type unresolved struct{ tx *Tx }

const (
	unresolvedOfService  = `SELECT count(*) FROM listing WHERE service_id = $1 AND status < 2`
	unresolvedOfAssignee = `SELECT count(*) FROM listing WHERE assignee = $1 AND assignee <> '' AND status < 2`
)

func (r unresolved) OfService(ctx context.Context, s id.Service) (int, error) {
	return r.count(ctx, unresolvedOfService, string(s))
}

func (r unresolved) OfAssignee(ctx context.Context, u id.User) (int, error) {
	return r.count(ctx, unresolvedOfAssignee, string(u))
}

func (r unresolved) count(ctx context.Context, query, of string) (n int, err error) {
	err = r.tx.Query(ctx, query, func(scan engine.Scan) error { return scan(&n) }, of)
	return n, err
}

var _ ports.Unresolved = unresolved{}
