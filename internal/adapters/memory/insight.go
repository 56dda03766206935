package memory

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Insight reads what people look at.
func (db *DB) Insight() insight.Reader { return reader{db} }

type reader struct{ db *DB }

func (r reader) List(_ context.Context, f insight.Filter) ([]incident.State, error) {
	r.db.mu.Lock()
	defer r.db.mu.Unlock()
	var out []incident.State
	for _, s := range r.db.incidents {
		if r.matches(&f, &s) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b incident.State) int { return compare(f.Order, &a, &b) })
	return out[:min(f.Limit, len(out))], nil
}

func compare(o insight.Order, a, b *incident.State) int {
	c := cmp.Or(a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.Number, b.Number))
	if o == insight.Oldest {
		return c
	}
	return -c
}

func (r reader) matches(f *insight.Filter, s *incident.State) bool {
	return s.Number != id.Probe && r.owned(f, s) &&
		(len(f.Statuses) == 0 || slices.Contains(f.Statuses, s.Status)) &&
		(f.Priority == 0 || f.Priority == s.Priority) &&
		(f.Severity == nil || *f.Severity == s.Severity) &&
		(f.Environment == "" || f.Environment == s.Environment) &&
		opened(f, s) && ended(f, s) && r.answers(f, s) && strings.Contains(searchText(s), f.Search)
}

// opened looks at when it was opened, and at the page of the list.
func opened(f *insight.Filter, s *incident.State) bool {
	after := &incident.State{}
	if f.After != nil {
		after.OpenedAt, after.Number = f.After.OpenedAt, f.After.Number
	}
	return (f.Since.IsZero() || !s.OpenedAt.Before(f.Since)) && (f.Until.IsZero() || s.OpenedAt.Before(f.Until)) &&
		(f.After == nil || compare(f.Order, after, s) < 0)
}

// ended looks at when it was over.
func ended(f *insight.Filter, s *incident.State) bool {
	if !f.ByEnd() {
		return true
	}
	_, over := s.Lasted()
	return over && !s.ResolvedAt.Before(f.EndedSince) && (f.EndedUntil.IsZero() || s.ResolvedAt.Before(f.EndedUntil))
}

// owned looks at service, team and assignee, by id or by name.
func (r reader) owned(f *insight.Filter, s *incident.State) bool {
	var assignee string
	if u, ok := r.db.directory.UserByEmail(f.Assignee); ok {
		assignee = string(u.ID)
	}
	var team string
	for _, t := range r.db.directory.Teams {
		if t.Name == f.Team {
			team = string(t.ID)
		}
	}
	is := func(want, id, resolved string) bool {
		return want == "" || want == id || resolved != "" && resolved == id
	}
	service := ""
	if svc, ok := r.db.directory.ServiceByName(f.Service); ok {
		service = string(svc.ID)
	}
	return is(f.Service, string(s.Service), service) && is(f.Team, string(s.Team), team) && is(f.Assignee, s.Assignee.ID, assignee)
}

func searchText(s *incident.State) string {
	parts := []string{s.Number.String(), s.Title, s.ServiceName, s.Environment}
	for _, v := range s.Source.Labels {
		parts = append(parts, v)
	}
	return strings.ToLower(strings.Join(parts, "\n"))
}

func (r reader) Show(_ context.Context, ref string) (insight.Incident, error) {
	r.db.mu.Lock()
	defer r.db.mu.Unlock()
	tx := &Tx{db: r.db}
	n, ok := incidents{tx}.find([]string{ref})[ref]
	if !ok {
		return insight.Incident{}, fault.NotFound("incident", ref)
	}
	out := insight.Incident{State: r.db.incidents[n], Timeline: slices.Clone(r.db.timeline[n])}
	out.Alerts = tx.alertsOf(func(a alert.Alert) bool { return a.Incident == n })
	for key, p := range r.db.pages {
		if key.Incident == n {
			p.Deliveries = r.deliveries(key)
			out.Pages = append(out.Pages, p)
		}
	}
	slices.SortFunc(out.Pages, func(a, b notification.Page) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Round, b.Round), cmp.Compare(a.Pass, b.Pass), cmp.Compare(a.Level, b.Level), cmp.Compare(a.Recipient.ID, b.Recipient.ID))
	})
	return out, nil
}

func (r reader) deliveries(of notification.PageKey) []notification.Delivery {
	var out []notification.Delivery
	for _, d := range r.db.deliveries {
		if d.Page == of {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b notification.Delivery) int {
		return cmp.Or(cmp.Compare(a.Step, b.Step), cmp.Compare(a.ID, b.ID))
	})
	return out
}

func (r reader) Quarantined(_ context.Context, before time.Time, limit int) ([]alert.Quarantined, error) {
	r.db.mu.Lock()
	defer r.db.mu.Unlock()
	var out []alert.Quarantined
	for _, q := range r.db.quarantine {
		if before.IsZero() || q.At.Before(before) {
			out = append(out, q)
		}
	}
	slices.SortFunc(out, func(a, b alert.Quarantined) int { return -cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return out[:min(limit, len(out))], nil
}

func (r reader) Counts(context.Context) ([]insight.Count, error) {
	r.db.mu.Lock()
	defer r.db.mu.Unlock()
	counts := map[insight.Count]int{}
	for _, s := range r.db.incidents {
		if s.Status == incident.Resolved() || s.Number == id.Probe {
			continue
		}
		name := string(s.Service)
		if svc, ok := r.db.directory.Services[s.Service]; ok {
			name = svc.Name
		}
		counts[insight.Count{Service: name, Environment: s.Environment, Severity: s.Severity, Status: s.Status}]++
	}
	out := make([]insight.Count, 0, len(counts))
	for c, n := range counts {
		c.Incidents = n
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b insight.Count) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Environment, b.Environment),
			cmp.Compare(a.Severity.Rank(), b.Severity.Rank()), cmp.Compare(a.Status.String(), b.Status.String()))
	})
	return out, nil
}

var _ insight.Reader = reader{}
