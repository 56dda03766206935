package store

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
)

// Doubts are the ways in which the database as it is set up may lose what it has committed.
func (db *DB) Doubts(ctx context.Context) ([]engine.Doubt, error) {
	if d, ok := db.engine.(engine.Doubter); ok {
		return d.Doubts(ctx)
	}
	return nil, nil
}
