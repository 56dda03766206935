package incident_test

import (
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

func TestAcknowledge(t *testing.T) {
	told(t, map[string]func(*testing.T){
		"it stops what waits and owns the incident": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.look()
			h.ack("ana")
			h.expect(incident.Acknowledged())
			h.expectEntry(incident.EntryAcked)
			if !h.stopped || h.state.Assignee.ID != "ana" {
				t.Fatalf("stopped %t, assignee %v", h.stopped, h.state.Assignee)
			}
		},
		"a second person learns that somebody has it; nothing changes": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.ack("ana")
			h.look()
			h.ack("ben")
			if h.state.Assignee.ID != "ana" || len(h.entries) != 0 {
				t.Fatalf("assignee %v, entries %v", h.state.Assignee, h.entries)
			}
		},
		"the assignee's own renews it": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.ack("ana")
			h.forward(3 * time.Hour)
			h.ack("ana")
			h.expectEntry(incident.EntryRenewed)
			h.expectTimer(incident.TimerAckExpire, 4*time.Hour)
			h.expectTimer(incident.TimerAckRemind, time.Hour)
		},
		"who has another name by now is the same person": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.ack("ana")
			h.must(incident.Acknowledge{By: incident.Actor{Kind: incident.ByUser, ID: "ana", Name: "Ana María"}})
			h.expectEntry(incident.EntryRenewed)
		},
		"after a renewal the assignee can be told anew": func(t *testing.T) {
			h := newStory(t, "ana")
			h.rules.NewKind = incident.NewKindPage
			u := h.user("ana")
			u.Contacts = append(u.Contacts, notification.Contact{ID: "ana-call", Kind: "voice", To: "+1", Verified: true})
			u.Rules.High = append(u.Rules.High, notification.Step{After: 5 * time.Minute, Contact: "ana-call"})
			h.changeRoster()
			h.fire("Down", critical)
			h.ack("ana")
			h.fire("Slow", critical)
			h.ack("ana") // stops the call
			h.look()
			h.fire("Odd", critical)
			h.expectPaged("ana")
		},
		"a resolved one is a conflict": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.heal("Down")
			before := copyState(h.state)
			err := h.happen(incident.Acknowledge{By: by("ana")})
			if f := fault.Of(err); f == nil || f.Code != "incident.already_resolved" {
				t.Fatalf("error %v", err)
			}
			if h.state.UpdatedAt != before.UpdatedAt {
				t.Fatal("a refused step changed the state")
			}
		},
	})
}

func TestAcknowledgementExpires(t *testing.T) {
	told(t, map[string]func(*testing.T){
		"high: reminded after 1 h, un-acknowledged after 4 h, with the acknowledger added to level 1": func(t *testing.T) {
			h := newStory(t, "ana", "ben")
			h.fire("Down", critical)
			h.forward(15 * time.Minute)
			h.ack("ben")
			h.look()
			h.forward(time.Hour)
			h.expectTold("ben")
			h.forward(3*time.Hour - time.Second)
			h.expect(incident.Acknowledged())
			h.forward(time.Second)
			h.expect(incident.Open())
			h.expectPaged("ben ana")
			if h.state.Assignee != (incident.Actor{}) {
				t.Fatalf("assignee %v", h.state.Assignee)
			}
		},
		"the acknowledger is tried again, too, while nobody was reached": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.ack("ben")
			h.provider = refusing
			h.forward(4 * time.Hour)
			h.look()
			h.forward(5 * time.Minute)
			h.expectPaged("ben ana")
		},
		"low: reminded every 24 h, never un-acknowledged": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Slow", warning)
			h.ack("ben")
			h.look()
			for range 3 {
				h.forward(24 * time.Hour)
				h.expectTold("ben")
			}
			h.expect(incident.Acknowledged())
			h.expectPaged("")
		},
		"what becomes urgent without a raise expires like what is urgent": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.ack("ben")
			h.heal("Down")
			h.forward(5 * time.Minute)
			h.fire("Slow", warning)
			h.expect(incident.Acknowledged())
			h.expectNoTimer(incident.TimerAckExpire)
			h.forward(5 * time.Minute)
			h.fire("Down", critical) // as high fired within the reopen window: no raise
			h.expect(incident.Acknowledged())
			h.expectTimer(incident.TimerAckExpire, 4*time.Hour)
		},
		"one held by a program expires into a round": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.must(incident.Acknowledge{By: incident.Actor{Kind: incident.ByToken, ID: "t1", Name: "robot"}})
			h.look()
			h.forward(4 * time.Hour)
			h.expectPaged("ana")
		},
	})
}

func TestNewNameOnAcknowledged(t *testing.T) {
	kinds := map[incident.NewKind][2]string{
		"":                     {"", "ana"},
		incident.NewKindNotify: {"", "ana"},
		incident.NewKindPage:   {"ana", ""},
		incident.NewKindQuiet:  {"", ""},
	}
	for kind, want := range kinds {
		t.Run("new_kind "+string(kind), func(t *testing.T) {
			t.Parallel()
			h := newStory(t, "ana")
			h.rules.NewKind = kind
			h.fire("Down", critical)
			h.ack("ana")
			h.look()
			h.fire("Slow", critical)
			h.expectPaged(want[0])
			h.expectTold(want[1])
			h.fireAs("Slow", "Slow on another host", critical)
			h.expectPaged("")
			h.expectTold("")
			h.expect(incident.Acknowledged())
		})
	}
	told(t, map[string]func(*testing.T){
		"a name that fires on is not back": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.ack("ana")
			h.look()
			h.forward(20 * time.Minute)
			h.fireAs("Down", "Down on another host", critical)
			h.expectTold("")
		},
		"a name that just stopped is not back": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.fire("Slow", critical)
			h.ack("ana")
			h.forward(20 * time.Minute)
			h.heal("Slow")
			h.forward(time.Minute)
			h.look()
			h.fire("Slow", critical)
			h.expectTold("")
		},
		"a name that stopped longer ago than the reopen window is back": func(t *testing.T) {
			h := newStory(t, "ana")
			h.fire("Down", critical)
			h.fire("Slow", critical)
			h.heal("Slow")
			h.ack("ana")
			h.forward(16 * time.Minute)
			h.look()
			h.fire("Slow", critical)
			h.expectTold("ana")
		},
	})
}
