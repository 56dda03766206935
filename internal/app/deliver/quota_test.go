package deliver_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/deliver"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// What is not urgent stops where the quota is used up, loudly, and goes on the next day.
func TestAQuotaStopsWhatIsNotUrgent(t *testing.T) {
	var log bytes.Buffer
	h := newHouse(t, func(c *configT) {
		c.Quota, c.Log = notification.Quota{Server: 2}, slog.New(slog.NewTextHandler(&log, nil))
	})
	h.mail.fails(errors.New("mailbox full"))        // so that low ones come to ben's phone
	h.do(func(ctx context.Context, r repos) error { // warnings page at once, and Ben by his phone
		return r.Catalog.Apply(ctx, directory.Edit{
			Services: []directory.Service{{ID: "web", Name: "web", Rules: incident.Rules{HoldWarning: -1}}},
			Users: []directory.User{{ID: "ben", Email: "ben@example.org", Name: "Ben", Role: directory.Responder, Rules: notification.Rules{Low: []notification.Step{{Contact: "ben-sms"}}},
				Contacts: []notification.Contact{{ID: "ben-sms", Name: "ben-sms", Kind: "sms", To: "to-ben-sms", Verified: true}}}},
		})
	})
	h.fire("a", alert.Warning())
	h.work()
	h.wantSent(h.sms, "to-ben-sms")
	h.later(10 * time.Minute)
	h.fire("b", alert.Warning())
	h.work()
	h.wantSent(h.sms, "to-ben-sms", "to-ben-sms")
	h.later(10 * time.Minute)
	n := h.fire("c", alert.Warning())
	h.work()
	h.wantSent(h.sms, "to-ben-sms", "to-ben-sms")
	if said := h.said(n); !strings.Contains(said, "the day's 2 messages that cost money for everybody are used up") {
		t.Errorf("the timeline has %s", said)
	}
	if h.counts.get(&h.counts.over) == 0 {
		t.Error("nobody counts what was kept back")
	}
	if n := strings.Count(log.String(), "2 of 2 messages that cost money are used today"); n != 1 {
		t.Errorf("it is said %d times: %s", n, log.String())
	}
	h.later(10 * time.Minute)
	h.fire("d", alert.Critical()) // and what is urgent goes on
	h.work()
	if to := h.sms.took()[2:]; len(to) == 0 || to[0].To != "to-ana-sms" {
		t.Errorf("the provider took %+v", to)
	}
	h.clock.forward(24 * time.Hour)
	was := len(h.sms.took())
	h.fire("e", alert.Warning())
	h.work()
	if to := h.sms.took()[was:]; len(to) == 0 {
		t.Error("the next day it is still used up")
	}
}

// Beyond twice the quota a page goes at once by what costs nothing; whoever has no such way is texted all the same.
func TestAQuotaLosesNoUrgentPage(t *testing.T) {
	var log bytes.Buffer
	h := newHouse(t, func(c *configT) {
		c.Quota, c.Log = notification.Quota{Person: 1}, slog.New(slog.NewTextHandler(&log, nil))
	})
	for _, title := range []string{"a", "b"} {
		h.pageNow("ana", title)
		h.work()
		h.later(5 * time.Minute)
	}
	h.wantSent(h.sms, "to-ana-sms", "to-ana-sms")
	h.later(time.Minute)
	mails := len(h.mail.took())
	n := h.pageNow("ana", "c")
	h.work()
	h.wantSent(h.sms, "to-ana-sms", "to-ana-sms")
	if len(h.mail.took()) != mails+1 {
		t.Errorf("the mail does not go at once: %d mails", len(h.mail.took())-mails)
	}
	if !strings.Contains(log.String(), "2 of 1 messages that cost money are used today: only who has no other way is reached by them\" whose=Ana\n") {
		t.Errorf("the log does not say whose: %s", log.String())
	}
	if said := h.said(n); !strings.Contains(said, "sms to Ana failed: the day's 1 messages that cost money for one person are used up, and so are the 2 that what is urgent may have") {
		t.Errorf("the timeline has %s", said)
	}
	for range 4 {
		h.pageNow("ben", "d")
		h.work()
		h.later(5 * time.Minute)
	}
	h.wantSent(h.sms, "to-ana-sms", "to-ana-sms", "to-ben-sms", "to-ben-sms", "to-ben-sms", "to-ben-sms")
}

// Two phones of one person in one claim: the first uses the quota up, the second is kept back.
func TestAQuotaCountsWhatGoesTogether(t *testing.T) {
	h := newHouse(t, func(c *configT) { c.Quota = notification.Quota{Person: 1} })
	var contacts []notification.Contact
	var steps []notification.Step
	for _, name := range []id.Contact{"one", "two"} {
		contacts = append(contacts, notification.Contact{ID: name, Name: string(name), Kind: "sms", To: "to-" + string(name), Verified: true})
		steps = append(steps, notification.Step{Contact: name})
	}
	h.do(func(ctx context.Context, r repos) error { // warnings page at once
		return r.Catalog.Apply(ctx, directory.Edit{
			Services: []directory.Service{{ID: "web", Name: "web", Rules: incident.Rules{HoldWarning: -1}}},
			Users:    []directory.User{{ID: "ana", Email: "ana@example.org", Name: "Ana", Role: directory.Responder, Rules: notification.Rules{Low: steps}, Contacts: contacts}},
		})
	})
	h.fire("a", alert.Warning())
	if _, err := h.worker.RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := h.sms.took(); len(took) != 1 {
		t.Errorf("%d texts went, want 1", len(took))
	}
	if n := h.counts.get(&h.counts.over); n != 1 {
		t.Errorf("%d were kept back, want 1", n)
	}
}

func TestUsageOfADay(t *testing.T) {
	h := newHouse(t, nil)
	h.fire("a", alert.Critical())
	h.work()
	h.later(3 * time.Minute)
	show := deliver.ShowUsage{
		Usage: h.db.Usage(), Kinds: []string{"email", "sms"}, Paid: []string{"sms"}, Clock: h.clock,
		Price: func(kind, _ string) notification.Price {
			return map[string]notification.Price{"sms": {Micros: 75000, Currency: "EUR"}}[kind]
		},
	}
	if _, _, err := show.Do(t.Context(), directory.Principal{}, time.Time{}); err == nil {
		t.Error("a stranger is told")
	}
	viewer := directory.Principal{Role: directory.Viewer}
	got, day, err := show.Do(t.Context(), viewer, time.Time{})
	if err != nil || len(got) != 2 || !day.Equal(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)) {
		t.Fatalf("%+v of %v, %v", got, day, err)
	}
	if mail, sms := got[0], got[1]; mail.Kind != "email" || mail.Paid || sms.Kind != "sms" || !sms.Paid || sms.Messages != 1 || sms.Recipient.ID != "ana" || sms.Price.Micros != 75000 {
		t.Errorf("got %+v", got)
	}
	if got, _, err := show.Do(t.Context(), viewer, h.clock.Now().AddDate(0, 0, -1)); err != nil || len(got) != 0 {
		t.Errorf("the day before: %+v, %v", got, err)
	}
}
