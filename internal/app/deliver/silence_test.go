package deliver_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/failover"
	"github.com/rouse-oncall/rouse/internal/app/deliver"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// twoProviders is a house whose texts go by the first of two, which report later what became of them.
func twoProviders(t *testing.T) (h *house, other *provider) {
	t.Helper()
	other = &provider{}
	h = newHouse(t, func(c *configT) {
		called := func(name string) func(string) bool {
			return func(providerID string) bool { return strings.HasPrefix(providerID, name) }
		}
		c.Notifiers["sms"] = failover.New(c.Clock.Now, func(ports.ProviderHealth) {},
			failover.Provider{Name: "One", Notifier: c.Notifiers["sms"], Took: called("one")},
			failover.Provider{Name: "Two", Notifier: asked{other}, Took: called("two")})
	})
	says := func(providerID string) func(context.Context, ports.Outgoing) (ports.Receipt, error) {
		return func(context.Context, ports.Outgoing) (ports.Receipt, error) {
			return ports.Receipt{ProviderID: providerID, Confirms: true}, nil
		}
	}
	h.sms.answers(says("one-1"))
	other.answers(says("two-1"))
	return h, other
}

// What one provider took in silence the other sends, once, and it says that it may repeat. A report that comes late counts.
func TestTheOtherSendsWhatOneTookInSilence(t *testing.T) {
	h, other := twoProviders(t)
	n := h.fire("db down", alert.Critical())
	h.work()
	h.later(59 * time.Second)
	h.wantSent(other)
	h.later(2 * time.Second)
	if sent := h.wantSent(other, "to-ana-sms"); !sent[0].MayRepeat || sent[0].ID != h.sms.took()[0].ID {
		t.Errorf("the other sent %+v", sent[0])
	}
	h.wantSent(h.mail, "to-ana-mail") // the next step does not wait for it
	if m := h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted); m.Provider != "Two" || m.ProviderID != "two-1" || m.Attempt != 2 {
		t.Errorf("the message is %+v", m.Message)
	}
	if said := h.said(n); !strings.Contains(said, "sms to Ana: One never said that it arrived, Two has it, too") {
		t.Errorf("the timeline has %s", said)
	}
	h.later(5 * time.Minute) // the other is silent, too
	h.wantSent(h.sms, "to-ana-sms")
	h.wantSent(other, "to-ana-sms")
	late := deliver.Report{Message: h.messages(n)[0].ID, Attempt: 1, ProviderID: "one-1", Status: notification.MessageFailed}
	confirm := deliver.Confirm{Worker: h.worker, Messages: h.db.Messages()}
	if err := confirm.Do(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted) // the first's failure says nothing of the other's
	late.Status = notification.MessageDelivered
	if err := confirm.Do(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	h.work()
	h.wantMessage(n, 0, notification.MessageDelivered, notification.Delivered)
	h.wantSent(h.sms, "to-ana-sms")
	h.wantSent(other, "to-ana-sms")
}

// Where the other does not take it, the message stands as it stood: it is not tried again.
func TestTheOtherTriesOnce(t *testing.T) {
	for name, err := range map[string]error{"refuses": errors.New("no"), "is busy": ports.Retryable(errors.New("later"), 0), "does not answer": ports.Ambiguous(errors.New("no answer"))} {
		t.Run(name, func(t *testing.T) {
			h, other := twoProviders(t)
			other.fails(err)
			n := h.fire("db down", alert.Critical())
			h.work()
			h.later(61 * time.Second)
			h.later(3 * time.Minute)
			if other.called() != 1 {
				t.Errorf("the other was asked %d times", other.called())
			}
			h.wantSent(h.sms, "to-ana-sms")
			h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted)
		})
	}
}

// What was answered meanwhile, or arrived, or is no page, is not sent by the other.
func TestTheOtherIsNotAskedInVain(t *testing.T) {
	t.Run("answered", func(t *testing.T) {
		h, other := twoProviders(t)
		n := h.fire("db down", alert.Critical())
		h.work()
		h.ack(n)
		h.later(61 * time.Second)
		h.wantSent(other)
		h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted)
	})
	t.Run("arrived", func(t *testing.T) {
		h, other := twoProviders(t)
		n := h.fire("db down", alert.Critical())
		h.work()
		h.report(h.messages(n)[0].ID, notification.MessageDelivered)
		h.later(61 * time.Second)
		h.wantSent(other)
	})
	t.Run("no page", func(t *testing.T) {
		h, other := twoProviders(t)
		m := h.test()
		h.work()
		h.later(61 * time.Second)
		h.wantSent(other)
		if b := h.message(m); b.Status != notification.MessageAccepted {
			t.Errorf("the test is %s", b.Status)
		}
	})
}
