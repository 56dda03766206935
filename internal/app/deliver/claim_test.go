package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/deliver"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// unread cannot load one incident.
type unread struct {
	ports.Incidents
	not *id.Incident
}

func (u unread) Lock(ctx context.Context, ns []id.Incident) (map[id.Incident]incident.State, error) {
	if slices.Contains(ns, *u.not) {
		return nil, errors.New("cannot be read")
	}
	return u.Incidents.Lock(ctx, ns)
}

func TestAnUnreadableIncidentLeavesItsMessageToTheOthers(t *testing.T) {
	var broken id.Incident
	h := newHouse(t, func(c *configT) {
		claims, records := c.Claims, c.Records
		c.Claims = func(ctx context.Context, f func(context.Context, deliver.ClaimRepos) error) error {
			return claims(ctx, func(ctx context.Context, r deliver.ClaimRepos) error {
				r.Facts = blind{r.Facts, &broken}
				return f(ctx, r)
			})
		}
		c.Records = func(ctx context.Context, f func(context.Context, deliver.RecordRepos) error) error {
			return records(ctx, func(ctx context.Context, r deliver.RecordRepos) error {
				r.Incidents = unread{r.Incidents, &broken}
				return f(ctx, r)
			})
		}
	})
	h.fire("first", alert.Critical())
	h.work()
	h.later(time.Second)
	broken = h.fire("broken", alert.Critical())
	fine := h.fire("fine", alert.Critical())
	h.work()
	h.later(time.Minute)
	sent := h.wantSent(h.sms, "to-ana-sms", "to-ana-sms")
	if items := sent[1].Items; len(items) != 1 || items[0].Incident != fine {
		t.Errorf("the second message has %+v, want %s alone", items, fine)
	}
	h.wantMessage(fine, 0, notification.MessageAccepted, notification.Accepted)
	h.later(10 * time.Second)
	if due, err := h.db.Outbox().Due(t.Context(), []string{"sms"}, h.clock.Now()); due || err != nil {
		t.Errorf("the refused delivery is still due (%v): it was not recorded", err)
	}
}

// What cannot be sent yet is not claimed: its lease would run out unused, and the next sender would have to
// believe that it may have arrived.
func TestNoMoreIsClaimedThanCanBeSent(t *testing.T) {
	const many, atOnce = 80, 32
	h := newHouse(t, nil)
	h.crowd(many)
	calling, answer := make(chan struct{}, many), make(chan struct{})
	h.sms.answers(func(context.Context, ports.Outgoing) (ports.Receipt, error) {
		calling <- struct{}{}
		<-answer
		return ports.Receipt{}, nil
	})
	var numbers []id.Incident
	for i := range many {
		numbers = append(numbers, h.fireOn(id.Service(fmt.Sprintf("p%d", i)), "down", alert.Critical()))
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.worker.Run(ctx)
	}()
	for range atOnce {
		<-calling
	}
	claimed := 0
	for _, n := range numbers {
		claimed += len(h.messages(n))
	}
	if claimed != atOnce {
		t.Errorf("%d messages are claimed while %d are being sent", claimed, atOnce)
	}
	go func() {
		for range many - atOnce {
			<-calling
		}
		stop()
	}()
	close(answer)
	<-ended
	for _, n := range numbers {
		if m := h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted); m.MayRepeat || m.Attempt != 1 {
			t.Errorf("%s: attempt %d, may repeat: %v", n, m.Attempt, m.MayRepeat)
		}
	}
}

// A clock that was put back holds up nobody's messages: what a lane remembers is then from after now.
func TestAClockPutBackHoldsUpNoLane(t *testing.T) {
	h := newHouse(t, nil)
	h.fire("first", alert.Critical())
	h.work()
	h.clock.forward(-15 * time.Minute)
	h.fire("second", alert.Critical())
	h.work()
	for range 5 {
		h.later(30 * time.Second)
	}
	h.wantSent(h.sms, "to-ana-sms", "to-ana-sms")
}

// What would be too old when the minute between two texts is over goes before, in one text, while the level has time.
func TestAFloorLosesNoPageOfAShortLevel(t *testing.T) {
	h := newHouse(t, nil)
	h.do(func(ctx context.Context, r repos) error {
		return r.Catalog.Apply(ctx, directory.Edit{
			Policies: []escalation.Policy{{Ref: escalation.Ref{ID: "short", Version: 1}, Name: "short", Levels: []escalation.Level{
				{AckTimeout: time.Minute, Targets: []escalation.Target{{Kind: escalation.TargetUser, ID: "ben"}}}}}},
			Services: []directory.Service{{ID: "db", Name: "db", Policy: "short"}},
		})
	})
	h.fireOn("db", "first", alert.Critical())
	h.work()
	h.later(time.Second)
	second := h.fireOn("db", "second", alert.Critical())
	h.later(10 * time.Second)
	third := h.fireOn("db", "third", alert.Critical())
	h.later(19 * time.Second)
	h.wantSent(h.sms, "to-ben-sms")
	h.later(time.Second)
	if items := h.wantSent(h.sms, "to-ben-sms", "to-ben-sms")[1].Items; len(items) != 2 || items[0].Incident != second || items[1].Incident != third {
		t.Errorf("the second text tells of %+v", items)
	}
}

// A phone that rings takes no other call: what comes waits until that has failed, or for a minute, and is one call then.
func TestACallWaitsForTheEndOfAnother(t *testing.T) {
	h := newHouse(t, func(c *configT) {
		r := notification.NewLaneRules(2*time.Minute, 2)
		r.Line = time.Minute
		c.Rules["sms"] = r
	})
	first := h.fire("first", alert.Error())
	h.work()
	h.later(time.Second)
	second, third := h.fire("second", alert.Critical()), h.fire("third", alert.Error())
	h.later(30 * time.Second)
	h.wantSent(h.sms, "to-ana-sms")
	h.report(h.messages(first)[0].ID, notification.MessageFailed)
	h.later(time.Second)
	took := h.wantSent(h.sms, "to-ana-sms", "to-ana-sms")[1]
	if items := took.Items; len(items) != 2 || items[0].Incident != second || items[1].Incident != third || took.Digest {
		t.Errorf("the second call is %+v", took.Message)
	}
	h.report(took.ID, notification.MessageDelivered) // somebody listens
	h.clock.forward(100 * time.Millisecond)
	h.pageNow("ana", "fourth")
	h.later(59 * time.Second)
	h.wantSent(h.sms, "to-ana-sms", "to-ana-sms")
	h.later(2 * time.Second)
	if took := h.wantSent(h.sms, "to-ana-sms", "to-ana-sms", "to-ana-sms")[2]; took.Digest || took.Items[0].Title != "fourth" {
		t.Errorf("the third call is %+v", took.Message)
	}
}
