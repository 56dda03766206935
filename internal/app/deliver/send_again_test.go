package deliver_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/app/deliver"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

func ben(role directory.Role) directory.Principal {
	return directory.Principal{Actor: incident.Actor{Kind: incident.ByUser, ID: "ben", Name: "Ben"}, Role: role, User: "ben"}
}

// again has ben send a message again.
func (h *house) again(m id.Message, attempt int) (notification.Message, bool, error) {
	u := deliver.SendAgain{
		Worker: h.worker, Messages: h.db.Messages(),
		Atomically: store.Atomic(h.db, store.People, func(tx *store.Tx) deliver.AgainRepos {
			return deliver.AgainRepos{
				RecordRepos: deliver.RecordRepos{Incidents: tx.Incidents(), Messages: tx.Messages(), Deliveries: tx.Deliveries(), Directory: tx.Directory()},
				Paging:      tx.Paging(),
			}
		}),
	}
	return u.Do(h.t.Context(), ben(directory.Responder), m, attempt)
}

func (h *house) refused(m id.Message, code string) {
	h.t.Helper()
	_, changed, err := h.again(m, 0)
	if f, ok := errors.AsType[*fault.Error](err); changed || !ok || f.Code != code {
		h.t.Errorf("it is %v, %v, want %s", changed, err, code)
	}
}

// failing is an incident whose first message the provider refused.
func (h *house) failing() (id.Incident, notification.Message) {
	h.t.Helper()
	h.sms.fails(errors.New("no such number"))
	n := h.fire("db down", alert.Error())
	h.later(21 * time.Second)
	return n, h.wantMessage(n, 0, notification.MessageFailed, notification.Failed).Message
}

func TestWhatFailedIsSentAgain(t *testing.T) {
	h := newHouse(t, nil)
	n, m := h.failing()
	h.clock.forward(time.Hour) // long after it was worth sending
	h.step(n, incident.Fired{Alert: "disk", Severity: alert.Error(), New: true, Title: "disk"})
	h.sms.answers(nil)
	got, changed, err := h.again(m.ID, m.Attempt)
	if err != nil || !changed || got.Status != notification.MessageRetrying {
		t.Fatalf("%v, %v: %+v", changed, err, got)
	}
	if _, changed, err := h.again(m.ID, m.Attempt); changed || err != nil {
		t.Errorf("asked twice it is %v, %v", changed, err)
	}
	h.work()
	b := h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted)
	sent := h.sms.took()
	if len(sent) != 1 || sent[0].ID != m.ID || sent[0].Attempt != m.Attempt+1 || sent[0].MayRepeat || sent[0].Items[0].Alerts != 2 || sent[0].Items[0].Why == "" {
		t.Errorf("sent was %+v", sent)
	}
	if len(b.Tries) != 3 || b.Tries[1].Outcome != "again" || b.Tries[1].Detail != "by Ben" {
		t.Errorf("the tries are %+v", b.Tries)
	}
	if _, changed, err := h.again(m.ID, m.Attempt); changed || err != nil {
		t.Errorf("about the first attempt it is %v, %v", changed, err)
	}
	h.refused(m.ID, "message.taken")
	if last := h.timeline(n); last.Kind != deliver.EntrySentAgain || last.Actor.Name != "Ben" {
		t.Errorf("the timeline has %+v", last)
	}
}

// said are the texts of an incident's timeline.
func (h *house) said(n id.Incident) string {
	h.t.Helper()
	i, err := h.db.Insight().Show(h.t.Context(), n.String())
	if err != nil {
		h.t.Fatal(err)
	}
	var texts []string
	for _, e := range i.Timeline {
		texts = append(texts, e.Text)
	}
	return strings.Join(texts, "\n")
}

// timeline gives the newest entry that a person made.
func (h *house) timeline(n id.Incident) (last incident.Entry) {
	h.t.Helper()
	i, err := h.db.Insight().Show(h.t.Context(), n.String())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, e := range i.Timeline {
		if e.Actor.ID == "ben" {
			last = e
		}
	}
	return last
}

