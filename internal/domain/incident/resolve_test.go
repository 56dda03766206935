package incident_test

import (
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

func isPage(p notification.Page) bool { return p.Purpose == notification.PurposePage }

func TestResolve(t *testing.T) {
	told(t, map[string]func(*testing.T){
		"by itself when all alerts have": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.fire("Slow", critical)
			h.heal("Down")
			h.expect(incident.Open())
			h.look()
			h.heal("Slow")
			h.expect(incident.Resolved())
			if !h.stopped || h.state.ResolvedBy.Kind != incident.BySource {
				t.Fatalf("stopped %t, resolved by %v", h.stopped, h.state.ResolvedBy)
			}
		},
		"not where people resolve: escalation goes on": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.rules.KeepOpen = true
			h.fire("Down", critical)
			h.heal("Down")
			h.expect(incident.Open())
			h.look()
			h.forward(15 * time.Minute)
			h.expectPaged("ben")
			h.resolve("ben")
			h.expect(incident.Resolved())
			h.expectNoTimer(incident.TimerGrace)
		},
		"by a person while alerts fire: grace": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.resolve("ana")
			h.expect(incident.Resolved())
			h.expectTimer(incident.TimerGrace, 30*time.Minute)
		},
		"grace ends when the last alert does": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.resolve("ana")
			h.heal("Down")
			h.expectNoTimer(incident.TimerGrace)
			h.expect(incident.Resolved())
		},
		"an alert of the same key in the grace reopens it, with all that fires": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.resolve("ana")
			h.forward(12 * time.Minute)
			h.look()
			h.fire("Slow", warning)
			h.expect(incident.Open())
			h.expectNoTimer(incident.TimerGrace)
			h.expectPaged("ana")
			if h.state.Severity != critical {
				t.Fatalf("severity %s", h.state.Severity)
			}
		},
		"a repeated resolve changes nothing": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.resolve("ana")
			h.forward(time.Minute)
			h.look()
			h.resolve("ben")
			h.expectTimer(incident.TimerGrace, 29*time.Minute)
			if len(h.entries) != 0 {
				t.Fatalf("entries %v", h.entries)
			}
		},
		"what moves away at the end of grace leaves nothing behind": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.resolve("ana")
			h.forward(30 * time.Minute)
			delete(h.fires, "Down")
			h.must(incident.Left{Alert: "Down", Severity: critical})
			h.expect(incident.Resolved())
		},
	})
}

func TestQuiet(t *testing.T) {
	told(t, map[string]func(*testing.T){
		"info is recorded, pages nobody and is looked at daily": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Watchdog", info)
			for range 3 {
				h.expectTimer(incident.TimerLook, 24*time.Hour)
				h.forward(24 * time.Hour)
			}
			h.fire("Another", info)
			h.expectPaged("")
			h.expectTold("")
			if h.state.Round != 0 || !h.state.Quiet {
				t.Fatalf("round %d, quiet %t", h.state.Round, h.state.Quiet)
			}
		},
		"it may be acknowledged, resolved and reopened in silence": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Watchdog", info)
			h.ack("ana")
			h.expectTimer(incident.TimerLook, 24*time.Hour)
			h.heal("Watchdog")
			h.fire("Watchdog", info)
			h.expect(incident.Open())
			h.expectTimer(incident.TimerLook, 24*time.Hour)
			h.expectPaged("")
		},
	})
}

// flap lets an alert go and come, so that the incident changes n times, a minute apart.
func (h *story) flap(name string, n int) {
	h.t.Helper()
	sev := h.state.Severity
	for range n {
		h.forward(time.Minute)
		if _, fires := h.fires[name]; fires {
			h.heal(name)
		} else {
			h.fire(name, sev)
		}
	}
}

