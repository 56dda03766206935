package alert_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
)

// history draws what a source may send of one alert: occurrences one after the other, with starts and ends missing
// here and there. The last signal is the present state.
func history(t *rapid.T) []alert.Signal {
	var all []alert.Signal
	n := rapid.IntRange(1, 4).Draw(t, "occurrences")
	missing := func(at time.Time, what string) time.Time {
		if rapid.IntRange(0, 5).Draw(t, what) == 0 {
			return none
		}
		return at
	}
	for i := range n {
		start, end := raw(20*i), raw(20*i+10)
		all = append(all, alert.Signal{Firing: true, StartsAt: missing(start, "start is missing"), Severity: alert.Error()})
		if i < n-1 || rapid.Bool().Draw(t, "is over") {
			all = append(all, alert.Signal{StartsAt: missing(start, "start is missing"), EndsAt: missing(end, "end is missing")})
		}
	}
	return all
}

// Any permutation and duplication of a history, followed by one copy of the present state, ends in the same state;
// whatever time passes between, and whatever doubt and silence make of it.
func TestOccurrencesInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := history(t)
		present := all[len(all)-1]
		sent := slices.Clone(all)
		for range rapid.IntRange(0, 6).Draw(t, "duplicates") {
			sent = append(sent, rapid.SampledFrom(all).Draw(t, "duplicate"))
		}
		var a alert.Alert
		now := day
		for _, s := range append(rapid.Permutation(sent).Draw(t, "order"), present) {
			now = now.Add(time.Duration(rapid.IntRange(0, 8*60).Draw(t, "seconds")) * time.Second)
			if a.Doubt != nil && !now.Before(a.Doubt.Due) {
				a = a.FireAnew(now)
			}
			if a.Stale && rapid.IntRange(0, 9).Draw(t, "silence") == 0 {
				a = a.End(now)
			}
			before, was := a, a
			was.Seen = slices.Clone(a.Seen)
			a, _ = a.Receive(&s, now)
			after, kept := a, a
			kept.Seen = slices.Clone(a.Seen)
			_, _ = before.Receive(&alert.Signal{Firing: true, StartsAt: raw(500)}, now) // what else might have come
			if !reflect.DeepEqual(after, kept) {
				t.Fatal("what comes of one signal is not its own")
			}
			if !reflect.DeepEqual(before, was) {
				t.Fatal("a signal changed the alert that it was given")
			}
		}
		nameless := present.Firing && present.StartsAt.IsZero() // it may be the doubtful occurrence's: no more is known
		if a.Firing != present.Firing || a.Stale && !nameless || a.Doubt != nil {
			t.Fatalf("fires %t (stale %t, doubt %v), but the present state is %t", a.Firing, a.Stale, a.Doubt, present.Firing)
		}
		if present.Firing && !present.StartsAt.IsZero() && (!a.Start.Equal(present.StartsAt) || a.OurStart) {
			t.Fatalf("start %s (ours %t), but it began at %s", a.Start, a.OurStart, present.StartsAt)
		}
		if a.Received != int64(len(sent))+1 {
			t.Fatalf("received %d", a.Received)
		}
	})
}

// In order and without doubles every signal does what it says, and nothing is late or doubtful.
func TestOccurrencesInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var a alert.Alert
		for _, s := range history(t) {
			var out alert.Outcome
			a, out = a.Receive(&s, day)
			if a.Firing != s.Firing || out.Kind == alert.Late || out.Kind == alert.Doubtful {
				t.Fatalf("%+v: %s, fires %t", s, out.Kind, a.Firing)
			}
		}
	})
}

// Signals without any times, some of which wait while others are decided at once: the last that was received says
// whether the alert fires, in whatever order they come out of the buffer.
func TestWhatWaitsIsOrderedByItsReceipt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var a alert.Alert
		var waiting []alert.Signal
		now := day
		last := false
		for range rapid.IntRange(1, 8).Draw(t, "signals") {
			now = now.Add(time.Minute)
			last = rapid.Bool().Draw(t, "fires")
			s := alert.Signal{Firing: last, Severity: alert.Error()}
			if rapid.Bool().Draw(t, "waits") {
				s.ReceivedAt = now
				waiting = append(waiting, s)
				continue
			}
			a, _ = a.Receive(&s, now)
		}
		now = now.Add(time.Hour)
		for _, s := range rapid.Permutation(waiting).Draw(t, "order") {
			a, _ = a.Receive(&s, now)
		}
		if a.Firing != last {
			t.Fatalf("fires %t, but the last that was received says %t: %+v", a.Firing, last, a)
		}
		if a.LastSeen.After(now.Add(-time.Hour)) {
			t.Fatalf("last seen %s: waiting is not being heard", a.LastSeen)
		}
	})
}
