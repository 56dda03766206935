package porttest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// compose binds what is due in a lane to a message.
func compose(q ports.LaneQueue, mid string) ports.Bound {
	m := notification.Message{
		ID: id.Message(mid), Lane: q.Lane, Kind: "sms", Recipient: q.Due[0].Page.Recipient, To: "+34600000000", Purpose: notification.PurposePage,
		Digest: true, Status: notification.MessageSending, Attempt: 1, Token: "token-" + mid, LeaseUntil: t0().Add(25 * time.Second),
		CreatedAt: t0(), ExpiresAt: t0().Add(time.Hour),
	}
	b := ports.Bound{Message: m}
	for _, w := range q.Due {
		d := w.Delivery
		d.Status, d.Message = notification.Sending, m.ID
		b.Deliveries = append(b.Deliveries, d)
		b.Items = append(b.Items, notification.Item{Incident: d.Page.Incident, Severity: d.Severity, Title: "é\"", Since: t0(), Labels: []notification.Label{{Name: "a", Value: "b"}}})
	}
	slices.SortFunc(b.Deliveries, func(a, c notification.Delivery) int { return int(a.ID - c.ID) })
	return b
}

// send claims the lane c0 and composes its message.
func (s OutboxStore) send(t *testing.T, mid string) ports.Bound {
	t.Helper()
	var b ports.Bound
	s.do(t, func(ctx context.Context, r OutboxRepos) error {
		qs, err := r.Lanes.Claim(ctx, smsOnly(), t0(), 100, nil)
		if err != nil {
			return err
		}
		b = compose(qs[0], mid)
		asSent := b // in whatever order
		asSent.Deliveries = slices.Clone(b.Deliveries)
		slices.Reverse(asSent.Deliveries)
		if err := r.Messages.Add(ctx, []ports.Bound{asSent}); err != nil {
			return err
		}
		return r.Lanes.Save(ctx, []ports.LaneUpdate{{Lane: qs[0].Lane, NextAt: qs[0].Later}})
	})
	return b
}

func messageAdded(t *testing.T, s OutboxStore) {
	s.open(t, 2, nil)
	want := s.send(t, "m1")
	got, err := s.Messages.Message(t.Context(), "m1")
	if diff := equal(want, got); diff != "" || err != nil {
		t.Errorf("%v; (-want +got):\n%s", err, diff)
	}
	if got := s.claim(t, t0()); len(got) != 0 {
		t.Errorf("claimed again: %+v", got)
	}
	want.Status, want.NextAt, want.Token, want.Attempt, want.MayRepeat = notification.MessageRetrying, t0().Add(time.Second), "other", 2, true
	want.Faults, want.Detail, want.ProviderID, want.SentAt, want.LeaseUntil = 3, "busy", "SM1", t0().Add(time.Second), time.Time{}
	want.Items = want.Items[:1]
	want.Tried(notification.Try{Attempt: 1, At: t0(), Outcome: "retry", Detail: "busy"})
	s.do(t, func(ctx context.Context, r OutboxRepos) error {
		return r.Messages.Save(ctx, []notification.Message{want.Message})
	})
	s.do(t, func(ctx context.Context, r OutboxRepos) error {
		locked, err := r.Messages.Lock(ctx, []id.Message{"m1", "unknown"})
		if diff := equal(map[id.Message]ports.Bound{"m1": want}, locked); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		return err
	})
}

func messageStale(t *testing.T, s OutboxStore) {
	n := s.open(t, 1, nil)[0]
	q := s.claim(t, t0())[0]
	s.stop(t, s.First, n)
	err := s.First(t.Context(), func(ctx context.Context, r OutboxRepos) error {
		return r.Messages.Add(ctx, []ports.Bound{compose(q, "m1")})
	})
	if err == nil {
		t.Error("a cancelled delivery became part of a message")
	}
	if _, err := s.Messages.Message(t.Context(), "m1"); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("the message is there: %v", err)
	}
}

// toldAllTheSame: an answer makes pages unneeded; what a channel is told stays true.
func toldAllTheSame(t *testing.T, s OutboxStore) {
	n := s.open(t, 1, func(_ int, c *incident.Change) {
		p := &c.Pages[0]
		p.Recipient, p.Purpose, p.Event = notification.Recipient{Kind: notification.ToChannel, ID: "ops"}, notification.PurposeUpdate, notification.EventOpened
		for i := range p.Deliveries {
			p.Deliveries[i].Page, p.Deliveries[i].Purpose = p.PageKey, p.Purpose
		}
	})[0]
	s.stop(t, s.First, n)
	if q := s.claim(t, t0()); len(q) != 1 || len(q[0].Due) != 1 || q[0].Due[0].Event != notification.EventOpened {
		t.Errorf("claimed %+v", q)
	}
}

