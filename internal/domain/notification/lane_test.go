package notification

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

func t0() time.Time { return time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC) }

func at(seconds int) time.Time { return t0().Add(time.Duration(seconds) * time.Second) }

func due(seconds int, s alert.Severity, p Purpose) Delivery {
	return Delivery{ID: int64(seconds + 1), Purpose: p, Severity: s, DueAt: at(seconds), ExpiresAt: at(seconds + 900), Status: Waiting}
}

func page(seconds int, s alert.Severity) Delivery { return due(seconds, s, PurposePage) }

func TestWhatIsWorseEndsTheRest(t *testing.T) {
	t.Parallel()
	s := LaneState{LastAt: t0(), PageAt: t0(), Worst: alert.Error(), Run: 1}
	sms := NewLaneRules(time.Minute, 1)
	if got := s.Rests(alert.Error(), at(900), sms, at(10)); !got.Equal(at(60)) {
		t.Errorf("a lane within its floor rests until %s", got)
	}
	for name, got := range map[string]time.Time{
		"worse": s.Rests(alert.Critical(), at(900), sms, at(10)), "after the floor": s.Rests(alert.Error(), at(900), sms, at(60)),
		"before the first": LaneState{}.Rests(alert.Error(), at(900), sms, at(10)), "a second call": s.Rests(alert.Error(), at(900), NewLaneRules(time.Minute, 2), at(10)),
		"what will be too old": s.Rests(alert.Error(), at(65), sms, at(10)),
	} {
		if !got.IsZero() {
			t.Errorf("%s: rests until %s", name, got)
		}
	}
}

func byHand(seconds int, s alert.Severity) Delivery {
	d := page(seconds, s)
	d.ByHand = true
	return d
}

