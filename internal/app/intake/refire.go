package intake

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// Refire brings alerts back by time alone: doubt that nothing cancelled, grace after a person's resolve, a sign of
// life that did not come; and it ends what fired by doubt and fell silent, or what its sender does not send any more.
type Refire struct {
	deps Deps
	up   *Uptime
}

// NewRefire makes the use case.
func NewRefire(d Deps, up *Uptime) *Refire {
	if d.Stuck == nil {
		d.Stuck = func([]incident.Timer, error) {}
	}
	return &Refire{d, up}
}

// RefireKinds are the timers that Refire works; the escalation worker has the others.
func RefireKinds() []incident.TimerKind {
	return []incident.TimerKind{incident.TimerGrace, incident.TimerDoubt, incident.TimerStale, incident.TimerLease, incident.TimerMissing}
}

const refireBatch = 100

// RunOnce works what is due now, at most a batch, and says how much that was.
func (u *Refire) RunOnce(ctx context.Context) (int, error) {
	if some, err := u.deps.Peek.AnyDue(ctx, RefireKinds(), u.deps.Clock.Now()); err != nil || !some {
		return 0, err
	}
	// Before anything is due, the time in which nobody could be heard is added: the database may have been away.
	if _, err := u.up.RunOnce(ctx); err != nil {
		return 0, err
	}
	n, err := u.run(ctx, nil)
	if err == nil || blameless(ctx, err) {
		return n, err
	}
	return u.eachAlone(ctx)
}

// blameless: it is stopped, or the database is away or busy, which is no fault of what is worked.
func blameless(ctx context.Context, err error) bool {
	return ctx.Err() != nil || fault.Is(err, fault.KindUnavailable)
}

// run works the one timer, or all that are due.
func (u *Refire) run(ctx context.Context, one *incident.Timer) (int, error) {
	worked := 0
	var changes []incident.Change
	err := u.deps.Atomically(ctx, func(ctx context.Context, r Repos) error {
		now := u.deps.Clock.Now()
		due, err := r.Timers.Due(ctx, RefireKinds(), now, refireBatch)
		if one != nil {
			due = slices.DeleteFunc(due, func(t incident.Timer) bool { return t != *one })
		}
		worked, changes = len(due), nil
		if err != nil || len(due) == 0 {
			return err
		}
		snap, err := r.Directory.Current(ctx)
		if err != nil {
			return err
		}
		w := refiring{p: newPlacement(r, snap, now, u.deps.NewID), up: u.up.Since()}
		if err := w.load(ctx, due); err != nil {
			return err
		}
		if err := w.run(ctx, due); err != nil {
			return err
		}
		changes, err = w.p.save(ctx)
		return err
	})
	if err == nil {
		u.deps.Committed(changes)
	}
	return worked, err
}