// stop cancels what waits for an incident, as an acknowledgement does.
func (s OutboxStore) stop(t *testing.T, by ports.Atomically[OutboxRepos], n id.Incident) {
	err := by(t.Context(), func(ctx context.Context, r OutboxRepos) error {
		states, err := r.Incidents.Lock(ctx, []id.Incident{n})
		if err != nil {
			return err
		}
		st := states[n]
		st.Status, st.AckedAt = incident.Acknowledged(), t0().Add(time.Second)
		st.Stopped = incident.Stopped{Round: 1, Pass: 2}
		return r.Incidents.Save(ctx, []incident.Change{{State: st, Stop: true}})
	})
	if err != nil {
		t.Error(err)
	}
}

func messagesClaimed(t *testing.T, s OutboxStore) {
	s.open(t, 1, nil)
	b := s.send(t, "m1")
	claimed := func(at time.Duration, want bool) {
		t.Helper()
		s.do(t, func(ctx context.Context, r OutboxRepos) error {
			got, err := r.Messages.Claim(ctx, smsOnly(), t0().Add(at), 10)
			if (len(got) == 1) != want || want && len(got[0].Deliveries) != 1 {
				t.Errorf("%v later: claimed %+v", at, got)
			}
			return err
		})
		if due, err := s.Outbox.Due(t.Context(), smsOnly(), t0().Add(at)); due != want || err != nil {
			t.Errorf("%v later: due %v, %v", at, due, err)
		}
	}
	s.do(t, func(ctx context.Context, r OutboxRepos) error { // only the message counts here
		return r.Lanes.Save(ctx, []ports.LaneUpdate{{Lane: "contact:c0"}, {Lane: "contact:c1"}})
	})
	claimed(24*time.Second, false)
	claimed(25*time.Second, true) // past the lease
	for st, want := range map[notification.MessageStatus]bool{
		notification.MessageRetrying: true, notification.MessageAccepted: true, // the next attempt; no receipt
	} {
		b.Status, b.NextAt = st, t0().Add(time.Minute)
		s.do(t, func(ctx context.Context, r OutboxRepos) error {
			return r.Messages.Save(ctx, []notification.Message{b.Message})
		})
		claimed(59*time.Second, false)
		claimed(time.Minute, want)
	}
	b.Status, b.NextAt = notification.MessageAccepted, time.Time{}
	s.do(t, func(ctx context.Context, r OutboxRepos) error {
		return r.Messages.Save(ctx, []notification.Message{b.Message})
	})
	claimed(1000*time.Hour, false)
	if due, err := s.Outbox.Due(t.Context(), []string{"email"}, t0().Add(time.Hour)); due || err != nil {
		t.Errorf("another kind is due: %v", err)
	}
}

func deliveriesChanged(t *testing.T, s OutboxStore) {
	numbers := s.open(t, 2, nil)
	key := page(numbers[0], 1).PageKey
	of := func() []notification.Delivery {
		t.Helper()
		var ds []notification.Delivery
		s.do(t, func(ctx context.Context, r OutboxRepos) (err error) {
			ds, err = r.Deliveries.OfPages(ctx, []notification.PageKey{key})
			return err
		})
		slices.SortFunc(ds, func(a, b notification.Delivery) int { return a.Step - b.Step })
		return ds
	}
	ds := of()
	want := page(numbers[0], 1).Deliveries
	for i := range want {
		want[i].ID = ds[i].ID
	}
	if diff := equal(want, ds); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.do(t, func(ctx context.Context, r OutboxRepos) error {
		if err := r.Deliveries.SetStatus(ctx, []int64{ds[0].ID}, notification.Failed); err != nil {
			return err
		}
		return r.Deliveries.Hasten(ctx, ds, t0().Add(time.Second))
	})
	ds = of()
	if ds[0].Status != notification.Failed || !ds[0].DueAt.Equal(t0()) || !ds[1].DueAt.Equal(t0().Add(time.Second)) {
		t.Errorf("deliveries are %+v", ds)
	}
	lanes := s.claim(t, t0().Add(time.Second))
	if i := slices.IndexFunc(lanes, func(q ports.LaneQueue) bool { return q.Lane == "contact:c1" }); i < 0 || len(lanes[i].Due) != 1 {
		t.Errorf("the lane was not woken: %+v", lanes)
	}
}

