package deliver_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/deliver"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

type configT = deliver.Config

func newWorker(c deliver.Config) *deliver.Worker { return deliver.New(c) }

func editOf(u directory.User) directory.Edit { return directory.Edit{Users: []directory.User{u}} }

func (h *house) report(m id.Message, s notification.MessageStatus) {
	h.t.Helper()
	c := deliver.Confirm{Worker: h.worker, Messages: h.db.Messages()}
	if err := c.Do(context.Background(), deliver.Report{Message: m, Status: s, Detail: "said the provider"}); err != nil {
		h.t.Fatal(err)
	}
}

func confirming(context.Context, ports.Outgoing) (ports.Receipt, error) {
	return ports.Receipt{ProviderID: "p1", Confirms: true}, nil
}

func TestAReceiptIsBelieved(t *testing.T) {
	h := newHouse(t, nil)
	h.sms.answers(confirming)
	n := h.fire("db down", alert.Critical())
	h.work()
	m := h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted)
	h.report(m.ID, notification.MessageDelivered)
	h.report(m.ID, notification.MessageFailed) // late, of an earlier hop
	h.report(m.ID, notification.MessageAccepted)
	m = h.wantMessage(n, 0, notification.MessageDelivered, notification.Delivered)
	if len(m.Tries) != 2 {
		t.Errorf("tries: %+v", m.Tries)
	}
	h.later(time.Minute)
	h.wantSent(h.mail)
}

func TestNoReceiptGoesOnToTheNextStep(t *testing.T) {
	h := newHouse(t, nil)
	h.sms.answers(confirming)
	n := h.fire("db down", alert.Critical())
	h.work()
	h.later(59 * time.Second)
	h.wantSent(h.mail)
	h.later(time.Second)
	h.wantSent(h.mail, "to-ana-mail")
	if said := h.said(n); !strings.Contains(said, "sms to Ana: no receipt within a minute, going on") {
		t.Errorf("the timeline has %s", said)
	}
	h.later(time.Hour)
	h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted)
}

// Where somebody has answered, nothing goes on, and nothing says so.
func TestNoReceiptOfWhatWasAnswered(t *testing.T) {
	for name, open := range map[string]func(*testing.T) *house{
		"one provider": func(t *testing.T) *house {
			h := newHouse(t, nil)
			h.sms.answers(confirming)
			return h
		},
		"two": func(t *testing.T) *house {
			h, _ := twoProviders(t)
			return h
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			n := h.fire("db down", alert.Critical())
			h.work()
			h.ack(n)
			h.later(61 * time.Second)
			if said := h.said(n); !strings.Contains(said, "sms to Ana: no receipt within a minute") || strings.Contains(said, "going on") {
				t.Errorf("the timeline has %s", said)
			}
		})
	}
}

func TestAReportedFailureGoesOnToTheNextStepAndLevel(t *testing.T) {
	h := newHouse(t, nil)
	h.sms.answers(confirming)
	h.mail.fails(errors.New("mailbox full"))
	n := h.fire("db down", alert.Critical())
	h.work()
	h.report(h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted).ID, notification.MessageFailed)
	h.work()
	if h.mail.called() != 1 {
		t.Fatal("mail did not follow at once")
	}
	h.wantSent(h.sms, "to-ana-sms", "to-ben-sms")
	if s := h.state(n); s.Level != 2 {
		t.Errorf("level %d, want 2", s.Level)
	}
}

// listening is a channel of several providers, which hears of silence.
type listening struct {
	ports.Notifier
	silent []string
}

func (*listening) Health() []ports.ProviderHealth { return nil }
func (*listening) Another(string) bool            { return false }
func (l *listening) Silent(providerID string)     { l.silent = append(l.silent, providerID) }

func TestWhoeverTookItInSilenceIsNamed(t *testing.T) {
	l := &listening{}
	h := newHouse(t, func(c *configT) { l.Notifier, c.Notifiers["sms"] = c.Notifiers["sms"], l })
	h.sms.answers(confirming)
	h.fire("db down", alert.Critical())
	h.work()
	h.later(59 * time.Second)
	if len(l.silent) != 0 {
		t.Errorf("it is said too early: %v", l.silent)
	}
	h.later(2 * time.Second)
	if len(l.silent) != 1 || l.silent[0] != "p1" {
		t.Errorf("silent are %v, want p1 once", l.silent)
	}
}