func TestPlanSpacesMessages(t *testing.T) {
	t.Parallel()
	sms, mail, call := NewLaneRules(time.Minute, 1), NewLaneRules(0, 1), NewLaneRules(2*time.Minute, 2)
	after := func(s alert.Severity, digest bool) LaneState {
		return LaneState{LastAt: t0(), PageAt: t0(), Worst: s, Run: 1, Digest: digest}
	}
	told := LaneState{LastAt: t0()}
	byHandBefore := LaneState{LastAt: t0(), PageAt: t0(), Worst: alert.Error(), ByHand: true, Run: 1}
	update := func(seconds int) Delivery { return due(seconds, alert.Error(), PurposeUpdate) }
	short := func(seconds, lives int) Delivery {
		d := page(seconds, alert.Error())
		d.ExpiresAt = at(seconds + lives)
		return d
	}
	tests := []struct {
		name  string
		state LaneState
		rules LaneRules
		due   []Delivery
		now   int
		send  int // how many; 0: wait
		next  int // seconds; -1: not at all
	}{
		{"the first goes at once", LaneState{}, sms, []Delivery{page(0, alert.Error())}, 0, 1, -1},
		{"all that is there goes with it", LaneState{}, sms, []Delivery{page(0, alert.Error()), page(0, alert.Critical())}, 0, 2, -1},
		{"then 20 s are gathered", after(alert.Error(), false), mail, []Delivery{page(5, alert.Error())}, 10, 0, 25},
		{"from the newest", after(alert.Error(), false), mail, []Delivery{page(5, alert.Error()), page(20, alert.Error())}, 25, 0, 40},
		{"and go", after(alert.Error(), false), mail, []Delivery{page(5, alert.Error()), page(20, alert.Error())}, 40, 2, -1},
		{"at most 60 s from the first", after(alert.Error(), false), mail, []Delivery{page(5, alert.Error()), page(25, alert.Error()), page(64, alert.Error())}, 65, 3, -1},
		{"not before the floor", after(alert.Error(), false), sms, []Delivery{page(5, alert.Error())}, 30, 0, 60},
		{"at the floor", after(alert.Error(), false), sms, []Delivery{page(5, alert.Error())}, 60, 1, -1},
		{"worse breaks floor and gathering", after(alert.Error(), false), sms, []Delivery{page(5, alert.Error()), page(6, alert.Critical())}, 6, 2, -1},
		{"no worse does not", after(alert.Critical(), false), sms, []Delivery{page(6, alert.Critical())}, 6, 0, 60},
		{"a second call goes at once", after(alert.Error(), false), call, []Delivery{page(5, alert.Error())}, 5, 1, -1},
		{"a third waits", LaneState{LastAt: t0(), PageAt: t0(), Worst: alert.Error(), Run: 2}, call, []Delivery{page(5, alert.Error())}, 5, 0, 120},
		{"after a digest even mail waits a minute", after(alert.Error(), true), mail, []Delivery{page(5, alert.Error())}, 30, 0, 60},
		{"what would be too old at the floor waits for half of its time", after(alert.Error(), false), sms, []Delivery{short(6, 60)}, 35, 0, 36},
		{"and goes, with the others", after(alert.Error(), false), sms, []Delivery{short(6, 60), page(30, alert.Warning())}, 36, 2, -1},
		{"what would be too old once it is gathered, too", after(alert.Error(), false), mail, []Delivery{short(6, 20)}, 16, 1, -1},
		{"what has time enough at the floor keeps it", after(alert.Error(), false), sms, []Delivery{short(6, 64)}, 59, 0, 60},
		{"a page does not wait for an update", told, sms, []Delivery{page(5, alert.Warning())}, 5, 1, -1},
		{"an update waits for a page", after(alert.Error(), false), sms, []Delivery{update(5)}, 30, 0, 60},
		{"a worse update, too", after(alert.Warning(), false), sms, []Delivery{update(5)}, 30, 0, 60},
		{"a page by hand breaks floor and gathering, and goes alone", after(alert.Critical(), false), sms, []Delivery{page(5, alert.Critical()), byHand(6, alert.Warning())}, 6, 1, 66},
		{"also a first one, the others after the floor", LaneState{}, sms, []Delivery{page(0, alert.Critical()), byHand(0, alert.Critical())}, 0, 1, 60},
		{"the next by hand waits for the floor, and is not gathered", byHandBefore, sms, []Delivery{byHand(59, alert.Error())}, 59, 0, 60},
		{"and keeps nothing that is worse", byHandBefore, sms, []Delivery{byHand(5, alert.Error()), page(6, alert.Critical())}, 6, 1, 66},
		{"pages go first and alone", LaneState{}, mail, []Delivery{update(0), page(0, alert.Error())}, 0, 1, 20},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := tc.state.Plan(tc.due, time.Time{}, tc.rules, at(tc.now))
			if len(p.Send) != tc.send {
				t.Errorf("sent %d, want %d", len(p.Send), tc.send)
			}
			want := time.Time{}
			if tc.next >= 0 {
				want = at(tc.next)
			}
			if !p.NextAt.Equal(want) {
				t.Errorf("next at %v, want %v", p.NextAt, want)
			}
			if p.Digest || len(p.Expire) > 0 {
				t.Errorf("digest %v, expired %d: nothing is late here", p.Digest, len(p.Expire))
			}
		})
	}
}

func TestPlanBreaksAFloorOncePerSeverity(t *testing.T) {
	t.Parallel()
	r, s := NewLaneRules(time.Minute, 1), LaneState{}
	for i, tc := range []struct {
		at   int
		sev  alert.Severity
		sent bool
	}{{0, alert.Warning(), true}, {5, alert.Critical(), true}, {10, alert.Critical(), false}, {11, alert.Error(), false}} {
		p := s.Plan([]Delivery{page(tc.at, tc.sev)}, time.Time{}, r, at(tc.at))
		if (len(p.Send) > 0) != tc.sent {
			t.Errorf("step %d: sent %d, want sent %v", i, len(p.Send), tc.sent)
		}
		s = p.State
	}
}

func TestPlanBreaksAFloorOnceByHand(t *testing.T) {
	t.Parallel()
	r, s := NewLaneRules(time.Minute, 1), LaneState{}
	for i, tc := range []struct {
		d    Delivery
		sent bool
	}{{byHand(0, alert.Warning()), true}, {page(5, alert.Critical()), true}, {byHand(10, alert.Critical()), false}} {
		p := s.Plan([]Delivery{tc.d}, time.Time{}, r, tc.d.DueAt)
		if (len(p.Send) > 0) != tc.sent {
			t.Errorf("step %d: sent %d, want sent %v", i, len(p.Send), tc.sent)
		}
		s = p.State
	}
}

