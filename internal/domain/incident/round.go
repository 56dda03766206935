package incident

import (
	"fmt"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// lateBy is how late a timer may be before we assume that we were away.
const lateBy = time.Minute

// RoundRepaired is a round that the auditor began.
const RoundRepaired RoundReason = "repaired by the auditor"

func zeroTime() time.Time { return time.Time{} }

// startRound starts the policy anew. Where nobody has answered since the last round began, a raise or a
// reopening pages every level reached so far at once.
func (e *engine) startRound(why RoundReason) {
	s := &e.s
	catchUp := 0
	if s.Unanswered && (why == RoundRaised || why == RoundReopened) {
		catchUp = s.Highest
	}
	if why != RoundReopened || !s.Unanswered {
		s.Spent = 0
	}
	s.Extra = nil
	if why == RoundAckExpiry {
		s.Extra = assigneeTarget(s.Assignee)
	}
	e.cancel(append(roundKinds(), TimerAckRemind, TimerAckExpire)...)
	e.emit(StopDeliveries{})
	if s.Status != Open() {
		e.become(Open())
	}
	s.Assignee = Actor{}
	s.Round++
	s.Pass, s.LevelPass, s.Level, s.Walk, s.CatchUp = 0, 0, 0, 0, catchUp
	s.Pages, s.Paged = nil, nil
	s.Reached, s.WalkReach, s.Repaged, s.Exhausted = false, false, false, false
	s.RoundFor, s.Unanswered = why, true
	s.Policy = e.in.Roster.PolicyOf(s.Service)
	e.note(EntryRound, system(), map[string]string{"round": fmt.Sprint(s.Round)}, "Round %d: %s", s.Round, why)
	e.tellChannels("Open: " + string(why))
	if due := s.AcceptedAt.Add(e.in.Rules.RepageGap); waits(why) && !s.AcceptedAt.IsZero() && e.now().Before(due) {
		s.LevelAt = e.now().Add(-s.Spent) // waiting to page again is time spent firing and unanswered, too
		e.set(TimerRepage, due)
		e.record(EntryWaits, system(), "The last page is less than %s old: paging goes on at %s UTC", e.in.Rules.RepageGap, due.UTC().Format("15:04:05"))
		return
	}
	e.walk()
}

// waits says whether a round for this reason leaves 10 min between pages.
func waits(why RoundReason) bool {
	return why == RoundReopened || why == RoundStable || why == RoundNewAlert
}

// nextPass takes the next pass: every batch of pages outside a walk's own takes one.
func (e *engine) nextPass() int {
	e.s.Pass++
	return e.s.Pass
}

// walk begins the levels.
func (e *engine) walk() {
	s := &e.s
	s.Walk++
	s.LevelPass, s.Level, s.WalkReach = e.nextPass(), 0, false
	policy, _ := e.in.Roster.Policy(s.Policy)
	var paged []notification.Recipient
	for s.Level < min(s.CatchUp, len(policy.Levels)) {
		s.Level++
		paged = append(paged, e.pageLevel(policy, paged)...)
	}
	s.CatchUp = 0
	if len(paged) > 0 {
		e.awaitAnswer(policy)
		return
	}
	e.advance(policy)
}

// advance pages the next level that means somebody, or ends the walk.
func (e *engine) advance(policy escalation.Policy) {
	s := &e.s
	s.Repaged = false
	for s.Level < len(policy.Levels) {
		s.Level++
		if len(e.pageLevel(policy, nil)) > 0 {
			e.awaitAnswer(policy)
			return
		}
	}
	if s.WalkReach && s.Walk <= policy.Repeat {
		e.walk()
		return
	}
	e.exhaust()
}

// pageLevel pages whom the current level means, except whoever is told already, and says whom.
func (e *engine) pageLevel(policy escalation.Policy, told []notification.Recipient) []notification.Recipient {
	s := &e.s
	level := policy.Levels[s.Level-1]
	targets := level.Targets
	if s.Level == 1 {
		targets = append(slices.Clip(s.Extra), targets...)
	}
	who := e.resolveAll(targets)
	s.Highest = max(s.Highest, s.Level)
	if len(who) == 0 {
		e.record(EntryGap, system(), "Level %d of %s means nobody who can be reached: skipped", s.Level, policy.Name)
		return nil
	}
	who = slices.DeleteFunc(who, func(r notification.Recipient) bool { return slices.Contains(told, r) })
	e.page(pageOut{
		recipients: who, pass: s.LevelPass, level: s.Level, purpose: notification.PurposePage, urgency: e.urgency(),
		reason: fmt.Sprintf("level %d of %s", s.Level, policy.Name), timeout: level.Timeout(e.urgency()),
	})
	return who
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

// resolveAll says whom targets mean now, each once, in order.
func (e *engine) resolveAll(targets []escalation.Target) []notification.Recipient {
	var out []notification.Recipient
	for _, t := range targets {
		for _, r := range e.in.Roster.Resolve(t, e.now()) {
			if !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

// pageOut is a batch of pages: one for each recipient.
type pageOut struct {
	recipients []notification.Recipient
	pass       int
	level      int
	purpose    notification.Purpose
	urgency    alert.Urgency
	reason     string
	timeout    time.Duration
}

// page decides that recipients must know now. Nobody is paged twice in one pass; whoever has a delivery
// waiting for this incident gets no further one.
func (e *engine) page(out pageOut) {
	s := &e.s
	pages := e.livePages(out.pass)
	for _, r := range out.recipients {
		if slices.ContainsFunc(pages, func(p PageState) bool { return p.Pass == out.pass && p.Level == out.level && p.Recipient == r }) {
			continue
		}
		p := notification.Page{
			PageKey: notification.PageKey{Incident: s.Number, Round: s.Round, Pass: out.pass, Level: out.level, Recipient: r},
			Purpose: out.purpose, Reason: out.reason, Urgency: out.urgency, Severity: s.Severity, At: e.now(),
		}
		st := PageState{Pass: out.pass, Level: out.level, Recipient: r, Until: e.now(), Purpose: out.purpose}
		if i := slices.IndexFunc(pages, func(p PageState) bool { return p.Recipient == r && p.waiting(e.now()) && p.Purpose == out.purpose }); i >= 0 {
			st.Until, st.OwnHours, st.Outcome = pages[i].Until, pages[i].OwnHours, pages[i].Outcome
		} else {
			p.Deliveries = notification.Expand(p, e.in.Roster.Reach(r), or(out.timeout, escalation.DefaultAckTimeout))
			for _, d := range p.Deliveries {
				st.OwnHours = st.OwnHours || d.OwnHours
				if d.DueAt.After(st.Until) {
					st.Until = d.DueAt
				}
			}
		}
		if st.OwnHours && out.purpose == notification.PurposePage {
			s.Reached, s.WalkReach = true, true
		}
		pages = append(pages, st)
		if out.purpose == notification.PurposePage && !slices.Contains(s.Paged, r) {
			s.Paged = append(slices.Clip(s.Paged), r)
		}
		e.emit(SendPage{p})
		if r.Kind == notification.ToUser || out.purpose == notification.PurposePage {
			e.note(EntryPaged, system(), map[string]string{
				"recipient": r.ID, "kind": string(r.Kind), "level": fmt.Sprint(out.level), "pass": fmt.Sprint(out.pass), "purpose": string(out.purpose),
			}, "%s %s: %s", verb(out.purpose), e.in.Roster.Name(r), out.reason)
		}
	}
	s.Pages = pages
}

func verb(p notification.Purpose) string {
	if p == notification.PurposePage {
		return "Paging"
	}
	return "Telling"
}

func (p PageState) waiting(now time.Time) bool {
	return p.Outcome != PageFailed && p.Until.After(now)
}

// livePages forgets pages that nothing depends on any more.
func (e *engine) livePages(pass int) []PageState {
	return slices.DeleteFunc(slices.Clone(e.s.Pages), func(p PageState) bool {
		current := p.Pass == pass || p.Pass == e.s.LevelPass
		return !current && (p.Outcome == PageFailed || p.Outcome == PageAccepted && !p.waiting(e.now()))
	})
}

// tellChannels tells the service's own channels, which are no escalation levels.
func (e *engine) tellChannels(text string) {
	if e.s.Quiet {
		return
	}
	if who := e.in.Roster.ChannelsOf(e.s.Service); len(who) > 0 {
		e.page(pageOut{recipients: who, pass: e.nextPass(), purpose: notification.PurposeUpdate, urgency: e.urgency(), reason: text, timeout: 4 * time.Hour})
	}
}

// exhaust is the loud end of a policy; it has a future.
func (e *engine) exhaust() {
	s := &e.s
	s.Exhausted = true
	e.cancel(TimerEscalate)
	e.record(EntryExhausted, system(), "Nobody answered and the policy is exhausted")
	e.pageFallback()
	e.set(TimerReminder, e.now().Add(e.in.Rules.RemindEvery))
	e.set(TimerRetry, e.now().Add(e.in.Rules.RetryEvery))
}

func (e *engine) pageFallback() {
	e.page(pageOut{
		recipients: e.resolveAll(e.in.Roster.Fallback()), pass: e.nextPass(), purpose: notification.PurposePage,
		urgency: e.urgency(), reason: "fallback: nobody answered",
	})
}

// retry looks again whom the levels mean: everybody while nobody was reached, else whoever is new.
func (e *engine) retry() {
	s := &e.s
	policy, _ := e.in.Roster.Policy(s.Policy)
	pass := 0
	var told []notification.Recipient
	if s.Reached {
		told = s.Paged
	}
	for i, l := range policy.Levels {
		who := slices.DeleteFunc(e.resolveAll(l.Targets), func(r notification.Recipient) bool { return slices.Contains(told, r) })
		if len(who) == 0 {
			continue
		}
		if pass == 0 {
			pass = e.nextPass()
		}
		told = append(slices.Clip(told), who...)
		e.page(pageOut{recipients: who, pass: pass, level: i + 1, purpose: notification.PurposePage, urgency: e.urgency(),
			reason: fmt.Sprintf("level %d of %s, again", i+1, policy.Name), timeout: l.Timeout(e.urgency())})
	}
	e.set(TimerRetry, e.now().Add(e.in.Rules.RetryEvery))
}

func (ev PageReported) apply(e *engine) error {
	s := &e.s
	name := e.in.Roster.Name(ev.Page.Recipient)
	if ev.Outcome == PageAccepted {
		if ev.Purpose != notification.PurposeUpdate {
			s.AcceptedAt = e.now()
		}
		e.note(EntryDelivered, system(), pageData(ev), "%s took the page to %s%s", or(ev.By, "the provider"), name, note(ev.Detail))
	} else {
		e.note(EntryUndelivered, system(), pageData(ev), "%s could not be reached%s", name, note(ev.Detail))
	}
	i := slices.IndexFunc(s.Pages, func(p PageState) bool {
		return p.Pass == ev.Page.Pass && p.Level == ev.Page.Level && p.Recipient == ev.Page.Recipient
	})
	if ev.Page.Round != s.Round || i < 0 || s.Status == Resolved() {
		return nil
	}
	s.Pages = slices.Clone(s.Pages)
	s.Pages[i].Outcome = ev.Outcome
	if ev.Outcome == PageAccepted {
		if s.Pages[i].Purpose == notification.PurposePage {
			s.Reached = true
			s.WalkReach = s.WalkReach || ev.Page.Pass == s.LevelPass
		}
		return nil
	}
	e.pageFailed(s.Pages[i])
	return nil
}

// pageFailed goes on at once where a level, or the assignee, cannot be reached at all.
func (e *engine) pageFailed(p PageState) {
	s := &e.s
	switch {
	case p.Purpose != notification.PurposePage:
	case s.Status == Acknowledged():
		if p.Level == 0 && s.Assignee.Kind == ByUser && p.Recipient.ID == s.Assignee.ID {
			e.startRound(RoundUnreached)
		}
	case s.Pending(TimerEscalate) && p.Pass == s.LevelPass && p.Level == s.Level && e.levelFailed():
		policy, _ := e.in.Roster.Policy(s.Policy)
		e.cancel(TimerEscalate)
		e.advance(policy)
	}
}

// levelFailed says whether nothing of the running level (and of those paged with it) reached anybody or still can.
func (e *engine) levelFailed() bool {
	for _, p := range e.s.Pages {
		if p.Pass == e.s.LevelPass && p.Level == e.s.Level && p.Purpose == notification.PurposePage && p.Outcome != PageFailed {
			return false
		}
	}
	return true
}

func (e *engine) levelReached() bool {
	for _, p := range e.s.Pages {
		if p.Pass == e.s.LevelPass && p.Level == e.s.Level && (p.Outcome == PageAccepted || p.OwnHours) {
			return true
		}
	}
	return false
}

func pageData(ev PageReported) map[string]string {
	return map[string]string{"recipient": ev.Page.Recipient.ID, "by": ev.By, "level": fmt.Sprint(ev.Page.Level), "pass": fmt.Sprint(ev.Page.Pass)}
}

func (ev TimerDue) apply(e *engine) error {
	s := &e.s
	i := slices.IndexFunc(s.Timers, func(t Timer) bool { return t.Kind == ev.Timer.Kind })
	if i < 0 {
		e.emit(CancelTimer{ev.Timer}) // a row without a meaning
		return nil
	}
	if t := s.Timers[i]; t.Generation != ev.Timer.Generation {
		t.Incident = s.Number
		e.emit(SetTimer{t}) // the row is older than the state
		return nil
	}
	due := s.Timers[i].DueAt
	e.cancel(ev.Timer.Kind)
	switch ev.Timer.Kind {
	case TimerEscalate:
		e.unanswered(due)
	case TimerHold:
		e.startRound(RoundOpened)
	case TimerRepage:
		if s.RoundFor == RoundReopened {
			s.Spent = e.now().Sub(s.LevelAt)
		}
		e.walk()
	case TimerReminder:
		e.pageFallback()
		e.set(TimerReminder, e.now().Add(e.in.Rules.RemindEvery))
	case TimerRetry:
		e.retry()
	case TimerAckRemind:
		e.ackRemind()
	case TimerAckExpire:
		e.ackExpired()
	case TimerStable:
		e.stable()
	case TimerLook:
		e.set(TimerLook, e.now().Add(lookEvery))
	case TimerGrace, TimerDoubt, TimerStale:
		// what follows is decided for the alerts: see the intake use cases
	}
	return nil
}

// unanswered is the end of a level's acknowledgement timeout. A level that never reached a provider because
// we were away is paged again once: our downtime never skips a level.
func (e *engine) unanswered(due time.Time) {
	s := &e.s
	policy, _ := e.in.Roster.Policy(s.Policy)
	if late := e.now().Sub(due); late > lateBy {
		e.record(EntryLate, system(), "The acknowledgement timer was %s late: we were away", late.Round(time.Second))
		if !e.levelReached() && !s.Repaged && s.Level >= 1 && s.Level <= len(policy.Levels) {
			s.Repaged = true
			s.LevelPass = e.nextPass()
			if len(e.pageLevel(policy, nil)) > 0 {
				e.awaitAnswer(policy)
				return
			}
		}
	}
	e.advance(policy)
}
