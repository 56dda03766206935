package deliver_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/app/deliver"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// test sends one to ana's phone and gives its id.
func (h *house) test() id.Message {
	h.t.Helper()
	u := deliver.SendTest{
		Atomically: store.Atomic(h.db, store.People, func(tx *store.Tx) deliver.TestRepos {
			return deliver.TestRepos{Directory: tx.Directory(), Messages: tx.Messages(), Paging: tx.Paging(), Links: tx.Links()}
		}),
		CanSend: func(string) bool { return true }, Allow: func(string) (time.Duration, bool) { return 0, true }, Clock: h.clock, Wake: h.worker.Wake,
		NewID: func() id.Message { return id.Message(uuid.Must(uuid.NewV7()).String()) },
	}
	ana := directory.Principal{Actor: incident.Actor{Kind: incident.ByUser, ID: "ana", Name: "Ana"}, Role: directory.Responder, User: "ana"}
	m, err := u.Do(h.t.Context(), ana, deliver.To{Contact: "ana-sms"})
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

func (h *house) message(m id.Message) ports.Bound {
	h.t.Helper()
	b, err := h.db.Messages().Message(h.t.Context(), m)
	if err != nil {
		h.t.Fatal(err)
	}
	return b
}

func TestATestGoesTheWayOfEveryMessage(t *testing.T) {
	h := newHouse(t, nil)
	m := h.test()
	h.work()
	sent := h.wantSent(h.sms, "to-ana-sms")[0]
	if sent.ID != m || sent.Purpose != notification.PurposeTest || sent.Attempt != 1 || len(sent.Items) != 1 || sent.Zone.String() != "Europe/Madrid" {
		t.Errorf("sent was %+v", sent)
	}
	if b := h.message(m); b.Status != notification.MessageAccepted || b.SentAt.IsZero() || len(b.Tries) != 1 || b.ProviderID == "" {
		t.Errorf("kept is %+v", b)
	}
	h.later(time.Hour)
	h.wantSent(h.sms, "to-ana-sms")
}

func TestATestThatFailsSaysWhy(t *testing.T) {
	h := newHouse(t, nil)
	h.sms.fails(errors.New("no such number"))
	m := h.test()
	h.work()
	if b := h.message(m); b.Status != notification.MessageFailed || b.Detail != "no such number" {
		t.Errorf("it is %s: %s", b.Status, b.Detail)
	}
}

func TestATestIsTriedAgainForTwoMinutes(t *testing.T) {
	h := newHouse(t, nil)
	h.sms.fails(ports.Retryable(errors.New("busy"), 0))
	m := h.test()
	h.work()
	if b := h.message(m); b.Status != notification.MessageRetrying || b.Detail != "busy" {
		t.Fatalf("it is %s: %s", b.Status, b.Detail)
	}
	h.sms.answers(nil)
	h.later(time.Minute)
	if b := h.message(m); b.Status != notification.MessageAccepted || b.Attempt < 2 {
		t.Errorf("it is %s after %d attempts", b.Status, b.Attempt)
	}
	late := h.test()
	h.clock.forward(3 * time.Minute) // nobody claimed it
	h.work()
	if b := h.message(late); b.Status != notification.MessageExpired {
		t.Errorf("after three minutes it is %s", b.Status)
	}
}

// In the order of the simulation, too, a message without deliveries is recorded.
func TestATestInOrder(t *testing.T) {
	h := newHouse(t, func(c *deliver.Config) { c.InOrder = true })
	a, b := h.test(), h.test()
	h.work()
	for _, m := range []id.Message{a, b} {
		if got := h.message(m); got.Status != notification.MessageAccepted {
			t.Errorf("it is %s", got.Status)
		}
	}
}

// A provider's late word counts for a test as for every message.
func TestATestIsConfirmed(t *testing.T) {
	h := newHouse(t, nil)
	h.sms.answers(func(context.Context, ports.Outgoing) (ports.Receipt, error) {
		return ports.Receipt{ProviderID: "p", Confirms: true}, nil
	})
	m := h.test()
	h.work()
	if err := (deliver.Confirm{Worker: h.worker, Messages: h.db.Messages()}).Do(t.Context(), deliver.Report{Message: m, Status: notification.MessageDelivered, Detail: "there"}); err != nil {
		t.Fatal(err)
	}
	if b := h.message(m); b.Status != notification.MessageDelivered || b.Detail != "there" {
		t.Errorf("it is %s: %s", b.Status, b.Detail)
	}
}
