package incident

import (
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// maxResponders is how many people may be asked for help with one incident.
const maxResponders = 100

// Responder is a person who was asked to help, besides the policy.
type Responder struct {
	Who  notification.Recipient `json:"w"`
	Name string                 `json:"n"`
	By   Actor                  `json:"b"`
	At   time.Time              `json:"a"`
	Done time.Time              `json:"d,omitzero"` // they answered, want no more pages, or it was resolved
}

// AddResponder pages a person or team additionally, at once; later rounds page them with level 1 until they answer.
type AddResponder struct {
	By   Actor
	Who  escalation.Target
	Note string
}

// StopPaging is a responder wanting no more pages of this incident. It does not excuse from the policy.
type StopPaging struct{ By Actor }

func (ev AddResponder) apply(e *engine) error {
	s := &e.s
	if err := e.pages(); err != nil {
		return err
	}
	name, err := e.reachable(ev.Who)
	if err != nil {
		return err
	}
	who := e.resolveAll([]escalation.Target{ev.Who})
	list := slices.DeleteFunc(slices.Clone(s.Responders), func(r Responder) bool { return slices.Contains(who, r.Who) })
	if len(list)+len(who) > maxResponders {
		return fault.Conflict("incident.too_many_responders", "at most %d people can be asked for help with one incident", maxResponders)
	}
	for _, r := range who {
		list = append(list, Responder{Who: r, Name: e.in.Roster.Name(r), By: ev.By, At: e.now()})
	}
	s.Responders = list
	e.record(EntryResponder, ev.By, "%s asked %s to help%s", ev.By.Name, name, note(ev.Note))
	e.page(pageOut{recipients: who, pass: e.nextPass(), purpose: notification.PurposePage, urgency: e.urgency(), reason: ev.By.Name + " asks you to help" + note(short(ev.Note))})
	return nil
}

func (ev StopPaging) apply(e *engine) error {
	s := &e.s
	who := notification.Recipient{Kind: notification.ToUser, ID: ev.By.ID}
	switch {
	case ev.By.Kind != ByUser || !s.Asked(who):
		return fault.Conflict("incident.not_a_responder", "nobody asked you to help with %s: to stop its pages acknowledge it, or pass it on", s.Number)
	case e.levelMeansItself(who):
		return fault.Conflict("incident.policy_pages_you", "the escalation policy pages you for %s: acknowledge it, or pass it on", s.Number)
	}
	e.done(who)
	e.stopPages(who)
	e.record(EntryStopped, ev.By, "%s wants no more pages of this", ev.By.Name)
	if s.Status == Open() && s.Pending(TimerEscalate) && e.levelFailed() {
		e.cancel(TimerEscalate)
		e.advance(e.policy())
	}
	return nil
}

// Asked says whether somebody was asked to help and has not answered.
func (s *State) Asked(who notification.Recipient) bool {
	return slices.ContainsFunc(s.Responders, func(r Responder) bool { return r.Who == who && r.Done.IsZero() })
}

// levelMeansItself says whether a running level means somebody without their having been asked.
func (e *engine) levelMeansItself(who notification.Recipient) bool {
	s := &e.s
	if s.Status != Open() {
		return false
	}
	policy := e.policy()
	for l := max(s.LevelFrom, 1); l <= min(s.Level, len(policy.Levels)); l++ {
		if slices.Contains(e.resolveAll(policy.Levels[l-1].Targets), who) {
			return true
		}
	}
	return false
}

// done notes that these people, or all where none is named, need not be asked again.
func (e *engine) done(who ...notification.Recipient) {
	s := &e.s
	s.Responders = slices.Clone(s.Responders)
	for i := range s.Responders {
		if r := &s.Responders[i]; r.Done.IsZero() && (len(who) == 0 || slices.Contains(who, r.Who)) {
			r.Done = e.now()
		}
	}
	s.Extra = slices.DeleteFunc(slices.Clone(s.Extra), func(t escalation.Target) bool {
		return slices.Contains(who, notification.Recipient{Kind: notification.ToUser, ID: t.ID})
	})
}

// asked are the people who were asked to help and have not answered, as targets.
func (s *State) asked() []escalation.Target {
	var out []escalation.Target
	for _, r := range s.Responders {
		if r.Done.IsZero() && r.Who.Kind == notification.ToUser {
			out = append(out, escalation.Target{Kind: escalation.TargetUser, ID: r.Who.ID})
		}
	}
	return out
}

// answeredToo is a responder acknowledging what somebody else owns: their own pages stop.
func (e *engine) answeredToo(by Actor, text string) {
	who := notification.Recipient{Kind: notification.ToUser, ID: by.ID}
	if by.Kind != ByUser || !e.s.Asked(who) {
		return
	}
	e.done(who)
	e.stopPages(who)
	e.record(EntryHelps, by, "%s helps%s", by.Name, note(text))
}
