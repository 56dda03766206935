package deliver_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

func TestAPageGoesOutAtOnceAndTheEngineHears(t *testing.T) {
	h := newHouse(t, nil)
	n := h.fire("db down", alert.Critical())
	h.work()
	m := h.wantSent(h.sms, "to-ana-sms")[0]
	it := m.Items[0]
	if it.Incident != n || it.Title != "db down" || it.Status != "open" || it.Why != "level 1 of web" || it.Next != "Ben" ||
		!it.NextAt.Equal(h.clock.Now().Add(15*time.Minute)) || m.Zone.String() != "Europe/Madrid" || m.Attempt != 1 || m.MayRepeat {
		t.Errorf("it says %+v in %+v", it, m)
	}
	b := h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted)
	if len(b.Tries) != 1 || b.Tries[0].Outcome != "accepted" || b.ProviderID == "" {
		t.Errorf("kept %+v", b.Message)
	}
	if s := h.state(n); !s.Reached || !s.AcceptedAt.Equal(h.clock.Now()) {
		t.Errorf("the engine did not hear: %+v", s)
	}
	if len(h.counts.requested) != 1 || h.counts.requested[0] != 0 {
		t.Errorf("requested after %v", h.counts.requested)
	}
}

func TestTheNextStepComesWhenItIsDue(t *testing.T) {
	h := newHouse(t, nil)
	h.fire("db down", alert.Critical())
	h.work()
	h.later(119 * time.Second)
	h.wantSent(h.mail)
	h.later(time.Second)
	h.wantSent(h.mail, "to-ana-mail")
	h.wantSent(h.sms, "to-ana-sms")
}

func TestNothingMoreAfterAnAcknowledgement(t *testing.T) {
	h := newHouse(t, nil)
	n := h.fire("db down", alert.Critical())
	h.work()
	h.ack(n)
	h.later(time.Hour)
	h.wantSent(h.mail)
	h.wantSent(h.sms, "to-ana-sms")
}

// The clock is put back between a page and its answer: the answer holds for it all the same.
func TestAnAnswerHoldsWhateverTheClockSays(t *testing.T) {
	h := newHouse(t, nil)
	n := h.fire("db is down", alert.Critical())
	h.sms.fails(ports.Retryable(errors.New("busy"), 30*time.Second))
	h.work()
	h.clock.forward(-time.Hour)
	h.ack(n)
	h.sms.fails(nil)
	h.later(time.Hour + time.Minute)
	h.wantSent(h.sms)
	h.wantMessage(n, 0, notification.MessageCancelled, notification.Cancelled)
}

// The clock runs ahead while somebody answers and is put right: what begins after the answer is paged at once.
func TestAnAnswerHoldsForNothingThatComesAfterIt(t *testing.T) {
	h := newHouse(t, nil)
	n := h.fire("db is down", alert.Error())
	h.work()
	h.clock.forward(time.Hour)
	h.ack(n)
	h.clock.forward(time.Minute - time.Hour)
	h.step(n, incident.Fired{Alert: "worse", Severity: alert.Critical(), New: true})
	h.later(time.Minute)
	h.wantSent(h.sms, "to-ana-sms", "to-ana-sms")
}

// The clock is put back by an hour after a message: the next one waits for the floor between two, and no longer.
func TestALaneDoesNotWaitForAClockThatWasPutBack(t *testing.T) {
	h := newHouse(t, nil)
	h.fire("db is down", alert.Critical())
	h.work()
	h.clock.forward(-time.Hour)
	h.fire("web is down", alert.Critical())
	h.work()
	for range 4 {
		h.later(50 * time.Second)
	}
	h.wantSent(h.sms, "to-ana-sms", "to-ana-sms")
}

func TestAnsweredBetweenClaimAndCall(t *testing.T) {
	for name, ev := range map[string]incident.Event{
		"acknowledged": incident.Acknowledge{By: incident.Actor{Kind: incident.ByUser, ID: "ana"}},
		"resolved":     incident.Resolve{By: incident.Actor{Kind: incident.ByUser, ID: "ana"}},
	} {
		t.Run(name, func(t *testing.T) {
			var h *house
			var n id.Incident
			h = newHouse(t, func(c *configT) {
				c.Outbox = outbox{c.Outbox, func() { h.step(n, ev) }}
			})
			n = h.fire("db down", alert.Critical())
			h.work()
			if h.sms.called() != 0 {
				t.Error("the provider was called")
			}
			h.wantMessage(n, 0, notification.MessageCancelled, notification.Cancelled)
		})
	}
}