func TestPlanRemembersTheWorstOfAWindow(t *testing.T) {
	t.Parallel()
	r := NewLaneRules(0, 1)
	first := LaneState{}.Plan([]Delivery{page(0, alert.Critical())}, time.Time{}, r, at(0))
	second := first.State.Plan([]Delivery{page(5, alert.Error())}, time.Time{}, r, at(25))
	if len(second.Send) != 1 {
		t.Fatalf("not sent: %+v", second)
	}
	if third := second.State.Plan([]Delivery{page(30, alert.Critical())}, time.Time{}, r, at(30)); len(third.Send) != 0 {
		t.Error("as bad as what was sent 30 s ago, and not gathered")
	}
}

// TestPlanCatchesUpOnceAMinute: what was caused long after it was due is caught up with, also right after a message
// about something new; the next such message keeps the longer distance.
func TestPlanCatchesUpOnceAMinute(t *testing.T) {
	t.Parallel()
	r := NewLaneRules(0, 1)
	first := LaneState{}.Plan([]Delivery{page(7200, alert.Error())}, time.Time{}, r, at(7200))
	late := page(60, alert.Error())
	late.CreatedAt, late.ExpiresAt = at(7201), at(14400)
	second := first.State.Plan([]Delivery{late}, time.Time{}, r, at(7230))
	if first.Digest || !second.Digest {
		t.Errorf("digests: %v, %v; want the second only", first.Digest, second.Digest)
	}
	if third := second.State.Plan([]Delivery{late}, time.Time{}, r, at(7289)); len(third.Send) != 0 {
		t.Error("two digests within 59 s")
	}
	if third := second.State.Plan([]Delivery{late}, time.Time{}, r, at(7290)); len(third.Send) != 1 {
		t.Error("none after a minute")
	}
}

func TestPlanAfterAnOutage(t *testing.T) {
	t.Parallel()
	stale, fresh := page(0, alert.Critical()), page(7000, alert.Error())
	old, worst := page(10, alert.Warning()), page(20, alert.Critical())
	old.ExpiresAt, worst.ExpiresAt = at(14400), at(14400)
	p := LaneState{}.Plan([]Delivery{stale, old, fresh, worst}, at(9000), NewLaneRules(0, 1), at(7200))
	if !p.Digest || len(p.Send) != 3 || p.Send[0].ID != worst.ID || p.Send[2].ID != old.ID {
		t.Errorf("want a digest of three, worst first, got %+v", p)
	}
	if len(p.Expire) != 1 || p.Expire[0].ID != stale.ID {
		t.Errorf("want the stale one expired, got %+v", p.Expire)
	}
	if !p.NextAt.Equal(at(9000)) || !p.Ready.Equal(at(10)) {
		t.Errorf("next at %v, ready %v", p.NextAt, p.Ready)
	}
}

func TestAPostIsOfOneIncident(t *testing.T) {
	t.Parallel()
	of := func(n int, d Delivery) Delivery {
		d.Page.Incident = id.Incident(n)
		return d
	}
	update := func(seconds int, s alert.Severity) Delivery { return due(seconds, s, PurposeUpdate) }
	first, worst, raised, next := of(1, update(0, alert.Error())), of(2, update(1, alert.Warning())), of(2, update(5, alert.Critical())), of(1, update(6, alert.Error()))
	s := LaneState{LastAt: t0()}
	p := s.Plan([]Delivery{first, worst, raised, next}, time.Time{}, PostRules(time.Second), at(900))
	if len(p.Send) != 2 || p.Send[0].ID != worst.ID || p.Send[1].ID != raised.ID || p.Digest {
		t.Errorf("want what is of the worst incident, as it happened, got %+v", p)
	}
	if !p.NextAt.Equal(at(901)) {
		t.Errorf("the next is at %v, want after the floor", p.NextAt)
	}
}

func TestPlanLooksAgainWhenWhatItHoldsExpires(t *testing.T) {
	t.Parallel()
	d := due(5, alert.Error(), PurposeUpdate)
	d.ExpiresAt = at(30)
	s := LaneState{LastAt: t0(), PageAt: t0(), Worst: alert.Error(), Run: 1}
	if p := s.Plan([]Delivery{d}, time.Time{}, NewLaneRules(time.Minute, 1), at(6)); !p.NextAt.Equal(at(30)) {
		t.Errorf("next at %v, want the expiry", p.NextAt)
	}
}

