package httpapi

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"
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
