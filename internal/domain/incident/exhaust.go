package incident

import (
	"fmt"
	"slices"

	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// exhaust is the loud end of a policy; it has a future.
func (e *engine) exhaust() {
	s := &e.s
	s.Exhausted, s.LevelAt = true, zeroTime() // no level runs: nothing of its time is spent
	e.cancel(TimerEscalate)
	e.record(EntryExhausted, system(), "Nobody answered and the policy is exhausted")
	e.tellFollowers(notification.EventExhausted, "Nobody answered and the policy is exhausted")
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
	policy := e.policy()
	pass := 0
	var told []notification.Recipient
	if s.Reached || e.waitsForTheirHours(0) {
		told = s.Paged
	}
	for i, l := range policy.Levels {
		who := slices.DeleteFunc(e.levelMeans(policy, i+1), func(r notification.Recipient) bool { return slices.Contains(told, r) })
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
