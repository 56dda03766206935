package wire

import (
	"context"
	"log/slog"
	"time"
)

// poll is how often workers look without being woken: wake-ups are hints, polling is the truth.
const poll = 250 * time.Millisecond

// loop runs one worker until ctx ends: again at once while there is work, else after the poll. What fails
// is said once when it begins and once when it is over, and tried again after a second.
func loop(ctx context.Context, log *slog.Logger, name string, every time.Duration, run func(context.Context) (int, error)) {
	failing := false
	for ctx.Err() == nil {
		worked, err := run(context.WithoutCancel(ctx)) // a transaction under way is finished
		wait := every
		switch {
		case err != nil:
			if !failing {
				log.Error("a worker fails; it keeps trying", "worker", name, "error", err)
			}
			wait = max(wait, time.Second)
		case failing:
			log.Info("a worker works again", "worker", name)
		case worked > 0:
			wait = 0
		}
		failing = err != nil
		if wait == 0 {
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}
