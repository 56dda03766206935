package incident

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// LateBy is how late a timer may be before we assume that we were away.
const LateBy = time.Minute

// RoundRepaired is a round that the auditor began.
const RoundRepaired RoundReason = "repaired by the auditor"

func zeroTime() time.Time { return time.Time{} }

// startRound starts the policy anew. Where nobody has answered since the last round began, a raise or a
// reopening pages every level reached so far at once.
func (e *engine) startRound(why RoundReason) { e.startRoundAt(why, e.s.Own, 0) }

// startRoundAt starts a round whose level 1 is whom somebody chose, and passes over the first levels.
func (e *engine) startRoundAt(why RoundReason, chosen Choice, skip int) {
	s := &e.s
	if e.covered() {
		e.waitForSilence()
		return
	}
	s.Suppressed = false
	e.cancel(TimerSuppress)
	catchUp := 0
	if s.Unanswered && (why == RoundRaised || why == RoundReopened || why == RoundSilenceEnded) {
		catchUp = s.Highest
	}
	if why != RoundReopened || !s.Unanswered {
		s.Spent = 0
	}
	s.Extra = s.asked()
	if why == RoundAckExpiry {
		s.Extra = append(s.Extra, assigneeTarget(s.Assignee)...)
	}
	e.cancel(append(roundKinds(), TimerAckRemind, TimerAckExpire, TimerSnooze)...)
	e.stop()
	if s.Status != Open() {
		e.become(Open())
	}
	s.Assignee = Actor{}
	s.Round++
	s.Pass, s.LevelPass, s.Level, s.Walk, s.CatchUp = 0, 0, 0, 0, catchUp
	s.Pages, s.Paged = nil, nil
	s.Reached, s.WalkReach, s.Repaged, s.Exhausted = false, false, false, false
	s.RoundFor, s.Unanswered = why, true
	s.SnoozedUntil, s.Chosen = zeroTime(), chosen
	s.Policy = e.in.Roster.PolicyOf(s.Service)
	e.note(EntryRound, system(), map[string]string{"round": fmt.Sprint(s.Round)}, "Round %d: %s", s.Round, why)
	e.tellChannels(e.roundEvent(), "Open: "+string(why))
	if due := s.AcceptedAt.Add(e.in.Rules.RepageGap); waits(why) && !s.AcceptedAt.IsZero() && e.now().Before(due) {
		s.LevelAt = e.now().Add(-s.Spent) // waiting to page again is time spent firing and unanswered, too
		e.set(TimerRepage, due)
		e.record(EntryWaits, system(), "The last page is less than %s old: paging goes on at %s UTC", e.in.Rules.RepageGap, due.UTC().Format("15:04:05"))
		return
	}
	e.walk(skip)
}

// roundEvent is what the channels are told of the round that begins: of what was silenced from its first moment on they
// have not heard yet.
func (e *engine) roundEvent() notification.Event {
	if e.s.RoundFor == RoundSilenceEnded && e.s.Round == 1 {
		return notification.EventOpened
	}
	return e.s.RoundFor.event()
}

// waits says whether a round for this reason leaves 10 min between pages.
func waits(why RoundReason) bool {
	return why == RoundReopened || why == RoundStable || why == RoundNewAlert || why == RoundUnreached ||
		why == RoundSnoozeEnded || why == RoundMerged || why == RoundSilenceEnded
}

// nextPass takes the next pass: every batch of pages outside a walk's own takes one.
func (e *engine) nextPass() int {
	e.s.Pass++
	return e.s.Pass
}

// walk begins the levels, after those that are passed over.
func (e *engine) walk(skip int) {
	s := &e.s
	s.Walk++
	s.LevelPass, s.Level, s.WalkReach = e.nextPass(), skip, false
	s.WalkPass = s.LevelPass
	policy := e.policy()
	upTo := s.CatchUp
	s.CatchUp = 0
	e.first = skip + 1
	if !e.pageLevels(policy, 1, upTo) {
		e.advance(policy)
	}
}

// advance pages the next level that means somebody, or ends the walk.
func (e *engine) advance(policy escalation.Policy) {
	s := &e.s
	s.Repaged = false
	for s.Level < len(policy.Levels) {
		if e.pageLevels(policy, s.Level+1, s.Level+1) {
			if s.Level > 1 {
				e.tellFollowers(notification.EventEscalated, fmt.Sprintf("Escalated to level %d of %s", s.Level, policy.Name))
			}
			return
		}
	}
	if (s.WalkReach || e.waitsForTheirHours(s.WalkPass)) && s.Walk <= policy.Repeat {
		e.walk(0)
		return
	}
	e.exhaust()
}

// pageLevels pages these levels at once, nobody twice, and waits for the answer; false where they mean nobody.
func (e *engine) pageLevels(policy escalation.Policy, from, to int) bool {
	s := &e.s
	var paged []notification.Recipient
	s.LevelFrom = from
	for l := from; l <= min(to, len(policy.Levels)); l++ {
		s.Level = l
		paged = append(paged, e.pageLevel(policy, paged)...)
	}
	if len(paged) > 0 {
		e.awaitAnswer(policy)
	}
	return len(paged) > 0
}

