package wire

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

// poll is how often workers look without being woken: wake-ups are hints, polling is the truth.
const poll = 250 * time.Millisecond

// keysEvery is how often the keys of integrations are read where nobody sends: with what was read last, alerts are
// known while the database is away.
const keysEvery = 10 * time.Second

// sayAgain is how often a worker that keeps failing says so.
const sayAgain = time.Minute

// failedAgain is how soon at the latest what failed is tried again: a server is ready when the database is.
const failedAgain = 5 * time.Second

// unwell is for how long a worker may fail before the server is not ready.
const unwell = 30 * time.Second

// loop runs one worker until ctx ends: again at once while there is work, else after the poll. What fails
// is said when it begins, every minute, and when it is over; it is tried again within seconds.
func loop(ctx context.Context, log *slog.Logger, h *health, name string, every time.Duration, run func(context.Context) (int, error)) {
	var said time.Time
	for ctx.Err() == nil {
		worked, err := protected(context.WithoutCancel(ctx), run) // a transaction under way is finished
		h.note(name, err)
		wait := every
		switch {
		case err != nil:
			if time.Since(said) >= sayAgain {
				said = time.Now()
				log.Error("a worker fails; it keeps trying", "worker", name, "error", err)
			}
			wait = min(max(wait, time.Second), failedAgain)
		case !said.IsZero():
			said = time.Time{}
			log.Info("a worker works again", "worker", name)
		case worked > 0:
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// beside starts a worker without which people are paged all the same. What it does may last: unlike a transaction it ends
// with the server, which is no failure.
func (a *App) beside(ctx context.Context, name string, every time.Duration, run func(context.Context) (int, error)) {
	a.working.Go(func() {
		loop(ctx, a.log, &a.aside, name, every, func(context.Context) (int, error) {
			n, err := run(ctx)
			if ctx.Err() != nil {
				err = nil
			}
			return n, err
		})
	})
}

// protected makes an error of a panic: one worker's bug must not stop the others.
func protected(ctx context.Context, run func(context.Context) (int, error)) (n int, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return run(ctx)
}

// health knows which workers fail, and since when.
type health struct {
	mu      sync.Mutex
	failing map[string]time.Time
	tell    func(worker string, failing bool)
}

func (h *health) note(name string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch since, was := h.failing[name]; {
	case err == nil:
		delete(h.failing, name)
	case !was:
		h.failing[name] = time.Now()
	default:
		h.failing[name] = since
	}
	h.tell(name, err != nil)
}

// words say which workers have been failing for long, and whether none has.
func (h *health) words() (string, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var bad []string
	for name, since := range h.failing {
		if d := time.Since(since); d >= unwell {
			bad = append(bad, fmt.Sprintf("%s for %s", name, d.Round(time.Second)))
		}
	}
	if len(bad) == 0 {
		return "all work", true
	}
	slices.Sort(bad)
	return "failing, see the log: " + strings.Join(bad, ", "), false
}
