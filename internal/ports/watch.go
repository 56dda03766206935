package ports

import (
	"context"
	"time"
)

// Pulse is when a part by which Rouse watches itself was last well, and how long that took.
type Pulse struct {
	At   time.Time
	Took time.Duration
}

// Pulses are the same for every replica.
type Pulses interface {
	// Beat notes that a part was well.
	Beat(ctx context.Context, name string, p Pulse) error
	// Last gives the last beat of every part; one that never was well is absent.
	Last(ctx context.Context) (map[string]Pulse, error)
}

// Probes are the traces of the synthetic alert: the incident id.Probe and all that belongs to it.
type Probes interface {
	// Clear removes them.
	Clear(ctx context.Context) error
	// Reached says when the page of the synthetic alert was taken by its provider; zero: not yet.
	Reached(ctx context.Context) (time.Time, error)
}

// Heartbeat tells a monitor outside that all is well; silence is the alarm. Its errors say nothing of the address.
type Heartbeat interface {
	Beat(ctx context.Context, now time.Time) error
}
