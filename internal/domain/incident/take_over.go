package incident

import (
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// TakeOver is somebody making it theirs, also where somebody else owns it. The former owner is told.
type TakeOver struct {
	By   Actor
	Note string
}

func (ev TakeOver) apply(e *engine) error {
	s := &e.s
	if s.Status != Acknowledged() || s.Assignee.Is(ev.By) {
		return Acknowledge{By: ev.By, Note: ev.Note}.apply(e)
	}
	was := s.Assignee
	s.Assignee, s.AckedAt = ev.By, e.now()
	e.stopButHelp(ev.By)
	e.setAckTimers()
	e.record(EntryTaken, ev.By, "%s took it over from %s%s", ev.By.Name, was.Name, note(ev.Note))
	e.tellUser(was, ev.By.Name+" took this over from you")
	e.tellChannels(notification.EventReassigned, "Taken over by "+ev.By.Name)
	return nil
}

// tellUser tells a person something that asks for no answer, where they can be reached.
func (e *engine) tellUser(a Actor, text string) {
	r := notification.Recipient{Kind: notification.ToUser, ID: a.ID}
	if e.s.Quiet || a.Kind != ByUser || !e.in.Roster.Reach(r).Usable() {
		return
	}
	e.page(pageOut{recipients: []notification.Recipient{r}, pass: e.nextPass(), purpose: notification.PurposeUpdate, urgency: alert.Low(), reason: text})
}
