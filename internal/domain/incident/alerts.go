package incident

import (
	"cmp"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// lookEvery is how often an incident that pages nobody is looked at.
const lookEvery = 24 * time.Hour

// ackHolds is how long after an acknowledgement a reopened incident stays acknowledged.
const ackHolds = time.Hour

func (ev Fired) apply(e *engine) error {
	s := &e.s
	opening := s.OpenedAt.IsZero()
	was := s.FiringCount() > 0
	raise := s.Raises(ev.Severity, e.in.Rules.ReopenWindow, e.now())
	fresh := e.noteName(ev.Alert, 1)
	if ev.New {
		s.Alerts++
	}
	e.count(ev.Severity, 1)
	e.countSilence(ev.Silence, 1)
	switch {
	case opening:
		e.open(ev)
	case s.Status == Resolved():
		e.reopen(ev, was)
	default:
		if !was {
			e.flap()
		}
		e.join(ev, raise, fresh)
	}
	return nil
}

// count adds to or takes from what fires with this severity.
func (e *engine) count(sev alert.Severity, by int) {
	e.s.Firing[sev.Rank()] = max(0, e.s.Firing[sev.Rank()]+by)
	e.s.LastFired[sev.Rank()] = e.now()
}

// maxNames is how many alert names are remembered.
const maxNames = 64

// noteName remembers that one more (or less) alert of this name fires; it says whether the name is new here,
// or back after the reopen window.
func (e *engine) noteName(name string, by int) (fresh bool) {
	names := slices.Clone(e.s.Names)
	seen := SeenName{Name: name}
	i := slices.IndexFunc(names, func(n SeenName) bool { return n.Name == name })
	if i >= 0 {
		seen = names[i]
		names = slices.Delete(names, i, i+1)
	}
	fresh = i < 0 || seen.Firing == 0 && e.now().Sub(seen.At) > e.in.Rules.ReopenWindow
	seen.Firing, seen.At = max(0, seen.Firing+by), e.now()
	names = append(names, seen)
	e.s.Names = names[max(0, len(names)-maxNames):]
	return fresh
}

func (e *engine) open(ev Fired) {
	s := &e.s
	s.OpenedAt, s.Severity, s.Quiet = e.now(), ev.Severity, ev.Severity.Quiet()
	e.become(Open())
	e.record(EntryOpened, ev.By, "Opened by %s: %s%s", cmp.Or(ev.Alert, "an alert"), ev.Title, ev.remarks())
	e.begin()
}

// begin starts paging for what is new: at once, after a hold, or never for what is quiet.
func (e *engine) begin() {
	if e.s.Quiet {
		e.set(TimerLook, e.now().Add(lookEvery))
		return
	}
	if hold := e.in.Rules.Hold(e.s.Severity); hold > 0 {
		e.set(TimerHold, e.now().Add(hold))
		e.record(EntryHeld, system(), "Nobody is paged for %s: it may heal itself", hold)
		return
	}
	e.startRound(RoundOpened)
}

// remarks say what is unusual about an alert that begins to fire.
func (ev Fired) remarks() string {
	var out string
	if ev.Stale {
		out = " (may be stale)"
	}
	if !ev.Received.IsZero() {
		out += " (received at " + ev.Received.UTC().Format("15:04:05") + " UTC, while the database was away)"
	}
	return out
}

// join adds an alert to an unresolved incident; fresh: its name is new there, or back.
func (e *engine) join(ev Fired, raise, fresh bool) {
	s := &e.s
	e.lift(ev.Severity)
	e.note(EntryJoined, ev.By, map[string]string{"alerts": "1"}, "1 alert joined: %s%s", cmp.Or(ev.Alert, "an alert"), ev.remarks())
	switch {
	case s.Quiet:
	case raise:
		e.raise(ev.Severity, ev.Alert)
	case s.Status == Acknowledged() && fresh:
		e.tellNew(ev.Alert)
	case s.Status == Open() && s.Exhausted && (ev.New || fresh):
		e.startRound(RoundNewAlert)
	case s.Status == Open() && !s.RoundRuns():
		e.startRound(RoundReopened)
	}
}

// lift shows a severity that is above what was seen. An acknowledgement that had no end gets one
// where that makes the incident urgent.
func (e *engine) lift(to alert.Severity) {
	s := &e.s
	if !to.Above(s.Severity) {
		return
	}
	urgent := to.Urgency() != e.urgency()
	s.Severity = to
	if urgent && s.Status == Acknowledged() {
		e.setAckTimers()
	}
}

func (e *engine) raise(to alert.Severity, name string) {
	e.record(EntryRaised, source(), "Raised to %s by %s", to, cmp.Or(name, "an alert"))
	e.startRound(RoundRaised)
}

// tellNew tells the assignee of an alert name that the incident did not have when they took it.
func (e *engine) tellNew(name string) {
	text := "New on this incident: " + cmp.Or(name, "an alert")
	switch e.in.Rules.NewKind {
	case NewKindQuiet:
	case NewKindPage:
		e.pageAssignee(notification.PurposePage, e.urgency(), text, true)
	default:
		e.pageAssignee(notification.PurposeUpdate, alert.Low(), text, false)
	}
}

func (e *engine) reopen(ev Fired, wasFiring bool) {
	e.cancel(TimerGrace)
	e.unresolve()
	if !wasFiring {
		e.flap()
	}
	e.record(EntryReopened, ev.By, "Reopened by %s%s", cmp.Or(ev.Alert, "an alert"), ev.remarks())
	purpose := notification.PurposePage
	if !e.urgency().IsHigh() {
		purpose = notification.PurposeUpdate
	}
	e.goOn(purpose, "It fires again", ev.By)
}

// ackHolds says whether a reopened incident is still owned: acknowledged lately, or snoozed until later.
func (e *engine) ackHolds() bool {
	s := &e.s
	return s.Assignee.Kind == ByUser && !s.AckedAt.IsZero() && (e.now().Sub(s.AckedAt) <= ackHolds || s.SnoozedUntil.After(e.now()))
}

func (ev Changed) apply(e *engine) error {
	s := &e.s
	raise := s.Raises(ev.To, e.in.Rules.ReopenWindow, e.now())
	e.count(ev.From, -1)
	e.count(ev.To, 1)
	if s.Status == Resolved() {
		return nil
	}
	e.lift(ev.To)
	if raise && !s.Quiet {
		e.raise(ev.To, ev.Alert)
	}
	return nil
}

func (ev Ended) apply(e *engine) error {
	was := e.s.FiringCount() > 0
	e.noteName(ev.Alert, -1)
	e.count(ev.Severity, -1)
	e.countSilence(ev.Silence, -1)
	if was && e.s.FiringCount() == 0 {
		e.healed(ev.By)
	}
	return nil
}

func (ev Left) apply(e *engine) error {
	e.noteName(ev.Alert, -1)
	e.count(ev.Severity, -1)
	e.countSilence(ev.Silence, -1)
	e.record(EntryMoved, system(), "An alert that fires on was correlated anew")
	if e.s.FiringCount() == 0 {
		e.healed(system())
	}
	return nil
}

// healed is the moment at which the last firing alert stopped.
func (e *engine) healed(by Actor) {
	s := &e.s
	if s.Status == Resolved() {
		e.cancel(TimerGrace)
		if by.Kind != BySystem {
			e.noteChange()
		}
		return
	}
	e.flap()
	switch {
	case s.Flapping:
		e.record(EntryHealed, by, "No alert fires; held open until it is stable")
	case e.keepOpen():
		e.record(EntryHealed, by, "No alert fires; people resolve this incident")
	default:
		e.resolve(by, "", "")
	}
}

func (e *engine) noteChange() {
	changes := append(slices.Clip(e.s.Changes), e.now())
	e.s.Changes = changes[max(0, len(changes)-4):]
}

// flap notes a change between firing and not firing. The fourth within the window holds the incident open until it is stable.
func (e *engine) flap() {
	s := &e.s
	e.noteChange()
	if !s.Flapping && len(s.Changes) == 4 && e.now().Sub(s.Changes[0]) <= e.in.Rules.FlapWindow {
		s.Flapping = true
		e.record(EntryFlapping, system(), "Flapping: 4 changes within %s", e.in.Rules.FlapWindow)
	}
	if s.Flapping {
		e.set(TimerStable, e.now().Add(e.in.Rules.Stable))
	}
}

func (e *engine) stable() {
	s := &e.s
	s.Flapping, s.Changes = false, nil
	e.record(EntryStable, system(), "Stable for %s", e.in.Rules.Stable)
	switch {
	case s.FiringCount() == 0 && !e.keepOpen():
		e.resolve(system(), "", "")
	case s.Status == Open() && !s.Quiet && !s.RoundRuns():
		e.startRound(RoundStable)
	}
}

func (ev Noted) apply(e *engine) error {
	e.note(ev.Kind, ev.Actor, ev.Data, "%s", ev.Text)
	if ev.Kind == EntryNote {
		e.tellFollowers(notification.EventNote, ev.Actor.Name+": "+short(ev.Text))
	}
	return nil
}

// apply repairs an incident without a future: loudly, and by the shortest way to somebody who answers.
// Timers that the state plans and whose rows are gone are planned again; without one, a round begins.
func (Repaired) apply(e *engine) error {
	s := &e.s
	if s.Status == Resolved() {
		return nil
	}
	e.record(EntryRepaired, system(), "The auditor found no timer and no page for this incident and repaired it (round %d)", s.Round)
	for _, t := range s.Timers {
		t.Incident = s.Number
		e.emit(SetTimer{t})
	}
	switch {
	case s.RoundRuns(), s.Pending(TimerLook), s.Pending(TimerSuppress), s.Pending(TimerAckRemind), s.Pending(TimerAckExpire), s.Pending(TimerSnooze):
	case s.Quiet:
		e.set(TimerLook, e.now().Add(lookEvery))
	case s.Status == Acknowledged():
		e.setAckTimers()
	default:
		e.startRound(RoundRepaired)
	}
	return nil
}
