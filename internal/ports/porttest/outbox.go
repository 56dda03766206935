package porttest

import (
	"context"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
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
	Probes     ports.Probes
}

// OutboxStore is an empty store. Second is another program on the same one, or nil; reads go to the first.
type OutboxStore struct {
	First, Second ports.Atomically[OutboxRepos]
	Outbox        ports.Outbox
	Messages      ports.MessageReader
	Sent          ports.Sent
	Usage         ports.Usage
	Waits         func(t *testing.T) // until a transaction waits for another; nil with Second
}

// Outbox is the suite of ports.Lanes, Messages, Deliveries, IncidentFacts, Outbox, MessageReader, Sent and Usage.
func Outbox(t *testing.T, open func(t *testing.T) OutboxStore) {
	for name, test := range map[string]func(*testing.T, OutboxStore){
		"a due lane brings what is due in it, worst first":     laneClaimed,
		"a lane rests as it is told":                           laneRests,
		"what waits in a lane that rests is not read":          laneUnread,
		"what is by hand comes first and keeps its lane awake": laneByHand,
		"a channel that became another is claimed as that":     laneOfAnotherKind,
		"lanes are woken in one order":                         lanesInOneOrder,
		"one recipient has one digest in a while":              caughtUp,
		"a line is busy while something is on it":              laneBusy,
		"a message takes its deliveries with it":               messageAdded,
		"a delivery that was cancelled joins no message":       messageStale,
		"what a channel is told is not cancelled":              toldAllTheSame,
		"messages are claimed when their moment comes":         messagesClaimed,
		"deliveries of a page are found, set and hastened":     deliveriesChanged,
		"what changed since a claim is seen":                   recheck,
		"messages are looked at":                               messagesRead,
		"what somebody answers is found":                       whatIsAnswered,
		"a message is sent again":                              sentAgain,
		"what was sent is counted":                             used,
		"what was posted before is known":                      postsKnown,
		"two programs never claim the same":                    claimedOnce,
		"nobody waits for a lane that somebody holds":          laneSkipped,
		"what somebody holds is looked at again":               heldIsLookedAtAgain,
		"a probe that is being sent leaves nothing":            probeClearedMeanwhile,
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
		out, err = r.Lanes.Claim(ctx, smsOnly(), now, 100, nil)
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
		if got, err := r.Lanes.Claim(ctx, []string{"email"}, t0().Add(time.Hour), 100, nil); err != nil || len(got) != 0 {
			t.Errorf("claimed %+v of another kind, %v", got, err)
		}
		return nil
	})
}

// laneUnread: what is due in a lane that rests is not read; when the next is due is known all the same.
func laneUnread(t *testing.T, s OutboxStore) {
	s.open(t, 3, func(i int, c *incident.Change) {
		d := &c.Pages[0].Deliveries[0]
		d.Severity, d.DueAt = alert.SeverityOfRank(2+i), d.DueAt.Add(time.Duration(i)*time.Second)
		d.ExpiresAt = t0().Add([]time.Duration{50, 40, 30}[i] * time.Second)
	})
	var first time.Time
	until := t0().Add(time.Minute)
	claim := func(now time.Time, rests ports.Rests) (got []ports.LaneQueue) {
		s.do(t, func(ctx context.Context, r OutboxRepos) (err error) {
			got, err = r.Lanes.Claim(ctx, smsOnly(), now, 100, rests)
			return err
		})
		return got
	}
	got := claim(t0().Add(time.Second), func(_ notification.LaneState, worst alert.Severity, expires time.Time) time.Time {
		if first = expires; worst.Above(alert.Error()) {
			return time.Time{} // only what is due counts, and that is no worse
		}
		return until
	})
	if len(got) != 1 || len(got[0].Due) != 0 || !got[0].Rests.Equal(until) || !got[0].Later.Equal(t0().Add(2*time.Second)) {
		t.Errorf("a lane that rests: %+v", got)
	}
	if !first.Equal(t0().Add(40 * time.Second)) {
		t.Errorf("the first of what is due expires at %s", first)
	}
	got = claim(t0().Add(2*time.Second), func(_ notification.LaneState, worst alert.Severity, _ time.Time) time.Time {
		if worst.Above(alert.Error()) {
			return time.Time{}
		}
		return until
	})
	if len(got) != 1 || len(got[0].Due) != 3 || !got[0].Rests.IsZero() {
		t.Errorf("a lane that does not rest: %+v", got)
	}
}

// laneByHand: a page by hand is read before what is worse, also in a lane that would rest.
func laneByHand(t *testing.T, s OutboxStore) {
	s.open(t, 3, func(i int, c *incident.Change) {
		d := &c.Pages[0].Deliveries[0]
		d.Severity, d.ByHand = alert.SeverityOfRank(4-i), i == 1
	})
	var got []ports.LaneQueue
	s.do(t, func(ctx context.Context, r OutboxRepos) (err error) {
		got, err = r.Lanes.Claim(ctx, smsOnly(), t0(), 100, func(notification.LaneState, alert.Severity, time.Time) time.Time { return t0().Add(time.Minute) })
		return err
	})
	if len(got) != 1 || len(got[0].Due) != 3 || !got[0].Rests.IsZero() {
		t.Fatalf("a lane in which a page by hand is due: %+v", got)
	}
	for i, want := range []struct {
		hand bool
		rank int
	}{{true, 3}, {false, 4}, {false, 2}} {
		if d := got[0].Due[i]; d.ByHand != want.hand || d.Severity.Rank() != want.rank {
			t.Errorf("the delivery at %d: by hand %v, severity %s", i, d.ByHand, d.Severity)
		}
	}
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
	save(ports.LaneUpdate{NextAt: t0().Add(time.Hour + time.Minute), NotBefore: t0().Add(time.Hour + 200*time.Millisecond)})
	s.open(t, 1, nil) // an hour earlier: the clock was put back
	want(0, 1)
}

func laneOfAnotherKind(t *testing.T, s OutboxStore) {
	s.open(t, 1, spread)
	s.open(t, 1, func(i int, c *incident.Change) {
		spread(i, c)
		c.Pages[0].Deliveries[0].Kind = "chat"
	})
	s.do(t, func(ctx context.Context, r OutboxRepos) error {
		got, err := r.Lanes.Claim(ctx, []string{"chat"}, t0(), 100, nil)
		if len(got) != 1 || len(got[0].Due) != 2 {
			t.Errorf("claimed %+v, want the one lane with what waits in it", got)
		}
		return err
	})
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
	if had := ask(-time.Hour, a); len(had) != 0 {
		t.Errorf("refused for one in what is the future since the clock was put back: %v", had)
	}
}
