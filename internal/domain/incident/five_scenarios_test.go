package incident_test

import (
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// The five scenarios that always hold, by the words of the design.
func TestFiveScenarios(t *testing.T) {
	t.Parallel()
	t.Run("1: healthy service + alert → unhealthy, first level paged, 15-min timer", func(t *testing.T) {
		t.Parallel()
		h := newStory(t, "ana", "ben")
		h.fire("DiskFull", critical)
		h.expect(incident.Open())
		h.expectPaged("ana")
		h.expectTimer(incident.TimerEscalate, 15*time.Minute)
	})
	t.Run("2: unhealthy, unacknowledged, not at the last level + timeout → next level paged, timer set again", func(t *testing.T) {
		t.Parallel()
		h := newStory(t, "ana", "ben")
		h.fire("DiskFull", critical)
		h.look()
		h.forward(15 * time.Minute)
		h.expect(incident.Open())
		h.expectPaged("ben")
		h.expectTimer(incident.TimerEscalate, 15*time.Minute)
	})
	t.Run("3: unhealthy, acknowledged + timeout → nobody paged, no escalation timer", func(t *testing.T) {
		t.Parallel()
		h := newStory(t, "ana", "ben")
		h.fire("DiskFull", critical)
		timeout := h.rows[incident.TimerEscalate]
		h.ack("ana")
		h.look()
		h.sleep(15 * time.Minute)
		h.must(incident.TimerDue{Timer: timeout})
		h.expect(incident.Acknowledged())
		h.expectPaged("")
		h.expectNoTimer(incident.TimerEscalate)
	})
	t.Run("4: unhealthy + another alert of no higher severity → nobody paged, no timer set", func(t *testing.T) {
		t.Parallel()
		h := newStory(t, "ana", "ben")
		h.fire("DiskFull", critical)
		h.look()
		h.forward(time.Minute)
		planned := h.state.Generation
		h.fire("Slow", critical)
		h.fire("Odd", warning)
		h.expect(incident.Open())
		h.expectPaged("")
		if h.state.Generation != planned {
			t.Fatalf("a timer was set: %v", h.rows)
		}
	})
	t.Run("5: unhealthy + healthy event + timeout → healthy, nobody paged, no timer", func(t *testing.T) {
		t.Parallel()
		h := newStory(t, "ana", "ben")
		h.fire("DiskFull", critical)
		timeout := h.rows[incident.TimerEscalate]
		h.look()
		h.heal("DiskFull")
		h.sleep(15 * time.Minute)
		h.must(incident.TimerDue{Timer: timeout})
		h.expect(incident.Resolved())
		h.expectPaged("")
		if len(h.rows) != 0 {
			t.Fatalf("timers are pending: %v", h.rows)
		}
	})
}
