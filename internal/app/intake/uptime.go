package intake

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/rouse-oncall/rouse/internal/ports"
)

// maxGap is for how long nobody may have said so before intake counts as having been down.
const maxGap = 30 * time.Second

// Uptime notes that intake is up. Doubt, grace and silence count only the time in which it was: what could
// have cancelled them could not arrive while we were down.
type Uptime struct {
	Atomically ports.Atomically[ports.Uptime]
	Clock      ports.Clock
	Log        *slog.Logger

	mu    sync.Mutex
	own   time.Time // of this program
	since time.Time
}

// RunOnce notes it; where nobody did for a while, what waits is put off by as long.
func (u *Uptime) RunOnce(ctx context.Context) (int, error) {
	var gap time.Duration
	var since time.Time
	now := u.Clock.Now()
	err := u.Atomically(ctx, func(ctx context.Context, up ports.Uptime) error {
		var err error
		gap, since, err = up.Beat(ctx, now, maxGap, RefireKinds())
		return err
	})
	if err == nil && gap > 0 {
		u.Log.Warn("intake was down; doubt, grace and silence wait as much longer", "down", gap.Round(time.Second))
	}
	if err == nil {
		u.note(now, since)
	}
	return 0, err
}

func (u *Uptime) note(now, since time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.own.IsZero() {
		u.own = now
	}
	u.since = since
}

// Since is since when everybody could be heard: intake was up on some server, and this one has begun. A server that
// was away for a moment only has missed what came then.
func (u *Uptime) Since() time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.own.After(u.since) {
		return u.own
	}
	return u.since
}