func TestABundleLosesWhatIsAnswered(t *testing.T) {
	var h *house
	var acked id.Incident
	h = newHouse(t, func(c *configT) {
		c.Outbox = outbox{c.Outbox, func() {
			if acked != 0 {
				h.ack(acked)
			}
		}}
	})
	first := h.fire("one", alert.Error())
	h.work()
	h.clock.forward(5 * time.Second)
	second, third := h.fire("two", alert.Error()), h.fire("three", alert.Error())
	h.work()
	h.wantSent(h.sms, "to-ana-sms") // gathered, and held by the floor
	acked = second
	h.later(55 * time.Second)
	sent := h.wantSent(h.sms, "to-ana-sms", "to-ana-sms")
	if len(sent[1].Items) != 1 || sent[1].Items[0].Incident != third {
		t.Errorf("the bundle says %+v", sent[1].Items)
	}
	b := h.wantMessage(third, 0, notification.MessageAccepted, notification.Accepted)
	if len(b.Items) != 1 {
		t.Errorf("the message is kept with %d items: acknowledging it would take more than it listed", len(b.Items))
	}
	h.wantMessage(second, 0, notification.MessageAccepted, notification.Cancelled)
	h.wantMessage(first, 0, notification.MessageAccepted, notification.Accepted)
}

// In a storm a person who is paged by hand hears it at once and by itself; the storm's message comes after the floor.
func TestAPageByHandDoesNotWaitInAStorm(t *testing.T) {
	h := newHouse(t, nil)
	h.fire("one", alert.Critical())
	h.work()
	h.clock.forward(5 * time.Second)
	for _, title := range []string{"two", "three", "four"} {
		h.fire(title, alert.Critical())
	}
	h.later(time.Second)
	h.wantSent(h.sms, "to-ana-sms")
	n := h.pageNow("ana", "the lift is stuck")
	h.later(time.Second)
	sent := h.wantSent(h.sms, "to-ana-sms", "to-ana-sms")
	if m := sent[1]; len(m.Items) != 1 || m.Items[0].Incident != n || m.Digest {
		t.Errorf("the page by hand says %+v", m.Items)
	}
	h.later(time.Minute)
	if m := h.wantSent(h.sms, "to-ana-sms", "to-ana-sms", "to-ana-sms")[2]; len(m.Items) != 3 {
		t.Errorf("the storm's message says %+v", m.Items)
	}
}

func TestARetryWaitsAsAsked(t *testing.T) {
	h := newHouse(t, nil)
	h.sms.fails(ports.Retryable(errors.New("busy"), 30*time.Second))
	n := h.fire("db down", alert.Critical())
	h.work()
	h.wantMessage(n, 0, notification.MessageRetrying, notification.Sending)
	h.sms.answers(nil)
	h.later(29 * time.Second)
	if h.sms.called() != 1 {
		t.Fatal("Retry-After was not honoured")
	}
	h.later(time.Second)
	m := h.wantSent(h.sms, "to-ana-sms")[0]
	if m.Attempt != 2 || m.MayRepeat {
		t.Errorf("attempt %d, may repeat %v", m.Attempt, m.MayRepeat)
	}
	b := h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted)
	if len(b.Tries) != 2 || b.Tries[0].Outcome != "retry" || b.Tries[0].Detail != "busy" {
		t.Errorf("tries: %+v", b.Tries)
	}
}

func TestRetriesEndWithTheExpiry(t *testing.T) {
	h := newHouse(t, nil)
	h.sms.fails(ports.Retryable(errors.New("busy"), 0))
	n := h.fire("db down", alert.Critical())
	for range 1000 {
		h.later(time.Second)
	}
	b := h.wantMessage(n, 0, notification.MessageFailed, notification.Failed)
	if b.Attempt < 15 || b.Attempt > 25 {
		t.Errorf("%d attempts in 15 minutes", b.Attempt)
	}
	h.wantSent(h.mail, "to-ana-mail")
}

