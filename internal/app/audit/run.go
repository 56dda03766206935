// Package audit looks for incidents without a future and repairs them, loudly. It should never find one.
package audit

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Every is how often the audit runs, over all replicas.
const Every = 15 * time.Second

// most is how many orphans one run repairs, and for how many incidents it compares plan and rows; the next run
// goes on there.
const most = 500

// Repos is what the audit reads and writes in one transaction.
type Repos struct {
	Directory ports.Directory
	Incidents ports.Incidents
	Auditor   ports.Auditor
	Leases    ports.Leases
	Pulses    ports.Pulses
}

// Pulse is the name by which an audit says that it left nothing without a future.
const Pulse = "audit"

// Run is the audit.
type Run struct {
	Atomically ports.Atomically[Repos]
	Clock      ports.Clock
	Holder     string                          // this replica
	Committed  func(changes []incident.Change) // told after the commit; never blocks
	Done       func(Result)
	Passed     func() // told when it is another replica's turn

	after      id.Incident   // whose plan was compared last
	unreadable []id.Incident // as far as that was
}

// Result is what one audit saw and did.
type Result struct {
	Found      int           // incidents that had no future, or not the one that was planned
	Repaired   int           // of those
	Unreadable []id.Incident // of those: unresolved, and nothing can work on them. By number
	Took       time.Duration
}

// RunOnce looks and repairs, where it is this replica's turn; found is how many incidents had no future, or not
// the one that was planned, or cannot be read. It is for one goroutine.
func (u *Run) RunOnce(ctx context.Context) (found int, err error) {
	var changes []incident.Change
	var mine bool
	var f finding
	began := time.Now()
	err = u.Atomically(ctx, func(ctx context.Context, r Repos) error {
		changes, found = nil, 0
		now := u.Clock.Now()
		var err error
		if mine, err = r.Leases.Take(ctx, "audit", u.Holder, now, now.Add(Every-time.Second)); err != nil || !mine {
			return err
		}
		if f, err = u.look(ctx, r, now); err != nil {
			return err
		}
		found = len(f.all())
		if changes, err = repair(ctx, r, f, now); err != nil || len(changes) < found {
			return err // what cannot be repaired is still without a future
		}
		return r.Pulses.Beat(ctx, Pulse, ports.Pulse{At: now, Took: time.Since(began)})
	})
	switch {
	case err != nil:
		return 0, err
	case !mine:
		u.Passed()
		return 0, nil
	}
	u.after, u.unreadable = f.after, f.unreadable
	u.Committed(changes)
	u.Done(Result{Found: found, Repaired: len(changes), Unreadable: f.unreadable, Took: time.Since(began)})
	return found, nil
}

// finding is what one run has found.
type finding struct {
	orphans    []id.Incident
	lost       map[id.Incident][]incident.Timer // planned timers that nothing brings up in time, of those that are no orphans
	unreadable []id.Incident                    // whether orphans or not: also what earlier runs saw, where this one did not look
	after      id.Incident                      // where the next run goes on
}

// numbers are those that may be repaired.
func (f finding) numbers() []id.Incident {
	return slices.Sorted(slices.Values(slices.AppendSeq(slices.Clone(f.orphans), maps.Keys(f.lost))))
}

func (f finding) all() []id.Incident {
	return slices.Compact(slices.Sorted(slices.Values(append(f.numbers(), f.unreadable...))))
}

func (u *Run) look(ctx context.Context, r Repos, now time.Time) (finding, error) {
	f := finding{lost: make(map[id.Incident][]incident.Timer)}
	var err error
	if f.orphans, err = r.Auditor.Orphans(ctx, most); err != nil {
		return f, err
	}
	planned, err := r.Auditor.Planned(ctx, u.after, most)
	if len(planned) == most {
		f.after = planned[most-1].Incident
	}
	f.unreadable = slices.DeleteFunc(slices.Clone(u.unreadable), func(n id.Incident) bool { return n > u.after && (f.after == 0 || n <= f.after) })
	for _, p := range planned {
		if p.Unreadable != nil {
			f.unreadable = append(f.unreadable, p.Incident)
		}
		if lost := withoutRow(p, now); len(lost) > 0 && !slices.Contains(f.orphans, p.Incident) {
			f.lost[p.Incident] = lost
		}
	}
	slices.Sort(f.unreadable)
	return f, err
}

// withoutRow gives the planned timers that nothing would bring up in time: a row of another generation is not theirs.
func withoutRow(p ports.Planned, now time.Time) []incident.Timer {
	var lost []incident.Timer
	for _, t := range p.State {
		if !slices.ContainsFunc(p.Rows, func(r incident.Timer) bool {
			return r.Kind == t.Kind && r.Generation == t.Generation && t.BroughtUp(r.DueAt, now)
		}) {
			lost = append(lost, t)
		}
	}
	return lost
}

func repair(ctx context.Context, r Repos, found finding, now time.Time) ([]incident.Change, error) {
	numbers := found.numbers()
	if len(numbers) == 0 {
		return nil, nil
	}
	snap, err := r.Directory.Current(ctx)
	if err != nil {
		return nil, err
	}
	states, err := r.Incidents.Lock(ctx, numbers)
	if err != nil {
		states = readable(ctx, r, numbers)
	}
	var changes []incident.Change
	for _, n := range numbers {
		s, ok := states[n]
		ev := found.event(s)
		if !ok || s.Status == incident.Resolved() || ev == nil {
			continue
		}
		f := incident.NewFold(s)
		if err := f.Step(ev, incident.Input{Now: now, Rules: snap.RulesOf(s.Service), Roster: snap}); err != nil {
			return nil, err
		}
		changes = append(changes, f.Change())
	}
	if len(changes) == 0 {
		return nil, nil
	}
	return changes, r.Incidents.Save(ctx, changes)
}

// event says what to tell the incident, now that it is locked: nil where it has gone on meanwhile.
func (f finding) event(s incident.State) incident.Event {
	lost, ok := f.lost[s.Number]
	if !ok {
		return incident.Repaired{}
	}
	var kinds []incident.TimerKind
	for _, t := range lost {
		if s.PendingIs(t) {
			kinds = append(kinds, t.Kind)
		}
	}
	if len(kinds) == 0 {
		return nil
	}
	return incident.TimersLost{Kinds: kinds}
}

// readable gives the orphans one by one, without those that cannot be read: they stay orphans, and are counted
// as such by every run.
func readable(ctx context.Context, r Repos, orphans []id.Incident) map[id.Incident]incident.State {
	out := make(map[id.Incident]incident.State, len(orphans))
	for _, n := range orphans {
		if states, err := r.Incidents.Lock(ctx, []id.Incident{n}); err == nil {
			maps.Copy(out, states)
		}
	}
	return out
}
