package httpapi

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/ports"
)

func TestALimiterIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := SignInLimiter()
		for i := range mostKeys {
			if _, ok := l.Allow(strconv.Itoa(i)); !ok {
				t.Fatalf("key %d is refused", i)
			}
		}
		if wait, ok := l.Allow("one more"); ok || wait <= 0 {
			t.Errorf("one more than there is room for: %v, wait %s", ok, wait)
		}
		if _, ok := l.Allow("7"); !ok {
			t.Error("a known one is refused with the new ones")
		}
		time.Sleep(20 * time.Second) // all but one of the buckets are full again
		if _, ok := l.Allow("one more"); !ok || len(l.byKey) != 2 {
			t.Errorf("allowed %v, %d keys are kept", ok, len(l.byKey))
		}
	})
}

// pool is what several servers' limiters share, by their own clock.
type pool struct {
	free map[string]time.Time
	err  error
}

func (p *pool) Use(_ context.Context, used []ports.Used) (map[string]time.Duration, error) {
	if p.err != nil {
		return nil, p.err
	}
	out := map[string]time.Duration{}
	for _, u := range used {
		from := p.free[u.Key]
		if from.Before(time.Now()) {
			from = time.Now()
		}
		p.free[u.Key] = from.Add(time.Duration(float64(u.Times) / u.PerSecond * float64(time.Second)))
	}
	for key, at := range p.free {
		if left := time.Until(at); left > 0 {
			out[key] = left
		}
	}
	return out, nil
}

func TestLimitersShare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &pool{free: map[string]time.Time{}}
		one, two := KeyLimiter(), KeyLimiter()
		share := func() {
			t.Helper()
			for _, l := range []*Limiter{one, two, one} {
				if err := l.Share(t.Context(), p); !errors.Is(err, p.err) {
					t.Fatal(err)
				}
			}
		}
		admitted := func(l *Limiter) int {
			n := 0
			for range 100 {
				if _, ok := l.allow("k", 1, 10); ok {
					n++
				}
			}
			return n
		}
		share()
		if n := admitted(one); n != 10 {
			t.Fatalf("the first lets %d through, want its burst", n)
		}
		share()
		if n := admitted(two); n != 0 {
			t.Fatalf("the second lets %d through although the first used all", n)
		}
		time.Sleep(4 * time.Second)
		share()
		if a, b := admitted(two), admitted(one); a != 4 || b != 4 {
			t.Fatalf("after 4 s they let %d and %d through, want what has come back, until they hear of each other", a, b)
		}
		share()
		time.Sleep(4 * time.Second) // as much as was let through too often
		if a, b := admitted(two), admitted(one); a != 0 || b != 0 {
			t.Fatalf("what was let through too often is not made good: %d and %d", a, b)
		}
		p.err = errors.New("away")
		share()
		time.Sleep(20 * time.Second)
		if a, b := admitted(two), admitted(one); a != 10 || b != 10 {
			t.Fatalf("alone they let %d and %d through, want each its burst", a, b)
		}
	})
}

func TestARequestOfManyAlertsCountsAsSeveral(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, in, def := newLimiter(0, 0), &directory.Integration{ID: "many"}, Rate{PerSecond: 1, Burst: 20}
		admitted := func() (n int) {
			for ; n < 100; n++ {
				if _, ok := l.Admit(in, def); !ok {
					return n
				}
			}
			return n
		}
		for _, c := range []struct{ alerts, left int }{{1, 19}, {10, 19}, {11, 18}, {100, 10}, {1_000_000, 0}} {
			if _, ok := l.Admit(in, def); !ok {
				t.Fatalf("the request of %d alerts is refused", c.alerts)
			}
			l.charge(in, c.alerts)
			if got := admitted(); got != c.left {
				t.Errorf("after %d alerts in one request %d more are admitted, want %d", c.alerts, got, c.left)
			}
			time.Sleep(time.Minute)
		}
		if got := admitted(); got != 20 {
			t.Errorf("a minute after more than the burst %d are admitted, want all of it: what is owed has an end", got)
		}
	})
}
