package verify

import (
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// TestWaitedForIntake: a server said that it was up, took an alert 8 s later, was down, and said so again 50 s after the first
// time: what the alert waits for was put off by those 50 s, and by no more.
func TestWaitedForIntake(t *testing.T) {
	t.Parallel()
	first := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	seen, beat := first.Add(8*time.Second), first.Add(50*time.Second)
	stale := incident.Timer{Kind: incident.TimerStale, DueAt: seen.Add(24 * time.Hour)}
	for off, want := range map[time.Duration]bool{50 * time.Second: true, 53 * time.Second: false, -time.Second: false} {
		if got := waitedForIntake(stale, stale.DueAt.Add(off), seen, beat); got != want {
			t.Errorf("put off by %s: %v", off, got)
		}
	}
}