func TestARefusalGoesOnToTheNextStepAndThenTheNextLevel(t *testing.T) {
	h := newHouse(t, nil)
	no := errors.New("no such number")
	h.sms.fails(no)
	h.mail.fails(no)
	n := h.fire("db down", alert.Critical())
	if _, err := h.worker.RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := h.state(n); s.Level != 1 {
		t.Fatalf("level %d although a step waits", s.Level)
	}
	h.sms.answers(nil)
	h.work()
	if h.mail.called() != 1 {
		t.Error("mail did not follow at once")
	}
	h.wantSent(h.sms, "to-ben-sms")
	if s := h.state(n); s.Level != 2 {
		t.Errorf("level %d, want 2", s.Level)
	}
	h.wantMessage(n, 0, notification.MessageFailed, notification.Failed)
}

func TestTooOldIsNotSentAndCountsAsFailed(t *testing.T) {
	h := newHouse(t, nil)
	n := h.fire("db down", alert.Critical())
	h.later(5 * time.Hour)
	h.wantSent(h.mail)
	h.wantSent(h.sms, "to-ben-sms")
	if s := h.state(n); s.Level != 2 {
		t.Errorf("level %d: nobody of level 1 can be reached any more", s.Level)
	}
}

func TestTooOldForOneContactMayStillGoToAnother(t *testing.T) {
	h := newHouse(t, nil)
	n := h.fire("db down", alert.Critical())
	h.later(16 * time.Minute)
	h.wantSent(h.sms)
	if sent := h.wantSent(h.mail, "to-ana-mail"); !sent[0].Digest {
		t.Error("late, and no digest")
	}
	if s := h.state(n); s.Level != 1 {
		t.Errorf("level %d although mail reached ana", s.Level)
	}
}

func TestAnUnknownKindIsLeftAlone(t *testing.T) {
	h := newHouse(t, func(c *configT) { delete(c.Notifiers, "sms") })
	n := h.fire("db down", alert.Critical())
	h.work()
	if len(h.messages(n)) != 0 {
		t.Fatal("claimed what it cannot send")
	}
	h.cfg.Notifiers["sms"] = h.sms
	h.worker = newWorker(h.cfg)
	h.work()
	h.wantSent(h.sms, "to-ana-sms")
}

func TestAnUnknownOutcomeIsSentAgainWithALabel(t *testing.T) {
	h := newHouse(t, nil)
	h.sms.fails(ports.Ambiguous(errors.New("no answer")))
	n := h.fire("db down", alert.Critical())
	h.work()
	h.sms.answers(nil)
	h.later(time.Second)
	sent := h.wantSent(h.sms, "to-ana-sms", "to-ana-sms")
	if sent[0].MayRepeat || !sent[1].MayRepeat {
		t.Errorf("labels: %v, %v", sent[0].MayRepeat, sent[1].MayRepeat)
	}
	if h.counts.duplicates != 1 {
		t.Errorf("%d possible duplicates counted", h.counts.duplicates)
	}
	h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted)
}

func TestAnUnknownOutcomeIsNotSentAgainOnceAnswered(t *testing.T) {
	h := newHouse(t, nil)
	h.sms.fails(ports.Ambiguous(errors.New("no answer")))
	n := h.fire("db down", alert.Critical())
	h.work()
	h.ack(n)
	h.later(time.Minute)
	h.wantSent(h.sms, "to-ana-sms")
	h.wantMessage(n, 0, notification.MessageCancelled, notification.Cancelled)
}

func TestAProviderThatCanBeAskedIs(t *testing.T) {
	h := newHouse(t, func(c *configT) { c.Notifiers["sms"] = asked{c.Notifiers["sms"].(*provider)} })
	h.sms.fails(ports.Ambiguous(errors.New("no answer")))
	n := h.fire("db down", alert.Critical())
	h.work()
	h.sms.answers(nil)
	h.later(time.Second)
	h.wantSent(h.sms, "to-ana-sms")
	if b := h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted); b.ProviderID != "found" || h.counts.duplicates != 0 {
		t.Errorf("%+v, %d possible duplicates", b.Message, h.counts.duplicates)
	}
}

// slowly is a provider that can be asked, and that an earlier attempt reaches late.
type slowly struct {
	*provider
	has bool
}

func (p *slowly) Reconcile(context.Context, ports.Outgoing) (ports.Receipt, bool, error) {
	has := p.has
	p.has = true
	return ports.Receipt{ProviderID: "found"}, has, nil
}

