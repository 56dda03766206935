package intake

import (
	"context"
	"log/slog"
	"time"

	"github.com/rouse-oncall/rouse/internal/ports"
)

// BeatEvery is how often a running intake says so.
const BeatEvery = 10 * time.Second

// maxGap is for how long nobody may have said so before intake counts as having been down.
const maxGap = 30 * time.Second

// Uptime notes that intake is up. Doubt, grace and silence count only the time in which it was: what could
// have cancelled them could not arrive while we were down.
type Uptime struct {
	Atomically ports.Atomically[ports.Uptime]
	Clock      ports.Clock
	Log        *slog.Logger
}

// RunOnce notes it; where nobody did for a while, what waits is put off by as long.
func (u *Uptime) RunOnce(ctx context.Context) (int, error) {
	var gap time.Duration
	err := u.Atomically(ctx, func(ctx context.Context, up ports.Uptime) error {
		var err error
		gap, err = up.Beat(ctx, u.Clock.Now(), maxGap, RefireKinds())
		return err
	})
	if err == nil && gap > 0 {
		u.Log.Warn("intake was down; doubt, grace and silence wait as much longer", "down", gap.Round(time.Second))
	}
	return 0, err
}
