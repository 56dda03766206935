package memory

import (
	"context"
	"maps"
	"slices"
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

// Payloads keeps what webhooks received last.
func (tx *Tx) Payloads() ports.Payloads { return payloads{tx} }

type payloads struct{ *Tx }

func (r payloads) Keep(_ context.Context, i id.Integration, p ports.Payload, most int) error {
	list := slices.DeleteFunc(slices.Clone(r.db.payloads[i]), func(x ports.Payload) bool { return x.At.Equal(p.At) })
	list = append(list, p)
	slices.SortFunc(list, func(a, b ports.Payload) int { return b.At.Compare(a.At) })
	put(r.Tx, r.db.payloads, i, list[:min(most, len(list))])
	return nil
}

func (r payloads) Last(_ context.Context, i id.Integration) ([]ports.Payload, error) {
	return slices.Clone(r.db.payloads[i]), nil
}

var (
	_ ports.Heard    = hearings{}
	_ ports.Payloads = payloads{}
)
