package incident_test

import (
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

func TestRaise(t *testing.T) {
	told(t, map[string]func(*testing.T){
		"unanswered: all levels reached so far at once, and on from there": func(t *testing.T) {
			h := newStory(t, "ana", "ben", "cyd")
			h.fire("Slow", failing)
			h.forward(20 * time.Minute)
			h.expectPaged("ana ben")
			h.fire("Down", critical)
			h.expectPaged("ana ben")
			h.expectTimer(incident.TimerEscalate, 15*time.Minute)
			h.forward(15 * time.Minute)
			h.expectPaged("cyd")
		},
		"a person of two of these levels is paged once": func(t *testing.T) {
			h := newStory(t, "ana", "ana ben", "cyd")
			h.fire("Slow", failing)
			h.forward(20 * time.Minute)
			h.look()
			h.fire("Down", critical)
			h.expectPaged("ana ben")
		},
		"these levels give way at once only when nothing of them can be reached": func(t *testing.T) {
			h := newStory(t, "ana", "ana", "cyd")
			h.fire("Slow", failing)
			h.forward(20 * time.Minute)
			h.look()
			h.provider = refusing
			h.fire("Down", critical)
			h.expectPaged("ana cyd boss")
		},
		"on an acknowledged one: a round from level 1": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Slow", failing)
			h.forward(20 * time.Minute)
			h.ack("ben")
			h.look()
			h.fire("Down", critical)
			h.expect(incident.Open())
			h.expectPaged("ana")
			h.expectNoTimer(incident.TimerAckExpire, incident.TimerAckRemind)
		},
		"by an alert that becomes worse": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Slow", failing)
			h.ack("ben")
			h.look()
			h.fire("Slow", critical)
			h.expect(incident.Open())
			h.expectPaged("ana")
			h.expectEntry(incident.EntryRaised)
		},
		"none within the reopen window of one as high": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Slow", warning)
			h.fire("Down", critical)
			h.heal("Down")
			h.ack("ana")
			h.look()
			h.forward(14 * time.Minute)
			h.fire("Down", critical)
			h.expectPaged("")
			h.expect(incident.Acknowledged())
			h.heal("Down")
			h.forward(16 * time.Minute)
			h.fire("Down", critical)
			h.expectPaged("ana")
		},
		"it does not wait for the last page": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Slow", failing)
			h.forward(time.Minute)
			h.look()
			h.fire("Down", critical)
			h.expectPaged("ana")
		},
		"what becomes of pages of the round before matters no more": func(t *testing.T) {
			h := newStory(t, "ana ben", "cyd")
			h.provider = silent
			h.fire("Slow", failing)
			old := h.paged[0]
			h.look()
			h.fire("Down", critical)
			bens := h.paged[1]
			h.expectPaged("ana ben")
			h.report(old, incident.PageFailed)
			h.report(bens, incident.PageFailed)
			h.expectPaged("") // ana may still be reached by this round's
			h.expectTimer(incident.TimerEscalate, 15*time.Minute)
		},
		"it stops what waits of the round before": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Slow", failing)
			h.look()
			h.fire("Down", critical)
			if !h.stopped || h.state.Round != 2 {
				t.Fatalf("stopped %t, round %d", h.stopped, h.state.Round)
			}
		},
	})
}

func TestSeverityNeverFallsByItself(t *testing.T) {
	t.Parallel()
	h := newStory(t, "ana")
	h.fire("Down", critical)
	h.fire("Slow", warning)
	h.heal("Down")
	h.fire("Slow", failing)
	if h.state.Severity != critical {
		t.Fatalf("severity %s", h.state.Severity)
	}
	h.heal("Slow")
	h.fire("Slow", warning)
	if h.state.Severity != warning {
		t.Fatalf("after the reopening severity is %s: it is computed again", h.state.Severity)
	}
}

