package clock

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestSyncFollowsItsSource(t *testing.T) {
	t.Parallel()
	ahead := time.Hour
	var fail error
	c := New(func(context.Context) (time.Time, error) { return time.Now().Add(ahead), fail })
	if c.Known() {
		t.Fatal("known before it was measured")
	}
	if off, err := c.Sync(t.Context()); err != nil || off != 0 {
		t.Fatalf("first measurement: off %s, %v", off, err)
	}
	if d := time.Until(c.Now()); d < 59*time.Minute || d > 61*time.Minute {
		t.Fatalf("an hour ahead, it says %s", d)
	}
	ahead = 0
	if off, err := c.Sync(t.Context()); err != nil || off > -59*time.Minute {
		t.Fatalf("it was an hour ahead, Sync says %s, %v", off, err)
	}
	fail = errors.New("away")
	before := c.Now()
	if _, err := c.Sync(t.Context()); err == nil || !c.Known() {
		t.Fatalf("a failed measurement: %v, known %v", err, c.Known())
	}
	if c.Now().Sub(before) > time.Minute {
		t.Fatal("a failed measurement moved the clock")
	}
}

func TestASlowMeasurementChangesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		trip, wrong := 3*time.Second, time.Duration(0)
		c := New(func(context.Context) (time.Time, error) {
			told := time.Now().Add(wrong)
			time.Sleep(trip)
			return told, nil
		})
		if _, err := c.Sync(t.Context()); err != nil || !c.Known() {
			t.Fatalf("the first measurement: %v", err)
		}
		trip = 0
		if off, err := c.Sync(t.Context()); err != nil || off != 1500*time.Millisecond {
			t.Errorf("the first was %s off, %v", off, err)
		}
		trip, wrong = 1001*time.Millisecond, time.Hour
		if off, err := c.Sync(t.Context()); err == nil || off != 0 {
			t.Errorf("a slow measurement: off %s, %v", off, err)
		}
		if d := time.Until(c.Now()).Abs(); d > time.Millisecond {
			t.Errorf("a slow measurement moved the clock by %s", d)
		}
		trip = time.Second
		if off, err := c.Sync(t.Context()); err != nil || off < 59*time.Minute {
			t.Errorf("a measurement within the second: off %s, %v", off, err)
		}
	})
}
