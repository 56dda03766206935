package httpapi

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
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

func TestARequestOfManyAlertsCountsAsSeveral(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, in, def := newLimiter(0, 0), &directory.Integration{ID: "many"}, Rate{PerSecond: 1, Burst: 20}
		admitted := func() (n int) {
			for ; n < 100; n++ {
				if _, ok := l.admit(in, def); !ok {
					return n
				}
			}
			return n
		}
		for _, c := range []struct{ alerts, left int }{{1, 19}, {10, 19}, {11, 18}, {100, 10}, {1_000_000, 0}} {
			if _, ok := l.admit(in, def); !ok {
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
