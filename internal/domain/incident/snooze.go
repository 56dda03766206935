package incident

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// maxSnooze is how long an incident may be snoozed: what may wait longer is no incident.
const maxSnooze = 30 * 24 * time.Hour

// Snooze is somebody saying that it may wait: acknowledged until a moment. Whoever owns it keeps it.
type Snooze struct {
	By    Actor
	Until time.Time
	Note  string
}

func (ev Snooze) apply(e *engine) error {
	s := &e.s
	if err := e.pages(); err != nil {
		return err
	}
	if !ev.Until.After(e.now()) || ev.Until.Sub(e.now()) > maxSnooze {
		return fault.Invalid("incident.snooze_until", "snooze until a moment within the next 30 days, not until %s UTC", ev.Until.UTC().Format("2006-01-02 15:04")).At("until")
	}
	if s.Status == Open() {
		e.answer(ev.By)
		e.become(Acknowledged())
	}
	s.AckedAt, s.SnoozedUntil = e.now(), ev.Until
	e.stopButHelp(ev.By)
	e.setAckTimers()
	until := ev.Until.UTC().Format("2006-01-02 15:04")
	e.note(EntrySnoozed, ev.By, map[string]string{"until": ev.Until.UTC().Format(time.RFC3339)}, "%s snoozed it until %s UTC%s", ev.By.Name, until, note(ev.Note))
	e.tellChannels(notification.EventSnoozed, "Snoozed by "+ev.By.Name+" until "+until+" UTC")
	return nil
}

// Snoozed says whether it is acknowledged until a moment that has not come.
func (s *State) Snoozed() bool { return s.Status == Acknowledged() && !s.SnoozedUntil.IsZero() }

// snoozeEnded pages again: whoever snoozed it meant until now.
func (e *engine) snoozeEnded() {
	e.record(EntrySnoozeEnded, system(), "The snooze by %s ended", e.s.Assignee.Name)
	e.startRound(RoundSnoozeEnded)
}

// pages refuses what would page or wait for an answer on an incident that has none to give.
func (e *engine) pages() error {
	switch s := &e.s; {
	case s.Status == Resolved():
		return fault.Conflict("incident.already_resolved", "%s is resolved already", s.Number)
	case s.Quiet:
		return fault.Conflict("incident.pages_nobody", "%s is of severity %s: it pages nobody", s.Number, s.Severity)
	}
	return nil
}
