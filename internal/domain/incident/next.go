package incident

import (
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Next is what comes next where nobody does anything. The zero value: nothing does.
type Next struct {
	Kind  TimerKind // what is due then
	At    time.Time
	Level int    // that is paged then; 0: none of the levels
	Who   []Told // is paged or told then, as far as can be known now
}

// Told is somebody who is paged, and the kinds of channels by which, in order.
type Told struct {
	Who   notification.Recipient
	Name  string
	Kinds []string
}

// Outlook is who is being paged and what comes next.
type Outlook struct {
	Now  []Told // pages that wait for an answer
	Next Next

	Silenced int           // of the alerts that fire, where they come from
	Silence  alert.Silence // of those, the one that ends first
}

// Outlook looks ahead by what people own at this moment.
func (s *State) Outlook(r Roster, now time.Time) Outlook {
	e := engine{s: *s, in: Input{Now: now, Roster: r}}
	var out Outlook
	for _, p := range s.Pages {
		seen := slices.ContainsFunc(out.Now, func(t Told) bool { return t.Who == p.Recipient })
		if p.Purpose == notification.PurposePage && p.Outcome != PageFailed && !seen {
			out.Now = append(out.Now, e.told(p.Recipient))
		}
	}
	out.Silenced, out.Silence = s.SilencedAt(now)
	if t, ok := s.nextTimer(); ok {
		out.Next = e.next(t)
	}
	return out
}

// nextTimer is the first that makes somebody hear of the incident.
func (s *State) nextTimer() (first Timer, ok bool) {
	for _, t := range s.Timers {
		switch t.Kind {
		case TimerStable, TimerLook, TimerDoubt, TimerStale, TimerLease, TimerMissing:
			continue
		case TimerRetry:
			if s.Reached {
				continue // it pages only whoever is new
			}
		case TimerEscalate, TimerHold, TimerRepage, TimerReminder, TimerAckRemind, TimerAckExpire, TimerGrace, TimerSnooze, TimerSuppress:
		}
		if !ok || t.DueAt.Before(first.DueAt) {
			first, ok = t, true
		}
	}
	return first, ok
}

func (e *engine) next(t Timer) Next {
	s := &e.s
	n := Next{Kind: t.Kind, At: t.DueAt}
	switch t.Kind {
	case TimerEscalate:
		n.Level, n.Who = e.levelAfter(s.Level)
	case TimerRepage:
		n.Level, n.Who = e.levelAfter(0)
	case TimerHold, TimerSnooze, TimerAckExpire, TimerSuppress:
		s.Policy, s.Chosen, s.Extra = e.in.Roster.PolicyOf(s.Service), s.Own, s.asked()
		if t.Kind == TimerAckExpire {
			s.Extra = append(s.Extra, assigneeTarget(s.Assignee)...)
		}
		s.Walk = 1
		n.Level, n.Who = e.levelAfter(0)
	case TimerReminder:
		n.Who = e.toldAll(e.resolveAll(e.in.Roster.Fallback()))
	case TimerRetry:
		for l := range e.policy().Levels {
			n.Who = append(n.Who, e.toldAll(e.levelMeans(e.policy(), l+1))...)
		}
	case TimerAckRemind:
		if s.Assignee.Kind == ByUser {
			n.Who = []Told{e.told(notification.Recipient{Kind: notification.ToUser, ID: s.Assignee.ID})}
		}
	case TimerGrace, TimerStable, TimerLook, TimerDoubt, TimerStale, TimerLease, TimerMissing:
	}
	return n
}

// levelAfter is the next level that means somebody, in this walk or the one that follows, else the fallback.
func (e *engine) levelAfter(level int) (int, []Told) {
	policy := e.policy()
	again := level
	if e.s.Walk <= policy.Repeat {
		again = level + len(policy.Levels)
	}
	for l := level; l < max(len(policy.Levels), again); l++ {
		at := l%len(policy.Levels) + 1
		if who := e.levelMeans(policy, at); len(who) > 0 {
			return at, e.toldAll(who)
		}
	}
	return 0, e.toldAll(e.resolveAll(e.in.Roster.Fallback()))
}

func (e *engine) toldAll(who []notification.Recipient) []Told {
	out := make([]Told, 0, len(who))
	for _, r := range who {
		if !slices.ContainsFunc(out, func(t Told) bool { return t.Who == r }) {
			out = append(out, e.told(r))
		}
	}
	return out
}

func (e *engine) told(r notification.Recipient) Told {
	t := Told{Who: r, Name: e.in.Roster.Name(r)}
	reach := e.in.Roster.Reach(r)
	if reach.Channel != "" {
		t.Kinds = []string{reach.Channel}
	}
	for _, step := range reach.Rules.For(e.urgency()) {
		i := slices.IndexFunc(reach.Contacts, func(c notification.Contact) bool { return c.ID == step.Contact })
		if i >= 0 && !slices.Contains(t.Kinds, reach.Contacts[i].Kind) {
			t.Kinds = append(t.Kinds, reach.Contacts[i].Kind)
		}
	}
	return t
}
