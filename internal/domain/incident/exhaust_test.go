package incident_test

import (
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

func TestExhausted(t *testing.T) {
	told(t, map[string]func(*testing.T){
		"the fallback is reminded every 30 min": func(t *testing.T) {
			h := newStory(t, "ana")
			h.policy(0, "ana")
			h.fire("Down", critical)
			h.forward(15 * time.Minute)
			h.expectPaged("ana boss")
			for range 3 {
				h.forward(29 * time.Minute)
				h.expectPaged("")
				h.forward(time.Minute)
				h.expectPaged("boss")
			}
		},
		"while nobody was reached all levels are tried every 5 min": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.provider = refusing
			h.fire("Down", critical)
			h.expectPaged("ana ben boss")
			h.forward(5 * time.Minute)
			h.expectPaged("ana ben")
			h.provider = accepting
			h.forward(5 * time.Minute)
			h.expectPaged("ana ben")
			h.forward(5 * time.Minute)
			h.expectPaged("") // reached now
		},
		"a person of two levels is tried once in a try": func(t *testing.T) {
			h := newStory(t, "ana", "ana ben")
			h.provider = refusing
			h.fire("Down", critical)
			h.look()
			h.forward(5 * time.Minute)
			h.expectPaged("ana ben")
		},
		"whoever newly appears in a target is paged": func(t *testing.T) {
			h := newStory(t, "web-oncall")
			h.policy(0, "web-oncall")
			h.team("web-oncall", "ana")
			h.fire("Down", critical)
			h.forward(15 * time.Minute)
			h.look()
			h.team("web-oncall", "ana", "ben")
			h.forward(5 * time.Minute)
			h.expectPaged("ben")
			h.forward(5 * time.Minute)
			h.expectPaged("")
		},
		"an acknowledgement ends all of it": func(t *testing.T) {
			h := newStory(t, "ana")
			h.gone("ana")
			h.fire("Down", critical)
			h.ack("ben")
			h.look()
			h.expectNoTimer(incident.TimerReminder, incident.TimerRetry)
			h.forward(50 * time.Minute)
			h.expectPaged("")
		},
		"a new alert starts a round": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.policy(0, "ana", "ben")
			h.fire("Down", critical)
			h.forward(55 * time.Minute) // exhausted at 30 min; the last page is 25 min old
			h.look()
			h.fire("Slow", critical)
			h.expectPaged("ana")
			h.expectTimer(incident.TimerEscalate, 15*time.Minute)
			h.expectNoTimer(incident.TimerReminder, incident.TimerRetry)
		},
		"a new alert soon after the last page waits for it to be 10 min old": func(t *testing.T) {
			h := newStory(t, "ana")
			h.policy(0, "ana")
			h.fire("Down", critical)
			h.forward(18 * time.Minute) // exhausted and the boss paged at 15 min
			h.look()
			h.fire("Slow", critical)
			h.expectPaged("")
			h.expectTimer(incident.TimerRepage, 7*time.Minute)
			h.forward(7 * time.Minute)
			h.expectPaged("ana")
		},
		"an alert that comes and goes is no new one": func(t *testing.T) {
			h := newStory(t, "ana")
			h.policy(0, "ana")
			h.fire("Down", critical)
			h.fire("Slow", critical)
			h.forward(40 * time.Minute)
			h.heal("Slow")
			h.look()
			h.forward(time.Minute)
			h.fire("Slow", critical)
			if h.expectPaged(""); h.state.Round != 1 {
				t.Fatalf("round %d", h.state.Round)
			}
		},
	})
}
