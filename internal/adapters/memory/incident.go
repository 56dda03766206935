package memory

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Incidents changes incidents.
func (tx *Tx) Incidents() ports.Incidents { return incidents{tx} }

type incidents struct{ *Tx }

func (r incidents) Reserve(_ context.Context, n int) ([]id.Incident, error) {
	out := make([]id.Incident, n)
	for i := range out {
		out[i] = id.Incident(r.next("incident_number"))
	}
	return out, nil
}

func (r incidents) Find(_ context.Context, refs []string) (map[string]id.Incident, error) {
	out := r.find(refs)
	for ref, n := range out {
		for r.db.incidents[n].MergedInto.Number != 0 {
			n = r.db.incidents[n].MergedInto.Number
		}
		out[ref] = n
	}
	return out, nil
}

// find is Find without a look at what was merged.
func (r incidents) find(refs []string) map[string]id.Incident {
	out := make(map[string]id.Incident, len(refs))
	for _, ref := range refs {
		n := r.db.byID[ref]
		if v, err := strconv.ParseInt(strings.TrimPrefix(ref, "#"), 10, 64); err == nil {
			n = id.Incident(v)
		}
		if _, ok := r.db.incidents[n]; ok {
			out[ref] = n
		}
	}
	return out
}

func (r incidents) Lock(_ context.Context, numbers []id.Incident) (map[id.Incident]incident.State, error) {
	out := make(map[id.Incident]incident.State, len(numbers))
	for _, n := range numbers {
		if s, ok := r.db.incidents[n]; ok {
			out[n] = s
		}
	}
	return out, nil
}

func (r incidents) Unresolved(_ context.Context, service id.Service) ([]id.Incident, error) {
	var out []id.Incident
	for n, s := range r.db.incidents {
		if s.Service == service && (s.Status != incident.Resolved() || s.Pending(incident.TimerGrace)) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out, nil
}

func (r incidents) Save(_ context.Context, changes []incident.Change) error {
	for i := range changes {
		if err := r.save(&changes[i]); err != nil {
			return err
		}
	}
	return nil
}

func (r incidents) save(c *incident.Change) error {
	s := c.State
	if s.Version != r.db.incidents[s.Number].Version {
		return fmt.Errorf("%w: incident %s", ports.ErrStale, s.Number)
	}
	known := s.Version > 0
	s.Version++
	s.Timers = slices.Clone(s.Timers)
	for i := range s.Timers {
		s.Timers[i].Incident = s.Number
	}
	put(r.Tx, r.db.incidents, s.Number, s)
	put(r.Tx, r.db.byID, s.ID, s.Number)
	entries := slices.Clone(r.db.timeline[s.Number])
	for _, e := range c.Entries {
		e.Incident, e.OpenedAt = s.Number, s.OpenedAt
		entries = append(entries, e)
	}
	put(r.Tx, r.db.timeline, s.Number, entries)
	for _, t := range c.Cancel {
		drop(r.Tx, r.db.timers, timerKey{s.Number, t.Kind, t.Subject})
	}
	for _, t := range c.Set {
		t.Incident = s.Number
		r.setTimer(t)
	}
	for _, key := range c.Point {
		put(r.Tx, r.db.correlation, key, s.Number)
	}
	if c.Stop && known {
		r.stop(s.Number, func(d notification.Delivery) bool {
			return d.Purpose != notification.PurposeUpdate || d.Page.Recipient.Kind != notification.ToChannel
		})
	}
	if len(c.StopFor) > 0 {
		r.stop(s.Number, func(d notification.Delivery) bool { return slices.Contains(c.StopFor, d.Page.Recipient) })
	}
	for i := range c.Pages {
		if err := r.page(c.Pages[i]); err != nil {
			return err
		}
	}
	if s.Number != id.Probe {
		r.feed(ports.Changed{Incident: s.Number, ID: s.ID, Version: s.Version, At: s.UpdatedAt})
	}
	return nil
}

func (r incidents) stop(n id.Incident, which func(notification.Delivery) bool) {
	for k, d := range r.db.deliveries {
		if d.Page.Incident == n && d.Status == notification.Waiting && which(d) {
			d.Status = notification.Cancelled
			put(r.Tx, r.db.deliveries, k, d)
		}
	}
}

func (r incidents) page(p notification.Page) error {
	if _, ok := r.db.pages[p.PageKey]; ok {
		return fmt.Errorf("%w: page %v is there already", ports.ErrStale, p.PageKey)
	}
	for _, d := range p.Deliveries {
		d.ID = r.next("delivery")
		put(r.Tx, r.db.deliveries, d.ID, d)
		if d.Status == notification.Waiting {
			r.wake(d)
		}
	}
	p.Deliveries, p.Since, p.Opened = nil, time.Time{}, time.Time{} // its deliveries are due by them
	put(r.Tx, r.db.pages, p.PageKey, p)
	return nil
}

// wake brings a lane's next look nearer, but not before its rest is over.
func (tx *Tx) wake(d notification.Delivery) {
	l, ok := tx.db.lanes[d.Lane]
	if !ok {
		l = lane{kind: d.Kind}
	} else if l.kind != d.Kind { // a channel may have become another since
		l.kind = d.Kind
		put(tx, tx.db.lanes, d.Lane, l)
	}
	at := d.DueAt
	if at.Before(d.CreatedAt) {
		at = d.CreatedAt // it is late: the lane's rest holds all the same
	}
	if !l.nextAt.IsZero() && !at.Before(l.nextAt) {
		return
	}
	l.nextAt = at
	if rest := l.notBefore.Sub(l.nextAt); rest > 0 && rest <= time.Second { // more is of a clock that was put back
		l.nextAt = l.notBefore
	}
	put(tx, tx.db.lanes, d.Lane, l)
}

// Correlations leads from correlation keys to incidents.
func (tx *Tx) Correlations() ports.Correlations { return correlations{tx} }

type correlations struct{ *Tx }

func (r correlations) Lock(_ context.Context, keys []string) (map[string]id.Incident, error) {
	out := make(map[string]id.Incident, len(keys))
	for _, k := range keys {
		out[k] = r.db.correlation[k]
	}
	return out, nil
}

func (r correlations) Of(_ context.Context, n id.Incident) ([]string, error) {
	var out []string
	for key, leads := range r.db.correlation {
		if leads == n {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out, nil
}

var (
	_ ports.Incidents    = incidents{}
	_ ports.Correlations = correlations{}
)