func TestAReceiptMayComeBeforeTheAnswer(t *testing.T) {
	h := newHouse(t, nil)
	h.sms.answers(func(_ context.Context, m ports.Outgoing) (ports.Receipt, error) {
		h.report(m.ID, notification.MessageDelivered)
		return ports.Receipt{ProviderID: "p1", Confirms: true}, nil
	})
	n := h.fire("db down", alert.Critical())
	h.work()
	m := h.wantMessage(n, 0, notification.MessageDelivered, notification.Delivered)
	if m.ProviderID != "p1" || m.SentAt.IsZero() {
		t.Errorf("the answer was lost: %+v", m.Message)
	}
}

func TestAReceiptEndsRetries(t *testing.T) {
	h := newHouse(t, nil)
	h.sms.fails(ports.Ambiguous(errors.New("no answer")))
	n := h.fire("db down", alert.Critical())
	h.work()
	h.report(h.messages(n)[0].ID, notification.MessageDelivered)
	h.later(time.Minute)
	h.wantSent(h.sms, "to-ana-sms")
	h.wantMessage(n, 0, notification.MessageDelivered, notification.Delivered)
	if s := h.state(n); !s.Reached {
		t.Error("the engine did not hear")
	}
}

func TestALateFailureOfAnOlderAttemptFailsNothing(t *testing.T) {
	h := newHouse(t, nil)
	tries := 0
	h.sms.answers(func(context.Context, ports.Outgoing) (ports.Receipt, error) {
		if tries++; tries == 1 {
			return ports.Receipt{}, ports.Ambiguous(errors.New("no answer"))
		}
		return ports.Receipt{Confirms: true}, nil // and no name for it
	})
	n := h.fire("db down", alert.Critical())
	h.work()
	h.later(time.Minute)
	m := h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted)
	c := deliver.Confirm{Worker: h.worker, Messages: h.db.Messages()}
	report := func(attempt int) {
		t.Helper()
		err := c.Do(t.Context(), deliver.Report{Message: m.ID, Attempt: attempt, ProviderID: "p", Status: notification.MessageFailed})
		if err != nil {
			t.Fatal(err)
		}
	}
	report(1)
	h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted)
	report(2)
	h.wantMessage(n, 0, notification.MessageFailed, notification.Failed)
}

func TestWhatCannotBeReported(t *testing.T) {
	h := newHouse(t, nil)
	c := deliver.Confirm{Worker: h.worker, Messages: h.db.Messages()}
	if err := c.Do(t.Context(), deliver.Report{Message: "nobody", Status: notification.MessageDelivered}); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("an unknown message: %v", err)
	}
	if err := c.Do(t.Context(), deliver.Report{Message: "nobody", Status: notification.MessageExpired}); !fault.Is(err, fault.KindInvalid) {
		t.Errorf("a status that is not a provider's to give: %v", err)
	}
}

func TestMessagesAreForViewers(t *testing.T) {
	h := newHouse(t, nil)
	n := h.fire("db down", alert.Critical())
	h.work()
	show := deliver.ShowMessages{Messages: h.db.Messages()}
	if _, err := show.OfIncident(t.Context(), directory.Principal{}, n); !fault.Is(err, fault.KindUnauthorized) {
		t.Errorf("a stranger: %v", err)
	}
	viewer := directory.Principal{Actor: incident.Actor{Kind: incident.ByUser, ID: "ana"}, Role: directory.Viewer}
	ms, err := show.OfIncident(t.Context(), viewer, n)
	if err != nil || len(ms) != 1 {
		t.Fatalf("%d messages, %v", len(ms), err)
	}
	if b, err := show.One(t.Context(), viewer, ms[0].ID); err != nil || len(b.Deliveries) != 1 {
		t.Errorf("%+v, %v", b, err)
	}
}