// eachAlone works each due timer in a transaction of its own and puts off those that fail: an incident that
// cannot be read or decided must not hold up the others.
func (u *Refire) eachAlone(ctx context.Context) (int, error) {
	var due []incident.Timer
	err := u.deps.Atomically(ctx, func(ctx context.Context, r Repos) (err error) {
		due, err = r.Timers.Due(ctx, RefireKinds(), u.deps.Clock.Now(), refireBatch)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, t := range due {
		_, err := u.run(ctx, &t)
		if err != nil && !blameless(ctx, err) {
			stuck := []incident.Timer{t}
			u.deps.Stuck(stuck, err)
			err = u.deps.Atomically(ctx, func(ctx context.Context, r Repos) error {
				return r.Timers.PutOff(ctx, stuck, u.deps.Clock.Now().Add(incident.PutOff))
			})
		}
		if err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

// refiring is one transaction of Refire.
type refiring struct {
	p      *placement
	grace  []incident.Timer
	firing []alert.Alert // of the incidents whose grace is over
	moves  []move

	up     time.Time // since when everybody could be heard
	runs   map[alert.Sender]alert.Run
	silent []alert.Sender // to be told of
	later  map[time.Time][]incident.Timer
}

func (w *refiring) load(ctx context.Context, due []incident.Timer) error {
	var keys []alert.Key
	var incidents []id.Incident
	for _, t := range due {
		if t.Kind == incident.TimerGrace {
			w.grace = append(w.grace, t)
			incidents = append(incidents, t.Incident)
			continue
		}
		integration, fingerprint, _ := strings.Cut(t.Subject, "/")
		keys = append(keys, alert.Key{Integration: id.Integration(integration), Fingerprint: fingerprint})
	}
	if len(incidents) > 0 {
		firing, err := w.p.repos.Alerts.Firing(ctx, incidents)
		if err != nil {
			return err
		}
		w.firing = firing
	}
	if len(keys) == 0 {
		return nil
	}
	if err := w.p.load(ctx, keys); err != nil {
		return err
	}
	return w.loadSenders(ctx)
}

func (w *refiring) run(ctx context.Context, due []incident.Timer) error {
	var stray []incident.Timer
	for _, t := range due {
		if t.Kind == incident.TimerGrace {
			continue
		}
		if !w.decide(t) {
			stray = append(stray, t)
		}
	}
	if err := w.tellSilent(ctx); err != nil {
		return err
	}
	var locked []id.Incident
	for _, t := range w.grace {
		locked = append(locked, t.Incident)
	}
	back := w.graced()
	if err := w.p.lock(ctx, append(w.moves, back...), locked...); err != nil {
		return err
	}
	if len(stray) > 0 {
		if err := w.p.repos.Timers.Cancel(ctx, stray); err != nil {
			return err
		}
	}
	for until, timers := range w.later {
		if err := w.p.repos.Timers.PutOff(ctx, timers, until); err != nil {
			return err
		}
	}
	if err := w.endGrace(ctx, back); err != nil {
		return err
	}
	for _, m := range w.moves {
		if _, err := w.p.do(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// decide turns a timer of an alert into a move; false where the row has no meaning any more. The row's
// generation names the moment that the alert planned: its due time may be later, by the time intake was down.
func (w *refiring) decide(t incident.Timer) bool {
	integration, fingerprint, _ := strings.Cut(t.Subject, "/")
	of := w.p.alerts[alert.Key{Integration: id.Integration(integration), Fingerprint: fingerprint}]
	planned := time.UnixMicro(t.Generation)
	switch {
	case t.Kind == incident.TimerDoubt && planned.Equal(doubtDue(of.now).Truncate(time.Microsecond)):
		after := of.now.FireAnew(w.p.now)
		w.moves = append(w.moves, w.p.keyed(move{of: of, kind: alert.Began, was: of.now.Severity, labels: after.LabelSet, start: after.Start, stale: true}))
		of.now = after
	case t.Kind == incident.TimerStale && planned.Equal(silentAt(of.now).Truncate(time.Microsecond)):
		w.moves = append(w.moves, move{of: of, kind: alert.Ended, was: of.now.Severity, labels: of.now.LabelSet, over: of.now,
			by: incident.Actor{Kind: incident.BySystem, Name: "silence"}})
		of.now = of.now.End(w.p.now)
	case t.Kind == incident.TimerLease && !of.now.LeaseEnds().IsZero():
		w.lease(t, of)
	case t.Kind == incident.TimerMissing && planned.Equal(of.now.MissingAt().Truncate(time.Microsecond)):
		w.missing(t, of)
	default:
		return false
	}
	return true
}

// graced are the moves of alerts that fire although a person resolved their incident.
func (w *refiring) graced() []move {
	var moves []move
	for _, a := range w.firing {
		of := w.p.track(a)
		if !of.now.Firing || of.now.Incident != a.Incident {
			continue
		}
		of.now.Graced = true
		moves = append(moves, w.p.keyed(move{of: of, kind: alert.Began, was: a.Severity, labels: a.LabelSet, start: a.Start, stale: a.Stale}))
	}
	return moves
}

// endGrace ends the grace of incidents and correlates what still fires as if it had just begun.
func (w *refiring) endGrace(ctx context.Context, back []move) error {
	over := map[id.Incident]bool{}
	for _, t := range w.grace {
		f := w.p.folds[t.Incident]
		if f == nil {
			continue
		}
		pending := f.State().PendingIs(t)
		if err := w.p.step(f, incident.TimerDue{Timer: t}); err != nil {
			return err
		}
		over[t.Incident] = pending
	}
	for _, m := range back {
		old := m.of.now.Incident
		if !over[old] {
			m.of.now.Graced = m.of.before.Graced
			continue
		}
		if err := w.p.step(w.p.folds[old], incident.Left{Alert: m.labels.Name, Severity: m.was, Silence: m.of.now.Silence}); err != nil {
			return err
		}
		if _, err := w.p.begin(ctx, m); err != nil {
			return err
		}
	}
	return nil
}