func recheck(t *testing.T, s OutboxStore) {
	numbers := s.open(t, 2, nil)
	s.send(t, "m1")
	s.stop(t, s.First, numbers[0])
	got, err := s.Outbox.Recheck(t.Context(), "m1", append(numbers, 999))
	want := ports.Recheck{Token: "token-m1", Answers: map[id.Incident]ports.Answer{
		numbers[0]: {Status: incident.Acknowledged(), Stopped: incident.Stopped{Round: 1, Pass: 2}}, numbers[1]: {},
	}}
	if diff := equal(want, got); diff != "" || err != nil {
		t.Errorf("%v; (-want +got):\n%s", err, diff)
	}
	s.do(t, func(ctx context.Context, r OutboxRepos) error {
		states, err := r.Facts.States(ctx, append(numbers, 999))
		if len(states) != 2 || states[numbers[1]].Title != "High latency on web-1" {
			t.Errorf("facts: %+v", states)
		}
		return err
	})
}

func messagesRead(t *testing.T, s OutboxStore) {
	numbers := s.open(t, 2, nil)
	s.send(t, "m1")
	s.open(t, 1, nil)
	s.send(t, "m2")
	for n, want := range map[id.Incident]int{numbers[0]: 1, numbers[1]: 1, 999: 0} {
		ms, err := s.Messages.OfIncident(t.Context(), n)
		if err != nil || len(ms) != want || want > 0 && ms[0].ID != "m1" {
			t.Errorf("%s has messages %+v, %v", n, ms, err)
		}
	}
	for _, c := range []struct {
		lane   notification.Lane
		before time.Time
		limit  int
		want   int
	}{{"contact:c0", time.Time{}, 10, 2}, {"contact:c0", t0(), 10, 0}, {"contact:c0", t0().Add(time.Second), 10, 2}, {"contact:c0", time.Time{}, 1, 1}, {"contact:c1", time.Time{}, 10, 0}} {
		ms, err := s.Messages.OfLane(t.Context(), c.lane, c.before, c.limit)
		if err != nil || len(ms) != c.want || c.want > 0 && ms[0].ID != "m2" {
			t.Errorf("%+v has messages %+v, %v", c, ms, err)
		}
	}
	if _, err := s.Messages.Message(t.Context(), "none"); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("an unknown message: %v", err)
	}
}

// used: what was taken or is on its way counts, what was given up does not.
func used(t *testing.T, s OutboxStore) {
	s.open(t, 1, nil)
	b := s.send(t, "m1")
	at := b.CreatedAt
	want := func(kinds []string, from, until time.Time, provider string, n int) {
		t.Helper()
		got, err := s.Usage.Used(t.Context(), kinds, from, until)
		if err != nil || n == 0 && len(got) > 0 || n > 0 && (len(got) != 1 || got[0] != ports.Sum{Kind: "sms", Provider: provider, Recipient: b.Recipient, Messages: n}) {
			t.Errorf("got %+v, %v, want %d by %q", got, err, n, provider)
		}
	}
	save := func(edit func(m *notification.Message)) {
		s.do(t, func(ctx context.Context, r OutboxRepos) error {
			edit(&b.Message)
			return r.Messages.Save(ctx, []notification.Message{b.Message})
		})
	}
	save(func(m *notification.Message) { m.Status, m.SentAt = notification.MessageRetrying, time.Time{} })
	want(smsOnly(), at, at.Add(time.Hour), "", 1)
	want(smsOnly(), at.Add(time.Microsecond), at.Add(time.Hour), "", 0)
	want(smsOnly(), at.Add(-time.Hour), at, "", 0)
	want([]string{"voice"}, at, at.Add(time.Hour), "", 0)
	save(func(m *notification.Message) { m.Status = notification.MessageFailed })
	want(smsOnly(), at, at.Add(time.Hour), "", 0)
	save(func(m *notification.Message) { m.SentAt, m.Provider = at, "Telnyx" }) // it was taken, and did not arrive
	want(smsOnly(), at, at.Add(time.Hour), "Telnyx", 1)
	save(func(m *notification.Message) { m.Before = "Twilio" }) // who took it before is paid, too
	got, err := s.Usage.Used(t.Context(), smsOnly(), at, at.Add(time.Hour))
	var by []string
	for _, sum := range got {
		by = append(by, fmt.Sprintf("%s %d", sum.Provider, sum.Messages))
	}
	slices.Sort(by)
	if err != nil || !slices.Equal(by, []string{"Telnyx 1", "Twilio 1"}) {
		t.Errorf("of two that took it are counted %v, %v", by, err)
	}
}

