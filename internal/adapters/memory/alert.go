package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Alerts keeps alerts.
func (tx *Tx) Alerts() ports.Alerts { return alerts{tx} }

type alerts struct{ *Tx }

func (r alerts) Find(_ context.Context, keys []alert.Key) (map[alert.Key]alert.Alert, error) {
	out := make(map[alert.Key]alert.Alert, len(keys))
	for _, k := range keys {
		if a, ok := r.db.alerts[k]; ok {
			out[k] = a
		}
	}
	return out, nil
}

func (r alerts) Firing(_ context.Context, incidents []id.Incident) ([]alert.Alert, error) {
	return r.alertsOf(func(a alert.Alert) bool { return a.Firing && slices.Contains(incidents, a.Incident) }), nil
}

func (tx *Tx) alertsOf(want func(alert.Alert) bool) []alert.Alert {
	var out []alert.Alert
	for _, a := range tx.db.alerts {
		if want(a) {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b alert.Alert) int {
		return cmp.Or(cmp.Compare(a.Incident, b.Incident), cmp.Compare(a.Integration, b.Integration), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	return out
}

func (r alerts) Save(_ context.Context, list []alert.Alert) error {
	for _, a := range list {
		if a.Version != r.db.alerts[a.Key].Version {
			return fmt.Errorf("%w: alert %v", ports.ErrStale, a.Key)
		}
		a.Version++
		put(r.Tx, r.db.alerts, a.Key, a)
	}
	return nil
}

func (r alerts) Record(_ context.Context, events []alert.Event) error {
	for _, e := range events {
		put(r.Tx, r.db.history, e.Incident, append(slices.Clip(r.db.history[e.Incident]), e))
	}
	return nil
}

func (r alerts) Move(_ context.Context, from, to id.Incident) error {
	for _, a := range r.alertsOf(func(a alert.Alert) bool { return a.Incident == from }) {
		a.Incident = to
		a.Version++
		put(r.Tx, r.db.alerts, a.Key, a)
	}
	return nil
}

// Quarantine keeps what cannot be an alert.
func (tx *Tx) Quarantine() ports.Quarantine { return quarantine{tx} }

type quarantine struct{ *Tx }

func (r quarantine) Add(_ context.Context, items []alert.Quarantined) error {
	for _, q := range items {
		put(r.Tx, r.db.quarantine, q.ID, q)
	}
	return nil
}

func (r quarantine) Dismiss(_ context.Context, ids []string) (int, error) {
	n := 0
	for _, q := range ids {
		if _, ok := r.db.quarantine[q]; ok {
			drop(r.Tx, r.db.quarantine, q)
			n++
		}
	}
	return n, nil
}

var (
	_ ports.Alerts     = alerts{}
	_ ports.Quarantine = quarantine{}
)
