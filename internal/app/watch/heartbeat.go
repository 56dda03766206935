package watch

import (
	"context"
	"log/slog"
	"time"

	"github.com/rouse-oncall/rouse/internal/ports"
)

const (
	auditFresh  = 45 * time.Second // three audits: the last one that left nothing without a future is no older
	sayAgain    = 10 * time.Second // after the monitor did not answer
	beatLimit   = 10 * time.Second // for the monitor's answer
	pulseAudit  = "audit"          // of package audit
	notWellText = "the outside monitor is not told that all is well"
)

// Heartbeat tells the monitor outside, once for each synthetic alert that went through while the audit passed.
type Heartbeat struct {
	To     ports.Heartbeat
	Silent func() bool // nobody can be reached: no provider takes anything
	Failed func()
	Log    *slog.Logger

	owed time.Time // the synthetic alert for which the monitor is to be told; zero: none
	next time.Time // when to try again
}

// owe notes that the way is clear, where the audit says so, too. A pulse ahead of the clock, which was put back then,
// says nothing of now.
func (h *Heartbeat) owe(now time.Time, last map[string]ports.Pulse) {
	if now.Sub(last[pulseAudit].At).Abs() > auditFresh {
		h.owed = time.Time{}
		h.Log.Error(notWellText+": the audit has not passed lately", "last", last[pulseAudit].At)
		return
	}
	if h.Silent() {
		h.owed = time.Time{}
		h.Log.Error(notWellText + ": no provider takes any message")
		return
	}
	h.owed, h.next = now, now
}

// again tells the monitor what is owed, until the next synthetic alert.
func (h *Heartbeat) again(ctx context.Context, s Store, now time.Time) {
	if h.owed.IsZero() || now.Before(h.next) {
		return
	}
	if now.Sub(h.owed) >= Every {
		h.owed = time.Time{}
		return
	}
	h.next = now.Add(sayAgain)
	calling, cancel := context.WithTimeout(ctx, beatLimit)
	defer cancel()
	if err := h.To.Beat(calling, now); err != nil {
		h.Failed()
		h.Log.Warn(notWellText+": it does not take the heartbeat", "error", err)
		return
	}
	h.owed = time.Time{}
	err := s.Write(ctx, func(ctx context.Context, r Repos) error {
		return r.Pulses.Beat(ctx, PulseHeartbeat, ports.Pulse{At: now})
	})
	if err != nil {
		h.Log.Warn("the heartbeat was sent, which could not be noted", "error", err)
	}
}