// postsKnown: the newest message that a provider took and named is the post of its incidents in its lane.
func postsKnown(t *testing.T, s OutboxStore) {
	numbers := s.open(t, 2, nil)
	b := s.send(t, "m1")
	posts := func(onItsWay bool, id string) {
		t.Helper()
		want := map[ports.PostKey]ports.Post{{Lane: "contact:c0", Incident: numbers[1]}: {ProviderID: id, OnItsWay: onItsWay}}
		s.do(t, func(ctx context.Context, r OutboxRepos) error {
			got, err := r.Messages.Posts(ctx, []notification.Lane{"contact:c0", "contact:c1"}, numbers[1:])
			if diff := equal(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			none, _ := r.Messages.Posts(ctx, []notification.Lane{"contact:c1"}, numbers)
			same(t, len(none), 0)
			return err
		})
	}
	save := func(status notification.MessageStatus, id string) {
		t.Helper()
		b.Status, b.ProviderID = status, id
		s.do(t, func(ctx context.Context, r OutboxRepos) error {
			return r.Messages.Save(ctx, []notification.Message{b.Message})
		})
	}
	posts(true, "")
	save(notification.MessageRetrying, "")
	posts(true, "")
	save(notification.MessageAccepted, "post-1")
	posts(false, "post-1")
	save(notification.MessageFailed, "post-1")
	posts(false, "")
	save(notification.MessageDelivered, "post-1")
	posts(false, "post-1")
}

// sentAgain: a message that was over and its deliveries are under way once more, to where its recipient is now.
func sentAgain(t *testing.T, s OutboxStore) {
	s.open(t, 1, nil)
	b := s.send(t, "m1")
	until := t0().Add(5 * time.Hour)
	b.Status, b.LeaseUntil, b.NextAt, b.To, b.ExpiresAt = notification.MessageRetrying, time.Time{}, t0(), "+34611111111", until
	s.do(t, func(ctx context.Context, r OutboxRepos) error {
		if err := r.Deliveries.SetStatus(ctx, []int64{b.Deliveries[0].ID}, notification.Failed); err != nil {
			return err
		}
		if err := r.Messages.Save(ctx, []notification.Message{b.Message}); err != nil {
			return err
		}
		return r.Deliveries.Renew(ctx, b.Deliveries, until)
	})
	b.Deliveries[0].Status, b.Deliveries[0].ExpiresAt = notification.Sending, until
	got, err := s.Messages.Message(t.Context(), "m1")
	if diff := equal(b, got); diff != "" || err != nil {
		t.Errorf("%v; (-want +got):\n%s", err, diff)
	}
}

// laneBusy: while a message is sent, and since it was taken, unless it failed.
func laneBusy(t *testing.T, s OutboxStore) {
	s.open(t, 1, nil)
	b := s.send(t, "m1")
	busy := func(want bool, since time.Time) {
		t.Helper()
		s.do(t, func(ctx context.Context, r OutboxRepos) error {
			got, err := r.Lanes.Busy(ctx, []notification.Lane{"contact:c0"}, since)
			if got["contact:c0"] != want || len(got) > 1 {
				t.Errorf("%s since %s: busy are %v", b.Status, since, got)
			}
			none, _ := r.Lanes.Busy(ctx, []notification.Lane{"contact:c1"}, since)
			same(t, len(none), 0)
			return err
		})
	}
	busy(true, t0().Add(10*time.Minute))
	for status, want := range map[notification.MessageStatus]bool{
		notification.MessageAccepted: true, notification.MessageDelivered: true, notification.MessageFailed: false, notification.MessageRetrying: false,
	} {
		b.Status, b.SentAt = status, t0().Add(time.Second)
		s.do(t, func(ctx context.Context, r OutboxRepos) error {
			return r.Messages.Save(ctx, []notification.Message{b.Message})
		})
		busy(want, t0())
		busy(false, t0().Add(time.Second))
	}
}