// pageLevel pages whom the current level means, except whoever is told already, and says whom.
func (e *engine) pageLevel(policy escalation.Policy, told []notification.Recipient) []notification.Recipient {
	s := &e.s
	level := policy.Levels[s.Level-1]
	who := e.levelMeans(policy, s.Level)
	s.Highest = max(s.Highest, s.Level)
	if len(who) == 0 {
		e.record(EntryGap, system(), "Level %d of %s means nobody who can be reached: skipped", s.Level, policy.Name)
		return nil
	}
	who = slices.DeleteFunc(who, func(r notification.Recipient) bool { return slices.Contains(told, r) })
	reason := fmt.Sprintf("level %d of %s", s.Level, policy.Name)
	if s.Level == 1 {
		reason = cmp.Or(s.Chosen.Why, reason)
	}
	e.page(pageOut{
		recipients: who, pass: s.LevelPass, level: s.Level, purpose: notification.PurposePage, urgency: e.urgency(),
		reason: reason, timeout: level.Timeout(e.urgency()),
	})
	return who
}

// levelMeans says whom a level pages now.
func (e *engine) levelMeans(policy escalation.Policy, level int) []notification.Recipient {
	targets := policy.Levels[level-1].Targets
	if level == 1 || level == e.first { // whoever else was asked comes with the first level
		targets = append(slices.Clip(e.s.Extra), targets...)
	}
	return e.resolveAll(targets)
}

// awaitAnswer sets the acknowledgement timer of the current level, less what was spent before a resolve.
func (e *engine) awaitAnswer(policy escalation.Policy) {
	s := &e.s
	s.LevelAt = e.now().Add(-s.Spent)
	s.Spent = 0
	due := s.LevelAt.Add(policy.Levels[s.Level-1].Timeout(e.urgency()))
	if due.Before(e.now()) {
		due = e.now()
	}
	e.set(TimerEscalate, due)
}

// resolveAll says whom targets mean now, in order.
func (e *engine) resolveAll(targets []escalation.Target) []notification.Recipient {
	var out []notification.Recipient
	for _, t := range targets {
		out = append(out, e.in.Roster.Resolve(t, e.now())...)
	}
	return out
}

func (ev TimerDue) apply(e *engine) error {
	s := &e.s
	i := slices.IndexFunc(s.Timers, func(t Timer) bool { return t.Kind == ev.Timer.Kind })
	if i < 0 {
		e.emit(CancelTimer(ev)) // a row without a meaning
		return nil
	}
	if t := s.Timers[i]; t.Generation != ev.Timer.Generation {
		t.Incident = s.Number
		e.emit(SetTimer{t}) // the row is older than the state
		return nil
	}
	due := s.Timers[i].DueAt
	if e.now().Sub(due) > LateBy {
		e.late = due
	}
	e.cancel(ev.Timer.Kind)
	switch ev.Timer.Kind {
	case TimerEscalate:
		e.unanswered()
	case TimerHold:
		e.startRound(RoundOpened)
	case TimerRepage:
		e.repage()
	case TimerReminder:
		e.pageFallback()
		e.set(TimerReminder, e.now().Add(e.in.Rules.RemindEvery))
	case TimerRetry:
		e.retry()
	case TimerAckRemind:
		e.ackRemind()
	case TimerAckExpire:
		e.ackExpired()
	case TimerSnooze:
		e.snoozeEnded()
	case TimerStable:
		e.stable()
	case TimerLook:
		e.set(TimerLook, e.now().Add(lookEvery))
	case TimerGrace, TimerDoubt, TimerStale, TimerLease, TimerMissing, TimerSuppress:
		// what follows is decided for the alerts: see the intake use cases; whether a silence ends is judged after every step
	}
	return nil
}

// repage goes on with a round that waited for the last page to be old enough.
func (e *engine) repage() {
	if e.s.RoundFor == RoundReopened {
		e.s.Spent = e.now().Sub(e.s.LevelAt)
	}
	e.walk(0)
}

// unanswered is the end of a level's acknowledgement timeout. A level that never reached a provider because
// we were away is paged again once: our downtime never skips a level.
func (e *engine) unanswered() {
	s := &e.s
	policy := e.policy()
	if !e.late.IsZero() {
		e.record(EntryLate, system(), "The acknowledgement timer was %s late: we were away", e.now().Sub(e.late).Round(time.Second))
		if !e.levelReached() && !s.Repaged && s.Level >= 1 && s.Level <= len(policy.Levels) {
			s.Repaged = true
			s.LevelPass = e.nextPass()
			if e.pageLevels(policy, s.LevelFrom, s.Level) {
				return
			}
		}
	}
	e.advance(policy)
}