func TestReopenUnanswered(t *testing.T) {
	told(t, map[string]func(*testing.T){
		"it waits until the last page is 10 min old": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.forward(3 * time.Minute)
			h.heal("Down")
			h.forward(3 * time.Minute)
			h.look()
			h.fire("Down", critical)
			h.expect(incident.Open())
			h.expectPaged("")
			h.expectEntry(incident.EntryReopened)
			h.expectTimer(incident.TimerRepage, 4*time.Minute)
			h.forward(4 * time.Minute)
			h.expectPaged("ana")
		},
		"time spent firing and unanswered counts towards the timeout": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.forward(8 * time.Minute) // 8 spent
			h.heal("Down")
			h.forward(time.Minute)
			h.fire("Down", critical)
			h.look()
			h.forward(time.Minute) // 9 spent: the wait counts, too
			h.expectPaged("ana")
			h.expectTimer(incident.TimerEscalate, 6*time.Minute)
			h.forward(6 * time.Minute)
			h.expectPaged("ben")
		},
		"what comes and goes does not starve level 2": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.rules.FlapWindow = time.Second // no flapping in this story
			h.fire("Down", critical)
			h.look()
			for range 3 {
				h.forward(5 * time.Minute)
				h.heal("Down")
				h.forward(time.Minute)
				h.fire("Down", critical)
			}
			h.forward(5 * time.Minute)
			if p := names(h.paged, isPage); p != "ana ben" && p != "ana ana ben" {
				t.Fatalf("paged %q: ben should have been by now\n%s", p, h.telling())
			}
		},
		"all levels reached before are paged at once": func(t *testing.T) {
			h := newStory(t, "ana", "ben", "cyd")
			h.fire("Down", critical)
			h.forward(16 * time.Minute)
			h.heal("Down")
			h.forward(10 * time.Minute)
			h.look()
			h.fire("Down", critical)
			h.expectPaged("ana ben")
			h.expectTimer(incident.TimerEscalate, 14*time.Minute)
		},
		"one that was exhausted waits for an answer before it is so again": func(t *testing.T) {
			h := newStory(t, "ana")
			h.policy(0, "ana")
			h.fire("Down", critical)
			h.forward(2 * time.Hour)
			h.heal("Down")
			h.forward(14 * time.Minute)
			h.look()
			h.fire("Down", critical)
			h.expectPaged("ana")
			h.expectTimer(incident.TimerEscalate, 15*time.Minute)
		},
		"it may heal again while it waits": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.heal("Down")
			h.fire("Down", critical)
			h.heal("Down")
			h.look()
			h.forward(time.Hour)
			h.expectPaged("")
		},
	})
}

func TestReopenSoonAfterAcknowledgement(t *testing.T) {
	reopened := func(t *testing.T, first, again string, h *story) {
		t.Helper()
		sev := map[string]func(){"critical": func() { h.fire("Down", critical) }, "warning": func() { h.fire("Down", warning) }}
		sev[first]()
		h.ack("ben")
		h.forward(30 * time.Minute)
		h.heal("Down")
		h.forward(10 * time.Minute)
		h.look()
		sev[again]()
	}
	told(t, map[string]func(*testing.T){
		"high: it stays acknowledged and the assignee is paged": func(t *testing.T) {
			h := newStory(t, "ana")
			reopened(t, "critical", "critical", h)
			h.expect(incident.Acknowledged())
			h.expectPaged("ben")
			h.expectTimer(incident.TimerAckExpire, 4*time.Hour)
			if h.state.Assignee.ID != "ben" {
				t.Fatalf("assignee %v", h.state.Assignee)
			}
		},
		"low: it stays acknowledged and the assignee is told": func(t *testing.T) {
			h := newStory(t, "ana")
			reopened(t, "warning", "warning", h)
			h.expect(incident.Acknowledged())
			h.expectPaged("")
			h.expectTold("ben")
		},
		"high, the assignee cannot be reached: a round": func(t *testing.T) {
			h := newStory(t, "ana")
			h.provider = refusing
			reopened(t, "critical", "critical", h)
			h.expect(incident.Open())
			h.expectPaged("ben ana boss")
		},
		"low, the assignee cannot be told: a round": func(t *testing.T) {
			h := newStory(t, "ana")
			h.provider = refusing
			reopened(t, "warning", "warning", h)
			h.expect(incident.Open())
			h.expectPaged("ana boss")
		},
		"a reminder that fails starts no round": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.ack("ben")
			h.look()
			h.provider = refusing
			h.forward(time.Hour)
			h.expectTold("ben")
			h.expect(incident.Acknowledged())
		},
		"the assignee has no contact left: a round": func(t *testing.T) {
			h := newStory(t, "ana")
			h.gone("ben")
			reopened(t, "critical", "critical", h)
			h.expect(incident.Open())
			h.expectPaged("ana")
		},
		"such a round, too, leaves 10 min after the last page": func(t *testing.T) {
			h := newStory(t, "ana")
			h.gone("ben")
			h.fire("Down", critical)
			h.ack("ben")
			h.forward(time.Minute)
			h.heal("Down")
			h.forward(time.Minute)
			h.look()
			h.fire("Down", critical)
			h.expect(incident.Open())
			h.expectPaged("")
			h.expectTimer(incident.TimerRepage, 8*time.Minute)
		},
		"a renewal stops the page": func(t *testing.T) {
			h := newStory(t, "ana")
			h.provider = silent
			reopened(t, "critical", "critical", h)
			page := h.paged[0]
			h.look()
			h.ack("ben")
			if !h.stopped {
				t.Fatal("deliveries go on")
			}
			h.report(page, incident.PageFailed)
			h.expect(incident.Acknowledged())
		},
		"more than 1 h after it: a round": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.ack("ben")
			h.forward(55 * time.Minute)
			h.heal("Down")
			h.forward(6 * time.Minute)
			h.look()
			h.fire("Down", critical)
			h.expect(incident.Open())
			h.expectPaged("ana")
		},
		"acknowledged by a program: nobody to page, so a round": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.must(incident.Acknowledge{By: incident.Actor{Kind: incident.ByToken, ID: "t1", Name: "robot"}})
			h.forward(20 * time.Minute)
			h.heal("Down")
			h.look()
			h.fire("Down", critical)
			h.expect(incident.Open())
			h.expectPaged("ana")
		},
	})
}