func TestWhatMayHaveArrivedSaysSo(t *testing.T) {
	h := newHouse(t, nil)
	h.sms.fails(ports.Ambiguous(errors.New("the connection broke")))
	n := h.fire("db down", alert.Error())
	for range 40 {
		h.later(time.Minute)
	}
	m := h.wantMessage(n, 0, notification.MessageFailed, notification.Failed)
	h.sms.answers(nil)
	if _, changed, err := h.again(m.ID, 0); !changed || err != nil {
		t.Fatalf("%v, %v", changed, err)
	}
	h.work()
	if sent := h.sms.took(); !sent[len(sent)-1].MayRepeat {
		t.Error("it does not say that it may repeat")
	}
}

func TestWhatTheProviderNeverConfirmedIsSentAgain(t *testing.T) {
	h := newHouse(t, nil)
	h.sms.answers(func(context.Context, ports.Outgoing) (ports.Receipt, error) {
		return ports.Receipt{ProviderID: "p", Confirms: true}, nil
	})
	n := h.fire("db down", alert.Error())
	h.later(21 * time.Second)
	m := h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted)
	h.refused(m.ID, "message.taken")
	h.later(2 * time.Minute)
	if got, changed, err := h.again(m.ID, 0); !changed || err != nil || !got.MayRepeat {
		t.Fatalf("%v, %v: %+v", changed, err, got)
	}
	h.work()
	h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted)
}

func TestWhatIsAnsweredIsNotSentAgain(t *testing.T) {
	h := newHouse(t, nil)
	n, m := h.failing()
	h.ack(n)
	h.refused(m.ID, "message.answered")
	h.step(n, incident.Resolve{By: incident.Actor{Kind: incident.ByUser, ID: "ana", Name: "Ana"}})
	h.refused(m.ID, "message.answered")
	h.refused(h.tested(), "message.test")
}

// tested is a test that failed.
func (h *house) tested() id.Message {
	m := h.test()
	h.work()
	return m
}

func TestWhoMaySendAgain(t *testing.T) {
	h := newHouse(t, nil)
	_, m := h.failing()
	u := deliver.SendAgain{Worker: h.worker, Messages: h.db.Messages()}
	if _, _, err := u.Do(t.Context(), ben(directory.Viewer), m.ID, 0); !fault.Is(err, fault.KindForbidden) {
		t.Errorf("a viewer: %v", err)
	}
	if _, _, err := h.again("none", 0); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("an unknown one: %v", err)
	}
}

func TestWhatWasSentToOneIsShown(t *testing.T) {
	h := newHouse(t, nil)
	_, m := h.failing()
	show := deliver.ShowMessages{Messages: h.db.Messages(), Directory: store.Read(h.db, (*store.Tx).Directory)}
	ms, err := show.OfOne(t.Context(), ben(directory.Viewer), deliver.To{Contact: "ana-sms"}, time.Time{}, 0)
	if err != nil || len(ms) != 1 || ms[0].ID != m.ID {
		t.Errorf("%+v, %v", ms, err)
	}
	if ms, err := show.OfOne(t.Context(), ben(directory.Viewer), deliver.To{Contact: "ana-sms"}, m.CreatedAt, 0); err != nil || len(ms) != 0 {
		t.Errorf("before it there are %+v, %v", ms, err)
	}
	if _, err := show.OfOne(t.Context(), ben(directory.Viewer), deliver.To{Channel: "none"}, time.Time{}, 0); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("an unknown channel: %v", err)
	}
	if _, err := show.OfOne(t.Context(), directory.Principal{}, deliver.To{Contact: "ana-sms"}, time.Time{}, 0); !fault.Is(err, fault.KindUnauthorized) {
		t.Errorf("a stranger: %v", err)
	}
}
