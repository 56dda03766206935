package memory

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Timers finds what is due.
func (tx *Tx) Timers() ports.Timers { return timers{tx} }

type timers struct{ *Tx }

func (r timers) Claim(_ context.Context, kinds []incident.TimerKind, now time.Time, limit int) ([]incident.Timer, error) {
	return r.due(kinds, now, limit, func(t incident.Timer) bool { _, ok := r.db.incidents[t.Incident]; return ok })
}

func (r timers) Due(_ context.Context, kinds []incident.TimerKind, now time.Time, limit int) ([]incident.Timer, error) {
	return r.due(kinds, now, limit, func(incident.Timer) bool { return true })
}

func (r timers) due(kinds []incident.TimerKind, now time.Time, limit int, want func(incident.Timer) bool) ([]incident.Timer, error) {
	var out []incident.Timer
	for _, t := range r.db.timers {
		if !t.DueAt.After(now) && slices.Contains(kinds, t.Kind) && want(t) {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b incident.Timer) int {
		return cmp.Or(a.DueAt.Compare(b.DueAt), cmp.Compare(a.Incident, b.Incident), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Subject, b.Subject))
	})
	return out[:min(limit, len(out))], nil
}

func (r timers) Set(_ context.Context, timers []incident.Timer) error {
	for _, t := range timers {
		r.setTimer(t)
	}
	return nil
}

func (tx *Tx) setTimer(t incident.Timer) {
	put(tx, tx.db.timers, timerKey{t.Incident, t.Kind, t.Subject}, t)
}

func (r timers) Cancel(_ context.Context, timers []incident.Timer) error {
	for _, t := range timers {
		if k := (timerKey{t.Incident, t.Kind, t.Subject}); t.Generation == 0 || r.db.timers[k].Generation == t.Generation {
			drop(r.Tx, r.db.timers, k)
		}
	}
	return nil
}

func (r timers) PutOff(_ context.Context, timers []incident.Timer, until time.Time) error {
	for _, t := range timers {
		if old, ok := r.db.timers[timerKey{t.Incident, t.Kind, t.Subject}]; ok && old.Generation == t.Generation {
			old.DueAt = until
			r.setTimer(old)
		}
	}
	return nil
}

// Uptime knows for how long intake was down.
func (tx *Tx) Uptime() ports.Uptime { return uptime{tx} }

type uptime struct{ *Tx }

func (r uptime) Beat(_ context.Context, now time.Time, maxGap time.Duration, kinds []incident.TimerKind) (gap time.Duration, since time.Time, err error) {
	last := r.db.beat
	if !now.After(last) {
		return 0, r.db.upSince, nil
	}
	assign(r.Tx, &r.db.beat, now)
	gap = now.Sub(last)
	if !last.IsZero() && gap <= maxGap {
		return 0, r.db.upSince, nil
	}
	assign(r.Tx, &r.db.upSince, now)
	if last.IsZero() {
		return 0, now, nil
	}
	for _, t := range r.db.timers {
		if slices.Contains(kinds, t.Kind) {
			t.DueAt = t.DueAt.Add(gap)
			r.setTimer(t)
		}
	}
	return gap, now, nil
}

// Auditor looks for what must not be.
func (tx *Tx) Auditor() ports.Auditor { return auditor{tx} }

type auditor struct{ *Tx }

func (r auditor) Orphans(_ context.Context, limit int) ([]id.Incident, error) {
	future := map[id.Incident]bool{}
	for k := range r.db.timers {
		future[k.incident] = true
	}
	for _, d := range r.db.deliveries {
		future[d.Page.Incident] = future[d.Page.Incident] || d.Status == notification.Waiting || d.Status == notification.Sending
	}
	var out []id.Incident
	for n, s := range r.db.incidents {
		if s.Status != incident.Resolved() && !future[n] && n != id.Probe {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out[:min(limit, len(out))], nil
}

func (r auditor) Planned(_ context.Context, after id.Incident, limit int) ([]ports.Planned, error) {
	rows := map[id.Incident][]incident.Timer{}
	for k, t := range r.db.timers {
		if k.subject == "" {
			rows[k.incident] = append(rows[k.incident], t)
		}
	}
	var out []ports.Planned
	for n, s := range r.db.incidents {
		if s.Status != incident.Resolved() && n > after {
			out = append(out, ports.Planned{Incident: n, State: s.Timers, Rows: rows[n]})
		}
	}
	slices.SortFunc(out, func(a, b ports.Planned) int { return cmp.Compare(a.Incident, b.Incident) })
	return out[:min(limit, len(out))], nil
}

// Leases lets one replica at a time do something.
func (tx *Tx) Leases() ports.Leases { return leases{tx} }

type leases struct{ *Tx }

func (r leases) Take(_ context.Context, name, holder string, now, until time.Time) (bool, error) {
	if l, ok := r.db.leases[name]; ok && l.holder != holder && l.until.After(now) && !l.until.After(until.Add(ports.LeaseAhead)) {
		return false, nil
	}
	put(r.Tx, r.db.leases, name, lease{holder, until})
	return true, nil
}

var (
	_ ports.Timers  = timers{}
	_ ports.Uptime  = uptime{}
	_ ports.Auditor = auditor{}
	_ ports.Leases  = leases{}
)

var _ ports.TimerPeek = (*DB)(nil)

// AnyDue says whether a timer of these kinds is due.
func (db *DB) AnyDue(_ context.Context, kinds []incident.TimerKind, now time.Time) (bool, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, t := range db.timers {
		if !t.DueAt.After(now) && slices.Contains(kinds, t.Kind) {
			return true, nil
		}
	}
	return false, nil
}
