package incident_test

import (
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// nightly gives a person an SMS at once, and for low urgency an email by day only.
func (h *story) nightly(name string) {
	u := h.user(name)
	mail := notification.Contact{ID: id.Contact(name + "-mail"), Kind: "email", To: name, Verified: true}
	u.Contacts = append(u.Contacts, mail)
	u.Rules.Low = []notification.Step{{Contact: mail.ID, Hours: &notification.Hours{From: 8 * 60, To: 20 * 60}}}
	h.now = time.Date(2026, 3, 2, 23, 0, 0, 0, time.UTC)
	h.changeRoster()
}

func TestOwnHours(t *testing.T) {
	told(t, map[string]func(*testing.T){
		"a step that waits by the person's own hours counts as reached and is planned once": func(t *testing.T) {
			h := newStory(t, "ana")
			h.nightly("ana")
			h.policy(1, "ana")
			h.fire("Slow", warning)
			h.forward(2 * time.Minute)
			if len(h.flights) != 1 || h.flights[0].Deliveries[0].DueAt.Sub(h.now) != 8*time.Hour+58*time.Minute {
				t.Fatalf("deliveries: %+v", h.flights)
			}
			h.expectPaged("ana")
			h.forward(20 * time.Minute)
			if h.expectPaged(""); h.state.Walk != 2 {
				t.Fatalf("walk %d: a person whose own hours are waited for is reached", h.state.Walk)
			}
			h.forward(20 * time.Minute) // exhausted; the boss has no such hours
			h.expectPaged("boss")
			h.forward(19 * time.Minute)
			h.expectPaged("")
		},
		"a raise does not wait for the day": func(t *testing.T) {
			h := newStory(t, "ana")
			h.nightly("ana")
			h.fire("Slow", warning)
			h.forward(2 * time.Minute)
			h.look()
			h.fire("Down", critical)
			h.expectPaged("ana")
			if h.state.AcceptedAt != h.now {
				t.Fatal("not sent at once")
			}
		},
		"whoever cannot be reached when the day comes was not reached: the levels are tried again": func(t *testing.T) {
			h := newStory(t, "ana")
			h.nightly("ana")
			h.gone("boss")
			h.provider = refusing
			h.policy(0, "ana")
			h.fire("Slow", warning)
			h.forward(time.Hour)
			pass := h.state.Pass
			h.forward(8*time.Hour - 3*time.Minute)
			if h.state.Pass > pass+2*8 { // two reminders an hour, no tries
				t.Fatalf("from pass %d to %d while ana's own hours are waited for", pass, h.state.Pass)
			}
			h.look()
			h.forward(8 * time.Minute)
			h.expectPaged("ana")
		},
	})
}

func TestWaitingSteps(t *testing.T) {
	told(t, map[string]func(*testing.T){
		"a page to somebody with a step that waits adds none, and shares its fate": func(t *testing.T) {
			h := newStory(t, "ana", "ana", "ben")
			u := h.user("ana")
			u.Contacts = append(u.Contacts, notification.Contact{ID: "ana-call", Kind: "voice", To: "+1", Verified: true})
			u.Rules.High = append(u.Rules.High, notification.Step{After: 20 * time.Minute, Contact: "ana-call"})
			h.changeRoster()
			h.provider = silent
			h.fire("Down", critical)
			first := h.paged[0]
			h.look()
			h.forward(15 * time.Minute)
			h.expectPaged("")
			if h.state.Level != 2 {
				t.Fatalf("level %d", h.state.Level)
			}
			h.report(first, incident.PageFailed)
			h.expectPaged("ben")
		},
		"whom a provider reached and who has a step that waits is reached in the next walk, too": func(t *testing.T) {
			h := newStory(t, "ana")
			u := h.user("ana")
			u.Contacts = append(u.Contacts, notification.Contact{ID: "ana-call", Kind: "voice", To: "+1", Verified: true})
			u.Rules.High = append(u.Rules.High, notification.Step{After: 40 * time.Minute, Contact: "ana-call"})
			h.changeRoster()
			h.fire("Down", critical)
			h.forward(30 * time.Minute)
			if h.expectPaged("ana"); h.state.Walk != 3 {
				t.Fatalf("walk %d, exhausted %t", h.state.Walk, h.state.Exhausted)
			}
		},
		"earlier levels' remaining steps go on": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.look()
			h.forward(15 * time.Minute)
			if h.stopped {
				t.Fatal("the next level stopped deliveries")
			}
		},
	})
}
