package incident_test

import (
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

func TestHold(t *testing.T) {
	told(t, map[string]func(*testing.T){
		"a warning is held for 2 min, then paged": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Slow", warning)
			h.expectPaged("")
			h.expectTimer(incident.TimerHold, 2*time.Minute)
			h.expectEntry(incident.EntryHeld)
			h.forward(2 * time.Minute)
			h.expectPaged("ana")
			h.expectTimer(incident.TimerEscalate, 15*time.Minute)
		},
		"what heals in the hold pages nobody": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Slow", warning)
			h.forward(time.Minute)
			h.heal("Slow")
			h.forward(time.Hour)
			h.expect(incident.Resolved())
			h.expectPaged("")
		},
		"a raise ends it": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Slow", warning)
			h.forward(time.Minute)
			h.fire("Down", critical)
			h.expectPaged("ana")
			h.expectNoTimer(incident.TimerHold)
		},
		"an acknowledgement cancels it": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Slow", warning)
			h.ack("ben")
			h.forward(time.Hour)
			h.expectPaged("")
		},
		"a join of no higher severity leaves it": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Slow", warning)
			h.forward(time.Minute)
			h.fire("Slower", warning)
			h.expectPaged("")
			h.expectTimer(incident.TimerHold, time.Minute)
		},
		"a service may hold what is critical, too": func(t *testing.T) {
			h := newStory(t, "ana")
			h.rules.HoldHigh = 30 * time.Second
			h.fire("Down", critical)
			h.expectPaged("")
			h.forward(30 * time.Second)
			h.expectPaged("ana")
		},
	})
}

func TestEscalate(t *testing.T) {
	told(t, map[string]func(*testing.T){
		"levels follow one another, 1 + repeat times, then the policy is exhausted": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.policy(1, "ana", "ben")
			h.fire("Down", critical)
			for _, want := range []string{"ana", "ben", "ana", "ben"} {
				h.expectPaged(want)
				h.forward(15 * time.Minute)
			}
			h.expectPaged("boss")
			h.expectEntry(incident.EntryExhausted)
			if !h.state.Exhausted || h.state.Walk != 2 {
				t.Fatalf("exhausted %t after %d walks", h.state.Exhausted, h.state.Walk)
			}
		},
		"a level may have its own time for low urgency": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.owned.Policies[0].Levels[0].AckTimeoutLow = time.Hour
			h.fire("Slow", warning)
			h.forward(2 * time.Minute)
			h.expectTimer(incident.TimerEscalate, time.Hour)
		},
		"several people of a level are paged at once, each once": func(t *testing.T) {
			h := newStory(t, "ana web-oncall ana #ops", "cyd")
			h.owned.Channels = []directory.Channel{{ID: "#ops", Name: "ops", Kind: "webhook"}}
			h.team("web-oncall", "ben", "ana")
			h.fire("Down", critical)
			h.expectPaged("ana ben #ops")
		},
		"who is on call is asked when the level starts, the policy when the round starts": func(t *testing.T) {
			h := newStory(t, "ana", "web-oncall")
			h.team("web-oncall", "ben")
			h.fire("Down", critical)
			h.team("web-oncall", "cyd")
			h.policy(0, "ana", "ben")
			h.look()
			h.forward(15 * time.Minute)
			h.expectPaged("cyd")
		},
		"an empty level is skipped at once, the gap recorded": func(t *testing.T) {
			h := newStory(t, "ana", "ben", "cyd")
			h.gone("ana", "ben")
			h.fire("Down", critical)
			h.expectPaged("cyd")
			h.expectEntry(incident.EntryGap)
			h.expectTimer(incident.TimerEscalate, 15*time.Minute)
		},
		"all levels empty: exhausted at once, the fallback paged": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.gone("ana", "ben")
			h.fire("Down", critical)
			h.expectPaged("boss")
			h.expectEntry(incident.EntryExhausted)
		},
		"a policy that is gone: exhausted at once, loudly": func(t *testing.T) {
			h := newStory(t, "ana")
			h.owned.Policies = nil
			h.changeRoster()
			h.fire("Down", critical)
			h.expectPaged("boss")
			h.expectEntry(incident.EntryExhausted)
		},
		"even without a fallback it is exhausted, with a future": func(t *testing.T) {
			h := newStory(t, "ana")
			h.gone("ana", "boss")
			h.fire("Down", critical)
			h.expectPaged("")
			h.expectEntry(incident.EntryExhausted)
			h.expectTimer(incident.TimerRetry, 5*time.Minute)
		},
		"a level that cannot be reached at all gives way at once": func(t *testing.T) {
			h := newStory(t, "ana ben", "cyd")
			h.provider = silent
			h.fire("Down", critical)
			pages := h.paged
			h.expectPaged("ana ben")
			h.report(pages[0], incident.PageFailed)
			h.expectPaged("") // ben may still be reached
			h.expectTimer(incident.TimerEscalate, 15*time.Minute)
			h.report(pages[1], incident.PageFailed)
			h.expectPaged("cyd")
			h.expectTimer(incident.TimerEscalate, 15*time.Minute)
		},
		"a delivered, unread message keeps the timer": func(t *testing.T) {
			h := newStory(t, "ana ben", "cyd")
			h.provider = silent
			h.fire("Down", critical)
			h.report(h.paged[0], incident.PageAccepted)
			h.report(h.paged[1], incident.PageFailed)
			h.look()
			h.expectPaged("")
			h.expectTimer(incident.TimerEscalate, 15*time.Minute)
		},
		"a page of an earlier level that fails late changes nothing": func(t *testing.T) {
			h := newStory(t, "ana", "ben", "cyd")
			h.provider = silent
			h.fire("Down", critical)
			first := h.paged[0]
			h.forward(15 * time.Minute)
			h.look()
			h.report(first, incident.PageFailed)
			h.expectPaged("")
			h.expectTimer(incident.TimerEscalate, 15*time.Minute)
		},
		"a walk that reached nobody is exhausted at once, whatever repeat says": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.provider = refusing
			h.fire("Down", critical)
			h.expectPaged("ana ben boss")
			if h.state.Walk != 1 || !h.state.Exhausted {
				t.Fatalf("walk %d, exhausted %t", h.state.Walk, h.state.Exhausted)
			}
		},
		"a later walk that reached nobody is exhausted, too": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.forward(29 * time.Minute)
			h.look()
			h.provider = refusing
			h.forward(time.Minute)
			h.expectPaged("ana ben boss")
			if h.state.Walk != 2 {
				t.Fatalf("walk %d", h.state.Walk)
			}
		},
		"what a provider takes late, after the level was paged again, reached somebody": func(t *testing.T) {
			h := newStory(t, "ana")
			h.provider = silent
			h.fire("Down", critical)
			first := h.paged[0]
			h.sleep(17 * time.Minute)
			h.forward(0)
			h.report(first, incident.PageAccepted)
			h.look()
			h.forward(15 * time.Minute)
			h.expectPaged("ana")
			if h.state.Exhausted {
				t.Fatal("exhausted, although the walk reached ana")
			}
		},
	})
}

