// Package clock tells the time of decisions: monotonic time plus an offset to the database's clock.
package clock

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/rouse-oncall/rouse/internal/ports"
)

var _ ports.Clock = (*Clock)(nil)

// Clock never jumps by itself: between two measurements it runs with the machine's monotonic clock.
type Clock struct {
	base   time.Time // with a monotonic reading
	offset atomic.Int64
	synced atomic.Bool
	source func(ctx context.Context) (time.Time, error)
}

// Skew is how far the clock may be off before that is said.
const Skew = 2 * time.Second

// maxTrip is how long a measurement may take: what took longer says too little.
const maxTrip = time.Second

// New makes a clock that follows source, the database's clock; it is wrong until the first Sync.
func New(source func(ctx context.Context) (time.Time, error)) *Clock {
	return &Clock{base: time.Now(), source: source}
}

// Now is in UTC, in whole microseconds: what databases keep.
func (c *Clock) Now() time.Time {
	t := c.base.Add(time.Since(c.base)).Add(time.Duration(c.offset.Load()))
	return t.Round(0).UTC().Truncate(time.Microsecond)
}

// Known says whether the clock was ever measured.
func (c *Clock) Known() bool { return c.synced.Load() }

// Sync measures against the source and corrects; it gives by how much the clock was off, 0 the first time.
// Half of the round trip counts as the way back. A measurement of more than a second is an error and changes
// nothing, but for the first: half a second off is better than not to start.
func (c *Clock) Sync(ctx context.Context) (off time.Duration, err error) {
	sent := time.Now()
	told, err := c.source(ctx)
	if err != nil {
		return 0, fmt.Errorf("asking the database for the time: %w", err)
	}
	trip := time.Since(sent)
	if trip > maxTrip && c.synced.Load() {
		return 0, fmt.Errorf("the database took %s to tell the time: too long to go by it", trip.Round(time.Millisecond))
	}
	now := told.Add(trip / 2)
	off = now.Sub(c.Now())
	c.offset.Add(int64(off))
	if !c.synced.Swap(true) {
		return 0, nil
	}
	return off, nil
}
