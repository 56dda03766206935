package verify

import (
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// timers: the rows are an index of what the state plans, and who is unresolved has a future (P8).
func (in *Incident) timers(beat time.Time, found find) {
	s := &in.State
	for _, t := range s.Timers {
		i := slices.IndexFunc(in.Timers, func(r incident.Timer) bool { return r.Kind == t.Kind && r.Generation == t.Generation })
		switch {
		case i < 0:
			found(Timers, "the timer %s that it plans for %s has no row of its generation: nothing would bring it up", t.Kind, stamp(t.DueAt))
		case !t.BroughtUp(in.Timers[i].DueAt, beat) && !waitedForIntake(t, in.Timers[i].DueAt, s.ResolvedAt, beat):
			found(Timers, "the timer %s that it plans for %s would be brought up at %s", t.Kind, stamp(t.DueAt), stamp(in.Timers[i].DueAt))
		}
	}
	for _, r := range in.Timers {
		if !s.Pending(r.Kind) {
			found(Timers, "there is a row of a timer %s, which it does not plan", r.Kind)
		}
	}
	if s.Status != incident.Resolved() && len(in.Timers) == 0 && !slices.ContainsFunc(in.Deliveries, in.live) {
		found(Timers, "it is %s, without a timer and without anything to be sent: it has no future", s.Status)
	}
	if s.Status == incident.Resolved() && s.FiringCount() > 0 && !s.Pending(incident.TimerGrace) {
		found(Timers, "it is resolved while %d of its alerts fire, and nothing will look at them again", s.FiringCount())
	}
}

// waitedForIntake says whether a timer of grace, doubt or silence may be due only then: it waits as much longer as intake
// was down since it was planned. For how long that was is kept nowhere, but it was no longer than from the sign of life before
// then until the last one.
func waitedForIntake(t incident.Timer, due, since, beat time.Time) bool {
	down := beat.Sub(since) + ports.BeatEvery
	return slices.Contains([]incident.TimerKind{incident.TimerGrace, incident.TimerDoubt, incident.TimerStale}, t.Kind) &&
		due.After(t.DueAt) && !due.After(t.DueAt.Add(down))
}

// live: it may be sent yet. What is said to be sent is not, where no message has it.
func (in *Incident) live(d notification.Delivery) bool {
	return d.Status == notification.Waiting || d.Status == notification.Sending && d.Message != "" && in.Loose[d.ID] == ""
}
