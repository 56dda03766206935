package incident

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Reopen is a person taking an answer back. What was resolved is as it would be had its alert fired again: owned
// by whoever acknowledged it within the last hour, else a round. What is acknowledged is open again: a round.
type Reopen struct {
	By   Actor
	Note string
}

func (ev Reopen) apply(e *engine) error {
	s := &e.s
	switch s.Status {
	case Acknowledged():
		e.record(EntryReopened, ev.By, "%s gave it back: it is open again%s", ev.By.Name, note(ev.Note))
		if s.Quiet {
			s.Assignee = Actor{}
			e.become(Open())
			return nil
		}
		e.startRound(RoundGivenBack)
	case Resolved():
		e.cancel(TimerGrace)
		e.unresolve()
		e.record(EntryReopened, ev.By, "%s reopened it%s", ev.By.Name, note(ev.Note))
		e.goOn(notification.PurposeUpdate, "Reopened by "+ev.By.Name, ev.By)
	}
	return nil
}

// unresolve forgets that it was resolved, or merged into another.
func (e *engine) unresolve() {
	s := &e.s
	if sev, fires := s.top(); fires {
		s.Severity = sev
	}
	s.ResolvedAt, s.ResolvedBy, s.MergedInto = time.Time{}, Actor{}, Other{}
}

// goOn is what follows a reopening: the assignee keeps it where their answer still holds, and hears of it unless
// it is they who reopened it; else a round.
func (e *engine) goOn(purpose notification.Purpose, why string, by Actor) {
	s := &e.s
	switch {
	case s.Quiet:
		e.become(Open())
		e.begin()
	case e.ackHolds():
		e.become(Acknowledged())
		e.setAckTimers()
		e.tellChannels(notification.EventReopened, why)
		if !s.Assignee.Is(by) && !e.pageAssignee(purpose, e.urgency(), why, true) {
			e.startRound(RoundUnreached)
		}
	default:
		e.startRound(RoundReopened)
	}
}
