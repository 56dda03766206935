package porttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// OutboxRepos is what a store has for sending.
type OutboxRepos struct {
	Incidents  ports.Incidents
	Lanes      ports.Lanes
	Messages   ports.Messages
	Deliveries ports.Deliveries
	Facts      ports.IncidentFacts
}

// OutboxStore is an empty store. Second is another program on the same one, or nil; reads go to the first.
type OutboxStore struct {
	First, Second ports.Atomically[OutboxRepos]
	Outbox        ports.Outbox
	Messages      ports.MessageReader
}

// Outbox is the suite of ports.Lanes, Messages, Deliveries, IncidentFacts, Outbox and MessageReader.
func Outbox(t *testing.T, open func(t *testing.T) OutboxStore) {
	for name, test := range map[string]func(*testing.T, OutboxStore){
		"a due lane brings what is due in it, worst first":     laneClaimed,
		"a lane rests as it is told":                           laneRests,
		"one recipient has one digest in a while":              caughtUp,
		"a message takes its deliveries with it":               messageAdded,
		"a delivery that was cancelled joins no message":       messageStale,
		"messages are claimed when their moment comes":         messagesClaimed,
		"deliveries of a page are found, set and hastened":     deliveriesChanged,
		"what changed since a claim is seen":                   recheck,
		"messages are looked at":                               messagesRead,
		"two programs never claim the same":                    claimedOnce,
		"nobody waits for a lane that somebody holds":          laneSkipped,
		"claiming while others cancel sends nothing cancelled": cancelledMeanwhile,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func (s OutboxStore) do(t *testing.T, f func(ctx context.Context, r OutboxRepos) error) {
	t.Helper()
	if err := s.First(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// open opens n incidents with a page by two steps each: lane contact:c0 now, contact:c1 in a minute.
func (s OutboxStore) open(t *testing.T, n int, edit func(i int, c *incident.Change)) []id.Incident {
	t.Helper()
	var numbers []id.Incident
	s.do(t, func(ctx context.Context, r OutboxRepos) (err error) {
		if numbers, err = r.Incidents.Reserve(ctx, n); err != nil {
			return err
		}
		changes := make([]incident.Change, n)
		for i, number := range numbers {
			changes[i] = opening(number)
			if edit != nil {
				edit(i, &changes[i])
			}
		}
		return r.Incidents.Save(ctx, changes)
	})
	return numbers
}

func smsOnly() []string { return []string{"sms"} }

func (s OutboxStore) claim(t *testing.T, now time.Time) []ports.LaneQueue {
	t.Helper()
	var out []ports.LaneQueue
	s.do(t, func(ctx context.Context, r OutboxRepos) (err error) {
		out, err = r.Lanes.Claim(ctx, smsOnly(), now, 100)
		return err
	})
	return out
}

func laneClaimed(t *testing.T, s OutboxStore) {
	ranks := []int{3, 4, 2, 4}
	numbers := s.open(t, len(ranks), func(i int, c *incident.Change) {
		for j := range c.Pages[0].Deliveries {
			d := &c.Pages[0].Deliveries[j]
			d.Severity = alert.SeverityOfRank(ranks[i])
			d.DueAt = d.DueAt.Add(time.Duration(i) * time.Second)
		}
	})
	if got := s.claim(t, t0().Add(-time.Second)); len(got) != 0 {
		t.Errorf("claimed before anything is due: %+v", got)
	}
	got := s.claim(t, t0().Add(2*time.Second))
	if len(got) != 1 || got[0].Lane != "contact:c0" || len(got[0].Due) != 3 {
		t.Fatalf("claimed %+v", got)
	}
	for i, want := range []id.Incident{numbers[1], numbers[0], numbers[2]} {
		if d := got[0].Due[i]; d.Page.Incident != want || d.Reason != "level 1 of web" || d.Page.Recipient.ID != "user-1" || !d.Urgency.IsHigh() {
			t.Errorf("due %d is %+v, want of %s", i, d, want)
		}
	}
	if want := t0().Add(3 * time.Second); !got[0].Later.Equal(want) {
		t.Errorf("later %v, want %v", got[0].Later, want)
	}
	s.do(t, func(ctx context.Context, r OutboxRepos) error {
		if got, err := r.Lanes.Claim(ctx, []string{"email"}, t0().Add(time.Hour), 100); err != nil || len(got) != 0 {
			t.Errorf("claimed %+v of another kind, %v", got, err)
		}
		return nil
	})
}

func laneRests(t *testing.T, s OutboxStore) {
	s.open(t, 1, nil)
	state := notification.LaneState{LastAt: t0(), PageAt: t0(), Worst: alert.Error(), Run: 2, Digest: true, Faults: 1}
	save := func(u ports.LaneUpdate) {
		u.Lane, u.State = "contact:c0", state
		s.do(t, func(ctx context.Context, r OutboxRepos) error { return r.Lanes.Save(ctx, []ports.LaneUpdate{u}) })
	}
	want := func(at time.Duration, lanes int) {
		t.Helper()
		if got := s.claim(t, t0().Add(at)); len(got) != lanes {
			t.Errorf("%v later %d lanes are due, want %d", at, len(got), lanes)
		}
	}
	save(ports.LaneUpdate{NextAt: t0().Add(20 * time.Second)})
	want(19*time.Second, 0)
	want(20*time.Second, 1)
	if got := s.claim(t, t0().Add(20*time.Second)); got[0].State != state {
		t.Errorf("the lane remembers %+v, want %+v", got[0].State, state)
	}
	save(ports.LaneUpdate{}) // until a delivery comes
	want(50*time.Second, 0)
	s.open(t, 1, nil)
	want(0, 1)
	save(ports.LaneUpdate{NextAt: t0().Add(time.Minute), NotBefore: t0().Add(200 * time.Millisecond)})
	s.open(t, 1, nil) // would wake it at once
	want(199*time.Millisecond, 0)
	want(200*time.Millisecond, 1)
}

func caughtUp(t *testing.T, s OutboxStore) {
	a, b := notification.Recipient{Kind: notification.ToUser, ID: "a"}, notification.Recipient{Kind: notification.ToChannel, ID: "a"}
	ask := func(at time.Duration, who ...notification.Recipient) map[notification.Recipient]time.Time {
		t.Helper()
		var had map[notification.Recipient]time.Time
		s.do(t, func(ctx context.Context, r OutboxRepos) (err error) {
			had, err = r.Lanes.CatchUp(ctx, who, t0().Add(at), t0().Add(at-time.Minute))
			return err
		})
		return had
	}
	if had := ask(0, a); len(had) != 0 {
		t.Errorf("a first one is refused: %v", had)
	}
	if had := ask(59*time.Second, b, a); len(had) != 1 || !had[a].Equal(t0()) {
		t.Errorf("want only a's refused, got %v", had)
	}
	if had := ask(time.Minute, a); len(had) != 0 {
		t.Errorf("refused after a minute: %v", had)
	}
}

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
		qs, err := r.Lanes.Claim(ctx, smsOnly(), t0(), 100)
		if err != nil {
			return err
		}
		b = compose(qs[0], mid)
		if err := r.Messages.Add(ctx, []ports.Bound{b}); err != nil {
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

// stop cancels what waits for an incident, as an acknowledgement does.
func (s OutboxStore) stop(t *testing.T, by ports.Atomically[OutboxRepos], n id.Incident) {
	err := by(t.Context(), func(ctx context.Context, r OutboxRepos) error {
		states, err := r.Incidents.Lock(ctx, []id.Incident{n})
		if err != nil {
			return err
		}
		st := states[n]
		st.Status, st.AckedAt = incident.Acknowledged(), t0().Add(time.Second)
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
		numbers[0]: {Status: incident.Acknowledged(), AckedAt: t0().Add(time.Second)}, numbers[1]: {},
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
	if _, err := s.Messages.Message(t.Context(), "none"); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("an unknown message: %v", err)
	}
}

// spread gives every incident's first step a lane of its own.
func spread(i int, c *incident.Change) {
	c.Pages[0].Deliveries = c.Pages[0].Deliveries[:1]
	c.Pages[0].Deliveries[0].Lane = notification.Lane(fmt.Sprintf("contact:lane-%d", i))
}

func claimedOnce(t *testing.T, s OutboxStore) {
	const n = 60
	s.open(t, n, spread)
	var mu sync.Mutex
	seen := map[notification.Lane]int{}
	var wg sync.WaitGroup
	for w := range 8 {
		by := s.First
		if w%2 == 1 && s.Second != nil {
			by = s.Second
		}
		wg.Go(func() {
			for range 10 {
				var mine []notification.Lane
				err := by(t.Context(), func(ctx context.Context, r OutboxRepos) error {
					mine = nil
					qs, err := r.Lanes.Claim(ctx, smsOnly(), t0(), 5)
					if err != nil {
						return err
					}
					var ms []ports.Bound
					var us []ports.LaneUpdate
					for _, q := range qs {
						mine = append(mine, q.Lane)
						ms = append(ms, compose(q, "m-"+string(q.Lane)))
						us = append(us, ports.LaneUpdate{Lane: q.Lane})
					}
					return errors.Join(r.Messages.Add(ctx, ms), r.Lanes.Save(ctx, us))
				})
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				for _, l := range mine {
					seen[l]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(seen) != n {
		t.Errorf("%d of %d lanes were claimed", len(seen), n)
	}
	for l, times := range seen {
		if times != 1 {
			t.Errorf("%s was claimed %d times", l, times)
		}
	}
}

func laneSkipped(t *testing.T, s OutboxStore) {
	if s.Second == nil {
		t.Skip("one program at a time")
	}
	s.open(t, 2, spread)
	s.do(t, func(ctx context.Context, r OutboxRepos) error {
		first, err := r.Lanes.Claim(ctx, smsOnly(), t0(), 1)
		if err != nil {
			return err
		}
		return s.Second(ctx, func(ctx context.Context, r OutboxRepos) error {
			rest, err := r.Lanes.Claim(ctx, smsOnly(), t0(), 10)
			if len(rest) != 1 || rest[0].Lane == first[0].Lane {
				t.Errorf("beside %s, %+v was claimed", first[0].Lane, rest)
			}
			return err
		})
	})
}

func cancelledMeanwhile(t *testing.T, s OutboxStore) {
	const n = 40
	numbers := s.open(t, n, spread)
	other := s.Second
	if other == nil {
		other = s.First
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for _, number := range numbers {
			s.stop(t, other, number)
		}
	})
	for i := range n {
		err := s.First(t.Context(), func(ctx context.Context, r OutboxRepos) error {
			qs, err := r.Lanes.Claim(ctx, smsOnly(), t0(), 3)
			if err != nil {
				return err
			}
			var ms []ports.Bound
			var us []ports.LaneUpdate
			for j, q := range qs {
				us = append(us, ports.LaneUpdate{Lane: q.Lane})
				if len(q.Due) > 0 {
					ms = append(ms, compose(q, fmt.Sprintf("m-%d-%d", i, j)))
				}
			}
			return errors.Join(r.Messages.Add(ctx, ms), r.Lanes.Save(ctx, us))
		})
		if err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	s.do(t, func(ctx context.Context, r OutboxRepos) error {
		for _, number := range numbers {
			ds, err := r.Deliveries.OfPages(ctx, []notification.PageKey{page(number, 1).PageKey})
			if err != nil {
				return err
			}
			switch d := ds[0]; {
			case d.Status == notification.Cancelled && d.Message == "", d.Status == notification.Sending && d.Message != "":
			default:
				t.Errorf("%s: %s with message %q", number, d.Status, d.Message)
			}
		}
		return nil
	})
}
