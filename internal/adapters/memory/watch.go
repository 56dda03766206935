package memory

import (
	"context"
	"maps"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Paging is whether anybody may be paged.
func (tx *Tx) Paging() ports.Paging { return paging{tx} }

type paging struct{ *Tx }

func (r paging) State(context.Context) (incident.Paging, error) { return r.db.paging, nil }

func (r paging) Set(_ context.Context, p incident.Paging) error {
	assign(r.Tx, &r.db.paging, p)
	return nil
}

// Pulses say when each part was last well.
func (tx *Tx) Pulses() ports.Pulses { return pulses{tx} }

type pulses struct{ *Tx }

func (r pulses) Beat(_ context.Context, name string, p ports.Pulse) error {
	put(r.Tx, r.db.pulses, name, p)
	return nil
}

func (r pulses) Last(context.Context) (map[string]ports.Pulse, error) {
	return maps.Clone(r.db.pulses), nil
}

// Probes are the traces of the synthetic alert.
func (tx *Tx) Probes() ports.Probes { return probes{tx} }

type probes struct{ *Tx }

func (r probes) Clear(context.Context) error {
	for did, d := range r.db.deliveries {
		if d.Page.Incident == id.Probe {
			drop(r.Tx, r.db.messages, d.Message)
			drop(r.Tx, r.db.deliveries, did)
		}
	}
	dropAll(r.Tx, r.db.pages, func(k notification.PageKey) bool { return k.Incident == id.Probe })
	dropAll(r.Tx, r.db.timers, func(k timerKey) bool { return k.incident == id.Probe })
	dropAll(r.Tx, r.db.alerts, func(k alert.Key) bool { return k.Integration == directory.ProbeIntegration })
	drop(r.Tx, r.db.byID, r.db.incidents[id.Probe].ID)
	drop(r.Tx, r.db.incidents, id.Probe)
	drop(r.Tx, r.db.timeline, id.Probe)
	drop(r.Tx, r.db.history, id.Probe)
	drop(r.Tx, r.db.lanes, directory.ProbeLane())
	return nil
}

func dropAll[K comparable, V any](tx *Tx, m map[K]V, which func(K) bool) {
	for k := range m {
		if which(k) {
			drop(tx, m, k)
		}
	}
}

func (r probes) Reached(context.Context) (time.Time, error) {
	for _, d := range r.db.deliveries {
		if m, ok := r.db.messages[d.Message]; ok && d.Page.Incident == id.Probe {
			return m.SentAt, nil
		}
	}
	return time.Time{}, nil
}

var (
	_ ports.Paging = paging{}
	_ ports.Pulses = pulses{}
	_ ports.Probes = probes{}
)
