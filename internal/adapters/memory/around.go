package memory

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// Around reads what stands beside an incident.
func (db *DB) Around() insight.Around { return reader{db} }

func (r reader) Similar(_ context.Context, s *incident.State, since time.Time, limit int) ([]insight.Past, error) {
	name := s.Source.Labels["alertname"]
	var out []insight.Past
	r.newestFirst(func(o *incident.State) {
		if name == "" || o.Number == s.Number || o.Service != s.Service || o.Source.Labels["alertname"] != name || o.OpenedAt.Before(since) || o.OpenedAt.After(s.OpenedAt) {
			return
		}
		out = append(out, insight.Past{
			Number: o.Number, ID: o.ID, Title: o.Title, Status: o.Status, OpenedAt: o.OpenedAt, AckedAt: o.AckedAt,
			ResolvedAt: o.ResolvedAt, ResolvedBy: o.ResolvedBy, Assignee: o.Assignee, Merged: o.MergedInto.Number != 0,
		})
	})
	return out[:min(limit, len(out))], nil
}

func (r reader) Unresolved(_ context.Context, since time.Time, limit int) ([]insight.Opened, error) {
	var out []insight.Opened
	r.newestFirst(func(o *incident.State) {
		if o.Status != incident.Resolved() && !o.Severity.Quiet() && !o.OpenedAt.Before(since) {
			out = append(out, insight.Opened{Number: o.Number, At: o.OpenedAt, Service: o.Service})
		}
	})
	return out[:min(limit, len(out))], nil
}

func (r reader) FiringIn(_ context.Context, numbers []id.Incident, limit int) ([]alert.Alert, error) {
	r.db.mu.Lock()
	defer r.db.mu.Unlock()
	tx := &Tx{db: r.db}
	out := tx.alertsOf(func(a alert.Alert) bool { return a.Firing && slices.Contains(numbers, a.Incident) })
	return out[:min(limit, len(out))], nil
}

// newestFirst goes through all incidents that people see.
func (r reader) newestFirst(do func(*incident.State)) {
	r.db.mu.Lock()
	defer r.db.mu.Unlock()
	var all []incident.State
	for _, s := range r.db.incidents {
		if s.Number != id.Probe {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b incident.State) int {
		return -cmp.Or(a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.Number, b.Number))
	})
	for i := range all {
		do(&all[i])
	}
}

var _ insight.Around = reader{}