// Failure catalogue 14: an hour back must hold a page no longer than the lane's own floor, counted from now.
func TestPlanAfterTheClockWasPutBack(t *testing.T) {
	t.Parallel()
	s := LaneState{LastAt: at(3600), PageAt: at(3600), Worst: alert.Error(), Run: 1}
	for _, r := range []LaneRules{NewLaneRules(0, 1), NewLaneRules(2*time.Minute, 1)} {
		for _, p := range []Purpose{PurposePage, PurposeUpdate} {
			d := []Delivery{due(0, alert.Error(), p)}
			held := s.Plan(d, time.Time{}, r, at(0))
			wait := max(r.Floor, r.Gather)
			if len(held.Send) != 0 || !held.NextAt.Equal(t0().Add(wait)) {
				t.Errorf("%s by a floor of %s: %d sent, next at %v", p, r.Floor, len(held.Send), held.NextAt)
			}
			if sent := held.State.Plan(d, time.Time{}, r, held.NextAt); len(sent.Send) != 1 {
				t.Errorf("%s by a floor of %s: held again until %v", p, r.Floor, sent.NextAt)
			}
		}
	}
}

// Driven by its own NextAt, a lane sends or expires everything, keeps the floor except for what is worse,
// holds nothing longer than gathering and floor ask for, and never mixes pages and updates.
func TestPlanProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := NewLaneRules(rapid.SampledFrom([]time.Duration{0, time.Minute, 2 * time.Minute}).Draw(t, "floor"), 1)
		var waiting []Delivery
		for i := range rapid.IntRange(1, 40).Draw(t, "n") {
			p := rapid.SampledFrom([]Purpose{PurposePage, PurposePage, PurposeUpdate}).Draw(t, "purpose")
			d := due(rapid.IntRange(0, 600).Draw(t, "due"), alert.SeverityOfRank(rapid.IntRange(2, 4).Draw(t, "rank")), p)
			d.ID, d.ByHand = int64(i), p == PurposePage && rapid.IntRange(0, 4).Draw(t, "by hand") == 0
			d.ExpiresAt = d.DueAt.Add(time.Duration(rapid.IntRange(1, 900).Draw(t, "lives")) * time.Second)
			waiting = append(waiting, d)
		}
		s, now := LaneState{}, t0()
		var lastPage time.Time
		var worst alert.Severity
		var hand bool
		for range 10 * len(waiting) {
			var dueNow, rest []Delivery
			var next time.Time
			for _, d := range waiting {
				if d.DueAt.After(now) {
					rest, next = append(rest, d), earliest(next, d.DueAt)
				} else {
					dueNow = append(dueNow, d)
				}
			}
			p := s.Plan(dueNow, next, r, now)
			gone := map[int64]bool{}
			for _, d := range p.Expire {
				if d.Purpose == PurposePage {
					t.Fatalf("a page was kept until it was too old: %+v", d)
				}
				gone[d.ID] = true
				if now.Before(d.ExpiresAt) {
					t.Fatalf("expired too early: %+v at %v", d, now)
				}
			}
			for _, d := range p.Send {
				gone[d.ID] = true
				if d.Purpose != p.Send[0].Purpose || d.ByHand != p.Send[0].ByHand {
					t.Fatalf("pages, pages by hand and updates in one message")
				}
				if !now.Before(d.ExpiresAt) {
					t.Fatalf("sent past its expiry")
				}
			}
			if len(p.Send) > 0 && p.Send[0].Purpose == PurposePage {
				lost := slices.ContainsFunc(p.Send, func(d Delivery) bool { return d.ExpiresAt.Before(lastPage.Add(r.Floor + r.GatherMax + lead)) })
				if !lastPage.IsZero() && now.Before(lastPage.Add(r.Floor)) && !p.Send[0].Severity.Above(worst) && (hand || !p.Send[0].ByHand) && !lost {
					t.Fatalf("floor broken by what is no worse at %v after %v", now, lastPage)
				}
				if now.Sub(p.Ready) > 0 && !p.Digest && now.Sub(p.Ready) > r.Late {
					t.Fatalf("late and no digest")
				}
				lastPage, worst, hand = now, p.State.Worst, p.State.ByHand
			}
			waiting = rest
			for _, d := range dueNow {
				if !gone[d.ID] {
					waiting = append(waiting, d)
				}
			}
			if len(waiting) == 0 {
				return
			}
			if p.NextAt.IsZero() || p.NextAt.Before(now) || p.NextAt.Equal(now) && len(gone) == 0 {
				t.Fatalf("no way on: next %v at %v with %d waiting", p.NextAt, now, len(waiting))
			}
			s, now = p.State, p.NextAt
		}
		t.Fatalf("%d never left the lane", len(waiting))
	})
}

