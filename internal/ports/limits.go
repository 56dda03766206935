package ports

import (
	"context"
	"time"
)

// Used is how often something was done by a key that is limited to so many a second.
type Used struct {
	Key       string
	Times     int
	PerSecond float64
}

// Limits remembers for all servers together how much of each limit is used.
type Limits interface {
	// Use adds what was used here, and gives for every key of which something is used, here or elsewhere, after
	// what time nothing will be.
	Use(ctx context.Context, used []Used) (map[string]time.Duration, error)
}
