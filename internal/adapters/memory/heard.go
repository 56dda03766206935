package memory

import (
	"context"
	"maps"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Heard says when integrations were heard of.
func (tx *Tx) Heard() ports.Heard { return hearings{tx} }

type hearings struct{ *Tx }

func (r hearings) Note(_ context.Context, i id.Integration, at time.Time) error {
	h, known := r.db.heard[i]
	if !known || at.Before(h.First) {
		h.First = at
	}
	if at.After(h.Last) {
		h.Last = at
	}
	put(r.Tx, r.db.heard, i, h)
	return nil
}

func (r hearings) All(context.Context) (map[id.Integration]ports.Hearing, error) {
	return maps.Clone(r.db.heard), nil
}

var _ ports.Heard = hearings{}