// However reports are ordered and repeated, the same status comes out.
func TestReportsAreMonotone(t *testing.T) {
	t.Parallel()
	all := []MessageStatus{MessageSending, MessageRetrying, MessageCancelled, MessageExpired, MessageAccepted, MessageFailed, MessageDelivered}
	rapid.Check(t, func(t *rapid.T) {
		reports := rapid.SliceOfN(rapid.SampledFrom(all[4:]), 1, 6).Draw(t, "reports")
		shuffled := append(rapid.Permutation(reports).Draw(t, "order"), reports[0])
		fold := func(rs []MessageStatus) MessageStatus {
			s := MessageSending
			for _, r := range rs {
				s = s.Report(r)
			}
			return s
		}
		if a, b := fold(reports), fold(shuffled); a != b {
			t.Fatalf("%v gives %s, %v gives %s", reports, a, shuffled, b)
		}
	})
	if got := MessageAccepted.Report(MessageAccepted); got != MessageAccepted {
		t.Errorf("got %s", got)
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for i, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		want *= time.Second
		if got := Backoff(i+1, 0.5, 0); got != want {
			t.Errorf("attempt %d waits %v, want %v", i+1, got, want)
		}
	}
	if got := Backoff(1000, 0.999, 0); got > time.Minute {
		t.Errorf("longer than a minute: %v", got)
	}
	if a, b := Backoff(3, 0, 0), Backoff(3, 0.99, 0); a >= b {
		t.Errorf("no jitter: %v, %v", a, b)
	}
	if got := Backoff(1, 0.5, 90*time.Second); got != 90*time.Second {
		t.Errorf("Retry-After not honoured: %v", got)
	}
}

// What rests sends nothing, by the plan of any queue whose worst is no worse, until its rest is over.
func TestALaneThatRestsWouldSendNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := NewLaneRules(rapid.SampledFrom([]time.Duration{0, time.Minute, 2 * time.Minute}).Draw(t, "floor"), rapid.IntRange(1, 2).Draw(t, "burst"))
		s := LaneState{
			LastAt: at(rapid.IntRange(0, 200).Draw(t, "last")), Worst: alert.SeverityOfRank(rapid.IntRange(2, 4).Draw(t, "sent")),
			Run: rapid.IntRange(1, 3).Draw(t, "run"), Digest: rapid.Bool().Draw(t, "digest"),
		}
		s.PageAt = s.LastAt.Add(-time.Duration(rapid.IntRange(0, 100).Draw(t, "page")) * time.Second)
		now := rapid.IntRange(0, 400).Draw(t, "now")
		var waiting []Delivery
		worst := alert.None()
		for range rapid.IntRange(1, 5).Draw(t, "n") {
			d := due(rapid.IntRange(0, now).Draw(t, "due"), alert.SeverityOfRank(rapid.IntRange(2, 4).Draw(t, "rank")),
				rapid.SampledFrom([]Purpose{PurposePage, PurposeUpdate}).Draw(t, "purpose"))
			d.ExpiresAt = d.DueAt.Add(time.Duration(rapid.IntRange(1, 300).Draw(t, "lives")) * time.Second)
			waiting = append(waiting, d)
			if d.Severity.Above(worst) {
				worst = d.Severity
			}
		}
		until := s.Rests(worst, firstExpiry(waiting), r, at(now))
		if until.IsZero() {
			return
		}
		if !until.After(at(now)) {
			t.Fatalf("at %s it rests until %s", at(now), until)
		}
		for _, when := range []time.Time{at(now), until.Add(-time.Second)} {
			if p := s.NoLater(at(now)).Plan(waiting, time.Time{}, r, when); len(p.Send) > 0 {
				t.Fatalf("at %s it rests until %s, and at %s would send %+v", at(now), until, when, p.Send)
			}
		}
	})
}
