package memory

import (
	"cmp"
	"context"
	"slices"

	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Received reads what integrations sent.
func (db *DB) Received() insight.Received { return received{db} }

type received struct{ db *DB }

func (r received) FiringOf(_ context.Context, i id.Integration, limit int) ([]alert.Alert, error) {
	r.db.mu.Lock()
	defer r.db.mu.Unlock()
	var out []alert.Alert
	for _, a := range r.db.alerts {
		if a.Integration == i && a.Firing {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b alert.Alert) int { return cmp.Compare(a.Fingerprint, b.Fingerprint) })
	return out[:min(limit, len(out))], nil
}

func (r received) Alert(_ context.Context, k alert.Key) (alert.Alert, error) {
	r.db.mu.Lock()
	defer r.db.mu.Unlock()
	a, ok := r.db.alerts[k]
	if !ok {
		return a, fault.NotFound("alert", k.Fingerprint)
	}
	return a, nil
}

var _ insight.Received = received{}