func TestAProviderThatDoesNotHaveItYetIsAskedAgain(t *testing.T) {
	var asked *slowly
	h := newHouse(t, func(c *configT) {
		asked = &slowly{provider: &provider{}}
		c.Notifiers["sms"] = asked
	})
	asked.fails(ports.Ambiguous(errors.New("cut")))
	n := h.fire("db down", alert.Critical())
	h.work()
	asked.fails(ports.Retryable(errors.New("busy"), 0))
	h.later(2 * time.Second)
	asked.answers(nil)
	h.later(4 * time.Second)
	if asked.called() != 2 {
		t.Errorf("the provider was called %d times", asked.called())
	}
	h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted)
}

func TestPoisonIsGivenUpAndTheOthersFlow(t *testing.T) {
	h := newHouse(t, nil)
	h.sms.answers(func(context.Context, ports.Outgoing) (ports.Receipt, error) { panic("nil map") })
	n := h.fire("db down", alert.Critical())
	for range 60 {
		h.later(time.Second)
	}
	b := h.wantMessage(n, 0, notification.MessageFailed, notification.Failed)
	if b.Faults != 5 || h.counts.poisoned != 1 || !strings.Contains(b.Detail, "nil map") {
		t.Errorf("%d faults, %d poisoned: %s", b.Faults, h.counts.poisoned, b.Detail)
	}
	h.wantSent(h.mail, "to-ana-mail")
}

func TestAContactThatIsGoneFailsVisibly(t *testing.T) {
	h := newHouse(t, nil)
	n := h.fire("db down", alert.Critical())
	h.do(func(ctx context.Context, r repos) error {
		snap, err := r.Directory.Current(ctx)
		if err != nil {
			return err
		}
		u := *snap.Users["ana"]
		u.Contacts = u.Contacts[1:]
		return r.Catalog.Apply(ctx, editOf(u))
	})
	h.work()
	if h.sms.called() != 0 {
		t.Error("sent to a contact that is gone")
	}
	h.wantSent(h.mail, "to-ana-mail")
	if s := h.state(n); !s.Reached {
		t.Error("mail should have reached ana")
	}
}

func TestAfterAnOutageOneDigestAMinute(t *testing.T) {
	h := newHouse(t, nil)
	for _, title := range []string{"a", "b", "c"} {
		h.fire(title, alert.Error())
	}
	worst := h.fire("d", alert.Critical())
	h.later(10 * time.Minute)
	sent := h.wantSent(h.sms, "to-ana-sms")
	if !sent[0].Digest || len(sent[0].Items) != 4 || sent[0].Items[0].Incident != worst {
		t.Errorf("no digest, worst first: %+v", sent[0].Message)
	}
	h.wantSent(h.mail)
	h.later(59 * time.Second)
	h.wantSent(h.mail)
	h.later(time.Second)
	if sent := h.wantSent(h.mail, "to-ana-mail"); !sent[0].Digest || len(sent[0].Items) != 4 {
		t.Errorf("no digest: %+v", sent[0].Message)
	}
}

// While the engine catches up, digests wait for what it makes; not for ever, for recovery must begin.
func TestDigestsWaitForTheEngine(t *testing.T) {
	behind := true
	h := newHouse(t, func(c *configT) { c.Behind = func(context.Context, time.Time) (bool, error) { return behind, nil } })
	h.fire("first", alert.Critical())
	h.clock.forward(2 * time.Minute)
	h.work()
	h.wantSent(h.sms)
	h.later(2 * time.Second)
	h.wantSent(h.sms)
	h.later(time.Second)
	if sent := h.wantSent(h.sms, "to-ana-sms"); !sent[0].Digest {
		t.Error("late, and no digest")
	}
	h.ack(1)
	behind = false
	h.later(10 * time.Minute)
	h.fire("second", alert.Critical())
	h.clock.forward(2 * time.Minute)
	h.work()
	h.wantSent(h.sms, "to-ana-sms", "to-ana-sms") // at once
	h.ack(2)
	behind = true // another outage
	h.later(10 * time.Minute)
	h.fire("third", alert.Critical())
	h.clock.forward(2 * time.Minute)
	behind = true
	h.work()
	h.wantSent(h.sms, "to-ana-sms", "to-ana-sms")
}
