package incident

import (
	"slices"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

func (ev Acknowledge) apply(e *engine) error {
	s := &e.s
	switch {
	case s.Status == Resolved():
		return fault.Conflict("incident.already_resolved", "%s is resolved already", s.Number)
	case s.Status == Acknowledged() && !s.Assignee.Is(ev.By):
		e.answeredToo(ev.By, ev.Note)
		return nil // somebody else owns it; the caller says who
	case s.Status == Acknowledged():
		s.AckedAt = e.now()
		e.setAckTimers()
		e.stopButHelp(ev.By)
		e.note(EntryRenewed, ev.By, by(ev.Via), "%s acknowledged it again%s%s", ev.By.Name, via(ev.Via), note(ev.Note))
		return nil
	}
	e.answer(ev.By)
	e.become(Acknowledged())
	e.setAckTimers()
	e.note(EntryAcked, ev.By, by(ev.Via), "%s acknowledged it%s%s", ev.By.Name, via(ev.Via), note(ev.Note))
	e.tellChannels(notification.EventAcknowledged, "Acknowledged by "+ev.By.Name)
	return nil
}

// answer makes an open incident somebody's: paging ends.
func (e *engine) answer(by Actor) {
	s := &e.s
	e.cancel(roundKinds()...)
	s.Assignee, s.AckedAt = by, e.now()
	s.Unanswered, s.Highest, s.Spent, s.Exhausted = false, 0, 0, false
	e.stopButHelp(by)
}

// stopButHelp stops all pages: somebody answered, and what becomes of them matters no more. Whoever else was asked to
// help and is still to be told is asked again.
func (e *engine) stopButHelp(by Actor) {
	s := &e.s
	e.done(notification.Recipient{Kind: notification.ToUser, ID: by.ID})
	var asked []notification.Recipient
	for _, p := range s.Pages {
		live := p.Purpose == notification.PurposePage && (p.Outcome == PagePending || p.waiting(e.now()))
		if live && s.Asked(p.Recipient) && !slices.Contains(asked, p.Recipient) {
			asked = append(asked, p.Recipient)
		}
	}
	s.Pages = nil
	e.stop()
	e.askForHelp(asked)
}

// askForHelp pages people who were asked before.
func (e *engine) askForHelp(who []notification.Recipient) {
	if len(who) > 0 {
		e.page(pageOut{recipients: who, pass: e.nextPass(), purpose: notification.PurposePage, urgency: e.urgency(), reason: "you were asked to help"})
	}
}

// by is what an entry has of where somebody acted, as those of deliveries have it.
func by(kind string) map[string]string {
	if kind == "" {
		return nil
	}
	return map[string]string{"by": kind}
}

func via(kind string) string {
	switch kind {
	case "":
		return ""
	case ViaWeb:
		return " in the web UI"
	}
	return " by " + kind
}

func note(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

// setAckTimers plans the end of the snooze, else the reminder and, for high urgency, the expiry of an acknowledgement.
func (e *engine) setAckTimers() {
	if e.s.Quiet {
		e.set(TimerLook, e.now().Add(lookEvery))
		return
	}
	if e.s.SnoozedUntil.After(e.now()) {
		e.cancel(TimerAckRemind, TimerAckExpire)
		e.set(TimerSnooze, e.s.SnoozedUntil)
		return
	}
	e.s.SnoozedUntil = zeroTime()
	e.cancel(TimerSnooze)
	if !e.urgency().IsHigh() {
		e.cancel(TimerAckExpire)
		e.set(TimerAckRemind, e.now().Add(e.in.Rules.AckRemindLow))
		return
	}
	e.set(TimerAckRemind, e.now().Add(e.in.Rules.AckRemind))
	e.set(TimerAckExpire, e.now().Add(e.in.Rules.AckExpire))
}

func (e *engine) ackRemind() {
	told := e.pageAssignee(notification.PurposeUpdate, e.urgency(), "You acknowledged this and it is not resolved", false)
	switch {
	case told:
		e.record(EntryReminded, system(), "Reminded %s, who acknowledged it at %s UTC", e.s.Assignee.Name, e.s.AckedAt.UTC().Format("15:04"))
	case e.s.Assignee.Kind == ByUser || !e.s.Pending(TimerAckExpire):
		e.startRound(RoundUnreached) // whoever owns it is out of reach: nobody would ever hear of it again
		return
	}
	if !e.urgency().IsHigh() {
		e.set(TimerAckRemind, e.now().Add(e.in.Rules.AckRemindLow))
	}
}

func (e *engine) ackExpired() {
	e.record(EntryAckExpired, system(), "The acknowledgement by %s expired", e.s.Assignee.Name)
	e.startRound(RoundAckExpiry)
}

// pageAssignee tells the assignee; false where there is nobody to tell. needed: a round starts where it fails later.
func (e *engine) pageAssignee(p notification.Purpose, u alert.Urgency, why string, needed bool) bool {
	if e.s.Assignee.Kind != ByUser {
		return false
	}
	r := notification.Recipient{Kind: notification.ToUser, ID: e.s.Assignee.ID}
	if !e.in.Roster.Reach(r).Usable() {
		return false
	}
	e.page(pageOut{recipients: []notification.Recipient{r}, pass: e.nextPass(), purpose: p, urgency: u, reason: why, needed: needed})
	return true
}

func (ev Resolve) apply(e *engine) error {
	if e.s.Status == Resolved() {
		return nil
	}
	e.resolve(ev.By, ev.Via, ev.Note)
	if n := e.s.FiringCount(); n > 0 {
		e.set(TimerGrace, e.now().Add(e.in.Rules.Grace))
		e.record(EntryGrace, system(), "Alerts that fire on: %d. What still fires in %s comes back", n, e.in.Rules.Grace)
	}
	return nil
}

// resolve ends the incident. What was spent of the running level's timeout is kept for a reopening:
// restarting at level 1 must not starve level 2.
func (e *engine) resolve(who Actor, kind, text string) {
	s := &e.s
	if s.Status == Open() && !s.LevelAt.IsZero() {
		s.Spent = e.now().Sub(s.LevelAt)
	}
	for _, t := range s.Timers {
		e.emit(CancelTimer{Timer{Incident: s.Number, Kind: t.Kind}})
	}
	e.stop()
	s.Timers, s.Pages, s.Paged = nil, nil, nil
	s.Exhausted, s.Flapping, s.LevelAt = false, false, zeroTime()
	s.ResolvedAt, s.ResolvedBy = e.now(), who
	e.done()
	e.become(Resolved())
	switch who.Kind {
	case BySource, BySystem:
		e.record(EntryResolved, who, "Resolved: no alert fires any more%s", note(text))
	default:
		e.note(EntryResolved, who, by(kind), "%s resolved it%s%s", who.Name, via(kind), note(text))
	}
	e.tellChannels(notification.EventResolved, "Resolved")
}
