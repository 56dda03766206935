// Package watch lets Rouse watch itself: a synthetic alert goes the whole way every minute and pages nobody, and
// a monitor outside hears of it.
package watch

import (
	"context"
	"log/slog"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/failpoint"
	"github.com/rouse-oncall/rouse/internal/ports"
)

const (
	// Every is how often the synthetic alert goes, over all replicas.
	Every = time.Minute
	// Unwell is how old the last one that went through may be.
	Unwell = 3 * time.Minute

	look      = 5 * time.Second  // how often another replica looks whether it is its turn
	sendLimit = 10 * time.Second // for intake to take it
)

// Names of pulses. The audit's is its own.
const (
	PulseProbe     = "probe"
	PulseHeartbeat = "heartbeat"
)

// Repos is what watching reads and writes in one transaction.
type Repos struct {
	Paging ports.Paging
	Leases ports.Leases
	Probes ports.Probes
	Pulses ports.Pulses
}

// Store runs functions in one transaction each.
type Store struct {
	Read  ports.Atomically[Repos]
	Write ports.Atomically[Repos]
}

// Run sends the synthetic alert and sees whether its page goes out. It is for one goroutine.
type Run struct {
	Store     Store
	Send      func(ctx context.Context, firing bool) error // the synthetic alert, into intake
	Heartbeat *Heartbeat                                   // nil: nobody outside is told
	Clock     ports.Clock
	Holder    string // this replica
	Passed    func(took time.Duration)
	Failed    func() // it did not go through before the next one
	Log       *slog.Logger

	next  time.Time // when to begin again
	began time.Time // of the one that is under way; zero: none
}

// RunOnce begins, or looks how far the alert that is under way has come; it says whether it did something.
// Any replica may work what the alert causes: what became of it is in the database.
func (u *Run) RunOnce(ctx context.Context) (int, error) {
	now := u.Clock.Now()
	if !u.began.IsZero() {
		return u.follow(ctx, now)
	}
	if u.Heartbeat != nil {
		u.Heartbeat.again(ctx, u.Store, now)
	}
	if now.Before(u.next) && u.next.Sub(now) <= Every { // and not where the clock was put back
		return 0, nil
	}
	return u.begin(ctx, now)
}

// begin sends the alert, where it is this replica's turn. It would spring the trap that a test has set for others.
func (u *Run) begin(ctx context.Context, now time.Time) (int, error) {
	u.next = now.Add(look)
	if failpoint.Armed() {
		return 0, nil
	}
	mine := false
	err := u.Store.Write(ctx, func(ctx context.Context, r Repos) error {
		var err error
		if mine, err = r.Leases.Take(ctx, PulseProbe, u.Holder, now, now.Add(Every-time.Second)); err != nil || !mine {
			return err
		}
		return r.Probes.Clear(ctx)
	})
	if err != nil || !mine {
		return 0, err
	}
	if err := u.send(ctx, true); err != nil {
		u.Failed() // where alerts are refused, this one is, too
		return 0, err
	}
	u.began, u.next = now, now.Add(Every)
	return 1, nil
}

func (u *Run) send(ctx context.Context, firing bool) error {
	ctx, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	return u.Send(ctx, firing)
}

// follow ends the alert once its page was taken by its provider. While paging is held it cannot be.
func (u *Run) follow(ctx context.Context, now time.Time) (int, error) {
	var reached time.Time
	var paging incident.Paging
	err := u.Store.Read(ctx, func(ctx context.Context, r Repos) (err error) {
		if paging, err = r.Paging.State(ctx); err != nil {
			return err
		}
		reached, err = r.Probes.Reached(ctx)
		return err
	})
	switch {
	case paging.Held:
		u.began = time.Time{} // it could not go on, and nothing is wrong
		return 0, err
	case err == nil && !reached.IsZero():
		return u.passed(ctx, now, reached)
	case now.Sub(u.began).Abs() < Every:
		return 0, err
	}
	u.began = time.Time{}
	u.Failed()
	u.Log.Error("the synthetic alert of a minute ago has paged nobody yet: look at /ready, and at the errors before this one")
	return 0, err
}

func (u *Run) passed(ctx context.Context, now, reached time.Time) (int, error) {
	took := max(0, reached.Sub(u.began))
	u.began = time.Time{}
	var last map[string]ports.Pulse
	err := u.Store.Write(ctx, func(ctx context.Context, r Repos) error {
		err := r.Pulses.Beat(ctx, PulseProbe, ports.Pulse{At: now, Took: took})
		if err != nil {
			return err
		}
		last, err = r.Pulses.Last(ctx)
		return err
	})
	if err != nil {
		return 0, err
	}
	u.Passed(took)
	if u.Heartbeat != nil {
		u.Heartbeat.owe(now, last)
		u.Heartbeat.again(ctx, u.Store, now)
	}
	return 1, u.send(ctx, false)
}
