package incident

import (
	"fmt"
	"slices"

	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// PassOn is somebody saying "not me": to whom they name, whose round begins, or else to the next level now.
type PassOn struct {
	By   Actor
	To   *escalation.Target // nil: the next level
	Note string
}

// Reassign is somebody giving it to another: a round whose level 1 is that person or team.
type Reassign struct {
	By   Actor
	To   escalation.Target
	Note string
}

// EscalateNow is somebody not waiting for the level's timeout. What earlier levels' people still get goes on.
type EscalateNow struct {
	By   Actor
	Note string
}

// Choice is whom somebody chose as level 1, and why, for the page.
type Choice struct {
	Targets []escalation.Target `json:"t,omitempty"`
	Why     string              `json:"w,omitempty"`
}

func (ev PassOn) apply(e *engine) error {
	if err := e.pagesNow(); err != nil {
		return err
	}
	if ev.To != nil {
		return e.give(*ev.To, ev.By, "passed it on to", RoundPassedOn, ev.Note)
	}
	e.record(EntryPassedOn, ev.By, "%s passed it on to the next level%s", ev.By.Name, note(ev.Note))
	if ev.By.Kind == ByUser {
		e.stopPages(notification.Recipient{Kind: notification.ToUser, ID: ev.By.ID})
	}
	e.nextLevel(RoundPassedOn)
	return nil
}

func (ev Reassign) apply(e *engine) error {
	if err := e.pagesNow(); err != nil {
		return err
	}
	return e.give(ev.To, ev.By, "reassigned it to", RoundReassigned, ev.Note)
}

func (ev EscalateNow) apply(e *engine) error {
	if err := e.pagesNow(); err != nil {
		return err
	}
	e.record(EntryEscalated, ev.By, "%s asked for the next level now%s", ev.By.Name, note(ev.Note))
	e.nextLevel(RoundEscalated)
	return nil
}

// give starts a round whose level 1 is the target. One that means nobody who can be reached changes nothing.
func (e *engine) give(to escalation.Target, by Actor, did string, why RoundReason, text string) error {
	who, err := e.reachable(to)
	if err != nil {
		return err
	}
	e.record(EntryPassedOn, by, "%s %s %s%s", by.Name, did, who, note(text))
	e.startRoundAt(why, Choice{Targets: []escalation.Target{to}, Why: fmt.Sprintf("%s by %s%s", why, by.Name, note(short(text)))}, 0)
	return nil
}

// reachable names whom a target means now; fault.Invalid where that is nobody who can be reached.
func (e *engine) reachable(targets ...escalation.Target) (string, error) {
	who := e.resolveAll(targets)
	if len(who) == 0 {
		return "", fault.Invalid("incident.unreachable", "nobody who is meant can be reached now: nothing was changed").At("to")
	}
	return e.names(who), nil
}

// short keeps a person's words at a length that a message can hold.
func short(text string) string {
	const most = 200
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

func (e *engine) names(who []notification.Recipient) string {
	text := e.in.Roster.Name(who[0])
	for _, r := range who[1:] {
		text += ", " + e.in.Roster.Name(r)
	}
	return text
}

// nextLevel pages the next level now. Where no level waits for its answer a round begins at the level after the
// last one that was paged, or anew after the last.
func (e *engine) nextLevel(why RoundReason) {
	s := &e.s
	switch {
	case s.Status == Open() && s.Pending(TimerEscalate):
		e.cancel(TimerEscalate)
		e.advance(e.policy())
	case s.Status == Open() && s.Pending(TimerRepage):
		e.cancel(TimerRepage)
		e.repage()
	default:
		skip := s.Level
		s.Policy, s.Chosen = e.in.Roster.PolicyOf(s.Service), s.Own
		if skip >= len(e.policy().Levels) {
			skip = 0
		}
		e.startRoundAt(why, s.Own, skip)
	}
}

// stopPages stops what still waits for a person, and forgets their pages.
func (e *engine) stopPages(r notification.Recipient) {
	e.emit(StopPages{r})
	e.s.Pages = slices.DeleteFunc(slices.Clone(e.s.Pages), func(p PageState) bool { return p.Recipient == r })
}

// policy is what the round follows: level 1 is whoever was chosen for it, else as the policy says.
func (e *engine) policy() escalation.Policy {
	p, _ := e.in.Roster.Policy(e.s.Policy)
	if len(e.s.Chosen.Targets) == 0 {
		return p
	}
	p.Levels = slices.Clone(p.Levels)
	if len(p.Levels) == 0 {
		p.Levels = []escalation.Level{{AckTimeout: escalation.DefaultAckTimeout}}
	}
	p.Levels[0].Targets = e.s.Chosen.Targets
	return p
}
