package incident

import (
	"fmt"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
)

// Step decides what an event makes of an incident. It is pure: the same arguments give the same result,
// and the state that it was given stays as it was. An error means that nothing changes.
func Step(s State, ev Event, in Input) (State, []Command, error) {
	e := engine{s: s, in: in}
	if err := ev.apply(&e); err != nil {
		return s, nil, err
	}
	e.judgeSilence()
	e.s.UpdatedAt = in.Now
	return e.s, e.commands, nil
}

// engine is one step under way. Slices of the state are shared with the caller's: they are copied before a change.
type engine struct {
	s        State
	in       Input
	commands []Command
	late     time.Time // when this step was due, where we were away; else zero
	first    int       // the level with which the walk begins in this step; 0: none began
}

func (e *engine) now() time.Time { return e.in.Now }

func (e *engine) emit(c Command) { e.commands = append(e.commands, c) }

func (e *engine) record(kind EntryKind, by Actor, format string, args ...any) {
	e.note(kind, by, nil, format, args...)
}

func (e *engine) note(kind EntryKind, by Actor, data map[string]string, format string, args ...any) {
	e.emit(Record{Entry{
		Incident: e.s.Number, OpenedAt: e.s.OpenedAt, At: e.now(), Kind: kind, Actor: by,
		Text: fmt.Sprintf(format, args...), Data: data,
	}})
}

func system() Actor { return Actor{Kind: BySystem, Name: "Rouse"} }

func source() Actor { return Actor{Kind: BySource} }

// set plans a timer in place of the pending one of its kind.
func (e *engine) set(kind TimerKind, due time.Time) {
	e.s.Generation++
	t := Timer{Incident: e.s.Number, Kind: kind, Generation: e.s.Generation, DueAt: due}
	e.s.Timers = append(without(e.s.Timers, kind), t)
	e.emit(SetTimer{t})
}

// cancel forgets pending timers of these kinds.
func (e *engine) cancel(kinds ...TimerKind) {
	for _, k := range kinds {
		if !e.s.Pending(k) {
			continue
		}
		e.s.Timers = without(e.s.Timers, k)
		e.emit(CancelTimer{Timer{Incident: e.s.Number, Kind: k}})
	}
}

// stop ends all pages so far: what waits is cancelled, what is being sent is not tried again.
func (e *engine) stop() {
	e.s.Stopped = Stopped{e.s.Round, e.s.Pass}
	e.emit(StopDeliveries{})
}

func without(timers []Timer, kind TimerKind) []Timer {
	out := make([]Timer, 0, len(timers)+1)
	for _, t := range timers {
		if t.Kind != kind {
			out = append(out, t)
		}
	}
	return out
}

// Pending says whether a timer of this kind is planned.
func (s *State) Pending(kind TimerKind) bool {
	return slices.ContainsFunc(s.Timers, func(t Timer) bool { return t.Kind == kind })
}

// roundKinds are the timers of a running round.
func roundKinds() []TimerKind {
	return []TimerKind{TimerEscalate, TimerHold, TimerRepage, TimerReminder, TimerRetry}
}

// RoundRuns says whether a round is under way: something will page, or did and waits for the answer.
func (s *State) RoundRuns() bool { return slices.ContainsFunc(roundKinds(), s.Pending) }

// FiringCount is how many of its alerts fire.
func (s *State) FiringCount() int {
	n := 0
	for _, c := range s.Firing {
		n += c
	}
	return n
}

// top is the highest severity that fires.
func (s *State) top() (sev alert.Severity, fires bool) {
	for r := alert.Severities - 1; r >= 0; r-- {
		if s.Firing[r] > 0 {
			return alert.SeverityOfRank(r), true
		}
	}
	return alert.None(), false
}

// Raises says whether an alert that begins to fire with (or changes to) this severity is a raise:
// above all that fires, and nothing as high fired within the reopen window.
func (s *State) Raises(sev alert.Severity, window time.Duration, now time.Time) bool {
	if top, fires := s.top(); fires && !sev.Above(top) {
		return false
	}
	for r := sev.Rank(); r < alert.Severities; r++ {
		if at := s.LastFired[r]; !at.IsZero() && now.Sub(at) <= window {
			return false
		}
	}
	return true
}

// become changes the status.
func (e *engine) become(st Status) {
	const most = 200
	e.s.Status = st
	t := append(slices.Clip(e.s.Transitions), Transition{st, e.now()})
	if len(t) > most {
		t = append(t[:1:1], t[len(t)-most+1:]...)
	}
	e.s.Transitions = t
}

// urgency is of the displayed severity.
func (e *engine) urgency() alert.Urgency { return e.s.Severity.Urgency() }

// PendingIs says whether this very timer is planned.
func (s *State) PendingIs(t Timer) bool {
	return slices.ContainsFunc(s.Timers, func(x Timer) bool { return x.Kind == t.Kind && x.Generation == t.Generation })
}
