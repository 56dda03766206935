// Package escalate works the timers of incidents: acknowledgement timeouts, holds, reminders, expiries.
package escalate

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/failpoint"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Repos is what escalating reads and writes in one transaction.
type Repos struct {
	Directory ports.Directory
	Incidents ports.Incidents
	Timers    ports.Timers
	Paging    ports.Paging
}

// Run takes the steps that are due.
type Run struct {
	Peek       ports.TimerPeek
	Atomically ports.Atomically[Repos]
	Clock      ports.Clock
	Committed  func(changes []incident.Change) // told after the commit; never blocks
	Lag        func(kind incident.TimerKind, late time.Duration)
	// Stuck hears of timers that were put off because their incident cannot be read or decided.
	Stuck func(timers []incident.Timer, err error)
}

// Kinds are the timers that this worker takes; those that lead alerts to incidents are intake's.
func Kinds() []incident.TimerKind {
	return []incident.TimerKind{
		incident.TimerEscalate, incident.TimerHold, incident.TimerRepage, incident.TimerReminder, incident.TimerRetry,
		incident.TimerAckRemind, incident.TimerAckExpire, incident.TimerSnooze, incident.TimerStable, incident.TimerLook, incident.TimerSuppress,
	}
}

const batch = 100

// RunOnce works what is due now, at most a batch, in one transaction, and says how much that was: nothing while
// paging is held.
// Any replica may take any timer: the incident's lock orders them. Where one incident spoils the batch,
// each is worked by itself, and those that fail are put off.
func (u *Run) RunOnce(ctx context.Context) (int, error) {
	if some, err := u.Peek.AnyDue(ctx, Kinds(), u.Clock.Now()); err != nil || !some {
		return 0, err
	}
	n, err := u.run(ctx, func(ctx context.Context, r Repos, now time.Time) ([]incident.Timer, error) {
		return r.Timers.Claim(ctx, Kinds(), now, batch)
	})
	if err == nil || away(ctx, err) {
		return n, err
	}
	return u.eachAlone(ctx)
}

// away: the database does not answer, which is the fault of no incident.
func away(ctx context.Context, err error) bool {
	return ctx.Err() != nil || fault.Is(err, fault.KindUnavailable)
}

// take gives the timers that a transaction works.
type take func(ctx context.Context, r Repos, now time.Time) ([]incident.Timer, error)

func (u *Run) run(ctx context.Context, t take) (int, error) {
	var due []incident.Timer
	var changes []incident.Change
	var now time.Time
	err := u.Atomically(ctx, func(ctx context.Context, r Repos) error {
		now, due, changes = u.Clock.Now(), nil, nil
		paging, err := r.Paging.State(ctx)
		if err != nil || paging.Held {
			return err
		}
		if due, err = t(ctx, r, now); err != nil || len(due) == 0 {
			return err
		}
		changes, err = work(ctx, r, due, now)
		return err
	})
	if err != nil || len(due) == 0 {
		return 0, err
	}
	failpoint.Here(failpoint.TimersWorked)
	u.Committed(changes)
	for _, t := range due {
		u.Lag(t.Kind, now.Sub(t.DueAt))
	}
	return len(due), nil
}

// eachAlone works each incident's due timers in a transaction of its own.
func (u *Run) eachAlone(ctx context.Context) (int, error) {
	var due []incident.Timer
	err := u.Atomically(ctx, func(ctx context.Context, r Repos) (err error) {
		due, err = r.Timers.Due(ctx, Kinds(), u.Clock.Now(), batch)
		return err
	})
	if err != nil {
		return 0, err
	}
	of := make(map[id.Incident][]incident.Timer)
	for _, t := range due {
		of[t.Incident] = append(of[t.Incident], t)
	}
	for _, n := range numbersOf(due) {
		_, err := u.run(ctx, func(context.Context, Repos, time.Time) ([]incident.Timer, error) { return of[n], nil })
		if err != nil && !away(ctx, err) {
			u.Stuck(of[n], err)
			err = u.Atomically(ctx, func(ctx context.Context, r Repos) error {
				return r.Timers.PutOff(ctx, of[n], u.Clock.Now().Add(incident.PutOff))
			})
		}
		if err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

// work takes a step for every timer; several of one incident fold into one change.
func work(ctx context.Context, r Repos, due []incident.Timer, now time.Time) ([]incident.Change, error) {
	snap, err := r.Directory.Current(ctx)
	if err != nil {
		return nil, err
	}
	states, err := r.Incidents.Lock(ctx, numbersOf(due))
	if err != nil {
		return nil, err
	}
	folds := make(map[id.Incident]*incident.Fold, len(states))
	for n, s := range states {
		folds[n] = incident.NewFold(s)
	}
	var strays []incident.Timer // of incidents that are gone
	for _, t := range due {
		f := folds[t.Incident]
		if f == nil {
			strays = append(strays, t)
			continue
		}
		if err := f.Step(incident.TimerDue{Timer: t}, input(snap, f.State(), now)); err != nil {
			return nil, err
		}
	}
	if len(strays) > 0 {
		if err := r.Timers.Cancel(ctx, strays); err != nil {
			return nil, err
		}
	}
	changes := make([]incident.Change, 0, len(folds))
	for _, n := range slices.Sorted(maps.Keys(folds)) {
		changes = append(changes, folds[n].Change())
	}
	if len(changes) == 0 {
		return nil, nil
	}
	return changes, r.Incidents.Save(ctx, changes)
}

func input(snap *directory.Snapshot, s *incident.State, now time.Time) incident.Input {
	return incident.Input{Now: now, Rules: snap.RulesOf(s.Service), Roster: snap}
}

func numbersOf(timers []incident.Timer) []id.Incident {
	seen := make(map[id.Incident]bool, len(timers))
	out := make([]id.Incident, 0, len(timers))
	for _, t := range timers {
		if !seen[t.Incident] {
			seen[t.Incident] = true
			out = append(out, t.Incident)
		}
	}
	return out
}
