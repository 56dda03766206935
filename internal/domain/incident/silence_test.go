package incident_test

import (
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

func TestSilenced(t *testing.T) {
	told(t, map[string]func(*testing.T){
		"all that fires is silenced: nobody is paged, and at its end the levels that were reached": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.forward(20 * time.Minute)
			h.expectPaged("ana ben")
			h.mute("Down", h.now.Add(time.Hour))
			h.expectEntry(incident.EntrySilenced)
			h.expectTimer(incident.TimerSuppress, 61*time.Minute)
			if !h.stopped {
				t.Error("what waits is still sent")
			}
			h.forward(time.Hour)
			h.expectPaged("")
			h.forward(time.Minute)
			h.expectPaged("ana ben")
			h.expectTimer(incident.TimerEscalate, 15*time.Minute)
		},
		"silenced from its first moment": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			until := alert.NewSilence("s1", "Bob", "known", h.now.Add(time.Hour))
			h.muted["Down"] = until
			h.begin(incident.Fired{Alert: "Down", Severity: critical, Silence: until}, "Down")
			h.forward(time.Hour)
			h.expectPaged("")
			if h.state.Round != 0 {
				t.Errorf("round %d began", h.state.Round)
			}
			h.mute("Down", time.Time{})
			h.expectPaged("ana")
		},
		"silenced in part": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.fire("Slow", critical)
			h.mute("Down", h.now.Add(time.Hour))
			h.look()
			h.forward(15 * time.Minute)
			h.expectPaged("ben")
		},
		"what fires besides ends the peace": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", failing)
			h.mute("Down", h.now.Add(time.Hour))
			h.look()
			h.forward(30 * time.Minute)
			h.fire("Slow", failing)
			h.expectPaged("ana")
			h.heal("Slow")
			h.look()
			h.forward(20 * time.Minute)
			h.expectPaged("")
		},
		"longer than was said first": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.look()
			h.mute("Down", h.now.Add(time.Hour))
			h.forward(30 * time.Minute)
			h.mute("Down", h.now.Add(time.Hour))
			h.expectTimer(incident.TimerSuppress, 61*time.Minute)
			h.forward(time.Hour)
			h.expectPaged("")
		},
		"the last page is young when it ends": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.look()
			h.mute("Down", h.now.Add(time.Hour))
			h.forward(4 * time.Minute)
			h.mute("Down", time.Time{})
			h.expectPaged("")
			h.forward(6 * time.Minute)
			h.expectPaged("ana")
		},
		"an acknowledgement that expires while it is silenced waits for the end": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.ack("ana")
			h.mute("Down", h.now.Add(5*time.Hour))
			if h.state.Suppressed {
				t.Error("what somebody owns is suppressed")
			}
			h.look()
			h.forward(4*time.Hour + time.Minute)
			h.expect(incident.Open())
			h.expectPaged("")
			h.look()
			h.forward(time.Hour)
			h.expectPaged("ana")
		},
		"healed while it is silenced": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.mute("Down", h.now.Add(time.Hour))
			h.heal("Down")
			h.expect(incident.Resolved())
			h.expectNoTimer(incident.TimerSuppress)
		},
		"held open without anything that fires, until the silence ends": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.rules.KeepOpen = true
			h.fire("Down", critical)
			h.mute("Down", h.now.Add(time.Hour))
			h.heal("Down")
			h.look()
			h.forward(time.Hour)
			h.expectPaged("")
			h.forward(time.Minute)
			h.expectPaged("ana")
		},
		"nobody is paged on purpose, but whoever is asked to help": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.mute("Down", h.now.Add(time.Hour))
			h.look()
			if err := h.happen(incident.EscalateNow{By: by("ana")}); fault.Of(err).Code != "incident.silenced" {
				t.Errorf("escalating gave %v", err)
			}
			h.must(incident.AddResponder{By: by("ana"), Who: user("cyd")})
			h.expectPaged("cyd")
			h.ack("ana")
			h.expectNoTimer(incident.TimerSuppress)
		},
		"two are one: what is not silenced pages": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.mute("Down", h.now.Add(time.Hour))
			h.forward(20 * time.Minute)
			h.look()
			other := incident.State{Number: 2, ID: "two", Service: "web", OpenedAt: h.now, Severity: critical}
			other.Firing[critical.Rank()], other.Alerts = 1, 1
			h.fires["Slow"] = critical
			h.must(incident.Absorb{Other: other, By: by("ana")})
			h.expectPaged("ana")
		},
	})
}