func TestFlap(t *testing.T) {
	told(t, map[string]func(*testing.T){
		"the fourth change within 30 min is flapping: held open until stable": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.flap("Down", 3)
			if h.state.Flapping {
				t.Fatal("flapping at the third change")
			}
			h.flap("Down", 1)
			h.expectEntry(incident.EntryFlapping)
			h.expectTimer(incident.TimerStable, 30*time.Minute)
			h.flap("Down", 1)
			h.expect(incident.Open())
			h.expectTimer(incident.TimerStable, 30*time.Minute) // by each change anew
		},
		"four changes in more than 30 min are none": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.flap("Down", 2)
			h.forward(29 * time.Minute)
			h.flap("Down", 2)
			if h.state.Flapping {
				t.Fatal("flapping")
			}
		},
		"unanswered, its round goes on while nothing fires": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.flap("Down", 5)
			h.look()
			h.forward(16 * time.Minute)
			h.expectPaged("ana ben")
		},
		"stable and nothing fires: resolved": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.flap("Down", 5)
			h.forward(30*time.Minute - time.Second)
			h.expect(incident.Open())
			h.forward(time.Second)
			h.expect(incident.Resolved())
		},
		"acknowledged, it stays so and nobody is paged by changes": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.flap("Down", 4)
			h.ack("ana")
			h.look()
			h.flap("Down", 4)
			h.expect(incident.Acknowledged())
			h.expectPaged("")
			h.expectTold("")
			h.forward(30 * time.Minute)
			h.expect(incident.Acknowledged()) // stable, firing, acknowledged
			h.expectNoTimer(incident.TimerStable)
			h.expectPaged("")
		},
		"acknowledged, a raise starts a round": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Slow", failing)
			h.flap("Slow", 4)
			h.ack("ana")
			h.look()
			h.fire("Down", critical)
			h.expect(incident.Open())
			h.expectPaged("ana")
		},
		"stable, firing, unanswered, its round running: it runs on": func(t *testing.T) {
			h := newStory(t, "ana", "ben", "cyd")
			h.fire("Down", critical)
			h.flap("Down", 4)
			round := h.state.Round
			h.forward(30 * time.Minute)
			if h.state.Round != round || h.state.Flapping {
				t.Fatalf("round %d, was %d; flapping %t", h.state.Round, round, h.state.Flapping)
			}
		},
		"stable, firing, unanswered and no round running: a round": func(t *testing.T) {
			h := newStory(t, "ana")
			h.provider = silent
			h.fire("Down", critical)
			h.flap("Down", 4)
			h.forward(29 * time.Minute)
			h.lose(incident.TimerEscalate, incident.TimerReminder, incident.TimerRetry)
			h.look()
			h.sleep(time.Minute)
			h.must(incident.TimerDue{Timer: h.rows[incident.TimerStable]})
			h.expectPaged("ana")
		},
		"a change that comes after a person's resolve counts": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.flap("Down", 2)
			h.resolve("ana")
			h.flap("Down", 2)
			if !h.state.Flapping {
				t.Fatal("not flapping at the fourth change")
			}
		},
	})
}

// lose makes the state and its rows forget timers, as no step does.
func (h *story) lose(kinds ...incident.TimerKind) {
	s := copyState(h.state)
	s.Timers = nil
	for _, t := range h.state.Timers {
		keep := true
		for _, k := range kinds {
			keep = keep && t.Kind != k
		}
		if keep {
			s.Timers = append(s.Timers, t)
		} else {
			delete(h.rows, t.Kind)
		}
	}
	h.state = s
}

func TestRepaired(t *testing.T) {
	told(t, map[string]func(*testing.T){
		"open: a round": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.lose(incident.TimerEscalate)
			h.look()
			h.must(incident.Repaired{})
			h.expectPaged("ana")
			h.expectEntry(incident.EntryRepaired)
		},
		"open, a timer's row is gone: it is planned again": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.rows = map[incident.TimerKind]incident.Timer{}
			h.look()
			h.must(incident.Repaired{})
			h.expectPaged("")
			h.expectTimer(incident.TimerEscalate, 15*time.Minute)
		},
		"open and flapping, but nothing would page: a round": func(t *testing.T) {
			h := newStory(t, "ana")
			h.provider = silent
			h.fire("Down", critical)
			h.flap("Down", 4)
			h.lose(incident.TimerEscalate)
			h.look()
			h.must(incident.Repaired{})
			h.expectPaged("ana")
		},
		"acknowledged: its timers": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.ack("ana")
			h.lose(incident.TimerAckExpire, incident.TimerAckRemind)
			h.must(incident.Repaired{})
			h.expectTimer(incident.TimerAckExpire, 4*time.Hour)
		},
		"quiet: its daily look": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Watchdog", info)
			h.lose(incident.TimerLook)
			h.must(incident.Repaired{})
			h.expectTimer(incident.TimerLook, 24*time.Hour)
		},
		"resolved: nothing to repair": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.heal("Down")
			h.look()
			h.must(incident.Repaired{})
			h.expectPaged("")
			h.expect(incident.Resolved())
		},
	})
}
