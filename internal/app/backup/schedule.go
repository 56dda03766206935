package backup

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/rouse-oncall/rouse/internal/ports"
)

// Pulse is the name by which a backup says that it was made.
const Pulse = "backup"

const (
	// Every is how often a server looks whether a backup is due.
	Every = time.Minute
	// turn is for how long a server that makes one has it to itself, at a time.
	turn = 45 * time.Second
	// again is how soon one that could not be made is tried again: it reads the whole database.
	again = 15 * time.Minute
)

// Repos is what the schedule reads and writes in one transaction.
type Repos struct {
	Leases ports.Leases
	Pulses ports.Pulses
}

// Schedule makes a backup whenever the newest one is old enough, on one of the servers, and removes old ones.
type Schedule struct {
	Make       Make
	Atomically ports.Atomically[Repos]
	Holder     string        // this replica
	Often      time.Duration // how old the newest backup may get
	Keep       time.Duration // how long backups are kept
	Log        *slog.Logger

	next   time.Time // not before
	failed error     // what became of the last one
}

// RunOnce makes one where it is due and nobody else makes it; it is for one goroutine. The error of one that could not be
// made stands until the next try.
func (u *Schedule) RunOnce(ctx context.Context) (int, error) {
	now := u.Make.Clock.Now()
	if now.Before(u.next) && u.next.Sub(now) <= again { // and not where the clock was put back
		return 0, u.failed
	}
	due, err := u.due(ctx, now)
	if err != nil || !due {
		return 0, err
	}
	if mine, err := u.take(ctx, turn); err != nil || !mine {
		return 0, err
	}
	if u.failed = u.make(ctx, now); u.failed != nil {
		u.next = now.Add(again)
	}
	return 0, u.failed
}

func (u *Schedule) make(ctx context.Context, began time.Time) error {
	working, stop := context.WithCancel(ctx)
	defer stop()
	go u.hold(working)
	m, err := u.Make.Do(working)
	if err != nil {
		return err
	}
	gone, pruned := u.Make.Shelf.Prune(ctx, u.Make.Clock.Now(), u.Keep)
	took := u.Make.Clock.Now().Sub(began)
	u.Log.Info("a backup was made", "name", m.Name, "incidents", m.Rows("incident"), "bytes", m.Size, "took", took, "removed", gone)
	return errors.Join(pruned, Made(ctx, u.Atomically, m, took))
}

// Made notes that a backup was made: all servers of the database say how old the newest one is.
func Made(ctx context.Context, atomically ports.Atomically[Repos], m Manifest, took time.Duration) error {
	return atomically(ctx, func(ctx context.Context, r Repos) error {
		return r.Pulses.Beat(ctx, Pulse, ports.Pulse{At: m.MadeAt, Took: took})
	})
}

func (u *Schedule) due(ctx context.Context, now time.Time) (bool, error) {
	var last ports.Pulse
	err := u.Atomically(ctx, func(ctx context.Context, r Repos) error {
		all, err := r.Pulses.Last(ctx)
		last = all[Pulse]
		return err
	})
	return now.Sub(last.At).Abs() >= u.Often, err // one ahead of the clock is from before it was put back
}

func (u *Schedule) take(ctx context.Context, d time.Duration) (mine bool, err error) {
	err = u.Atomically(ctx, func(ctx context.Context, r Repos) error {
		now := u.Make.Clock.Now()
		mine, err = r.Leases.Take(ctx, "backup", u.Holder, now, now.Add(d))
		return err
	})
	return mine, err
}

// hold keeps the turn while one is made. Where it fails another server may make one, too: that harms nobody.
func (u *Schedule) hold(ctx context.Context) {
	tick := time.NewTicker(turn / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if _, err := u.take(ctx, turn); err != nil {
				u.Log.Warn("a backup is made and its turn could not be kept", "error", err)
			}
		}
	}
}