func TestLateTimers(t *testing.T) {
	told(t, map[string]func(*testing.T){
		"a level that no provider took is paged again once, then it gives way": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.provider = silent
			h.fire("Down", critical)
			h.look()
			h.sleep(45 * time.Minute)
			h.forward(0)
			h.expectPaged("ana")
			h.expectEntry(incident.EntryLate)
			h.expectTimer(incident.TimerEscalate, 15*time.Minute)
			h.sleep(45 * time.Minute)
			h.forward(0)
			h.expectPaged("ben")
			h.sleep(45 * time.Minute) // each level has its own second chance
			h.forward(0)
			h.expectPaged("ben")
		},
		"a level that a provider took gives way: one step, timed from now": func(t *testing.T) {
			h := newStory(t, "ana", "ben", "cyd")
			h.fire("Down", critical)
			h.look()
			h.sleep(3 * time.Hour)
			h.forward(0)
			h.expectPaged("ben")
			h.expectTimer(incident.TimerEscalate, 15*time.Minute)
		},
		"a minute late is on time": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.provider = silent
			h.fire("Down", critical)
			h.look()
			h.sleep(16 * time.Minute)
			h.forward(0)
			h.expectPaged("ben")
		},
		"a level that means nobody any more is not waited for": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.provider = silent
			h.fire("Down", critical)
			h.look()
			h.gone("ana")
			h.sleep(time.Hour)
			h.forward(0)
			h.expectPaged("ben")
		},
		"levels that were paged at once are paged again together": func(t *testing.T) {
			h := newStory(t, "ana", "ben", "cyd")
			h.fire("Slow", warning)
			h.forward(17 * time.Minute)
			h.expectPaged("ana ben")
			h.provider = silent
			h.fire("Down", critical)
			h.expectPaged("ana ben")
			h.sleep(time.Hour)
			h.forward(0)
			h.expectPaged("ana ben")
			h.forward(15 * time.Minute)
			h.expectPaged("cyd")
		},
		"a stale, doubled or unknown timer changes nothing": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			due := h.rows[incident.TimerEscalate]
			h.forward(15 * time.Minute)
			h.look()
			h.must(incident.TimerDue{Timer: due})
			h.must(incident.TimerDue{Timer: incident.Timer{Incident: 1, Kind: incident.TimerHold, Generation: 99}})
			h.expectPaged("")
			h.expectTimer(incident.TimerEscalate, 15*time.Minute)
		},
	})
}

func TestFallbackBySettings(t *testing.T) {
	t.Parallel()
	h := newStory(t, "ana")
	h.settings.Fallback = []escalation.Target{{Kind: escalation.TargetUser, ID: "cyd"}}
	h.gone("ana")
	h.fire("Down", critical)
	h.expectPaged("cyd")
}

func TestServiceChannelsAreToldAndNeverALevel(t *testing.T) {
	t.Parallel()
	h := newStory(t, "ana")
	h.owned.Channels = []directory.Channel{{ID: "#ops", Name: "ops", Kind: "webhook"}}
	h.owned.Services[0].Channels = []id.Channel{"#ops"}
	h.changeRoster()
	h.provider = silent
	h.fire("Down", critical)
	h.expectPaged("ana")
	ops := h.paged[0]
	h.expectTold("#ops")
	h.report(ops, incident.PageAccepted)
	if h.state.Reached || !h.state.AcceptedAt.IsZero() {
		t.Fatal("a post to a channel counts as a page")
	}
	h.ack("ana")
	h.expectTold("#ops")
	h.resolve("ana")
	h.expectTold("#ops")
}
