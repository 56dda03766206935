package clock

import (
	"context"
	"errors"
	"testing"
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
