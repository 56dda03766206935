package wire

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/heartbeat"
	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/app/watch"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// sayHeld is how often the log says that paging is held.
const sayHeld = time.Minute

func watchStore(db *store.DB) watch.Store {
	bind := func(tx *store.Tx) watch.Repos {
		return watch.Repos{Paging: tx.Paging(), Leases: tx.Leases(), Probes: tx.Probes(), Pulses: tx.Pulses()}
	}
	return watch.Store{Read: store.Read(db, bind), Write: store.Atomic(db, store.Engine, bind)}
}

func (a *App) newWatch() *watch.Run {
	run := &watch.Run{
		Store: watchStore(a.db), Send: a.sendProbe, Clock: a.clock, Holder: a.holder,
		Passed: a.metrics.ProbePassed, Failed: a.metrics.ProbeFailed, Log: a.log,
	}
	if a.heartbeat != nil {
		run.Heartbeat = &watch.Heartbeat{To: a.heartbeat, Silent: a.providers.allFail, Failed: a.metrics.HeartbeatFailed, Log: a.log}
	}
	return run
}

// newHeartbeat is nil where nobody outside is to be told.
func newHeartbeat(cfg Config) (ports.Heartbeat, error) {
	if cfg.HeartbeatURL == "" {
		return nil, nil //nolint:nilnil // there is none
	}
	h, err := heartbeat.New(cfg.HeartbeatURL, cfg.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("heartbeat-url: %w", err)
	}
	return h, nil
}

// sendProbe is the synthetic alert, through the queue and the commit of every other.
func (a *App) sendProbe(ctx context.Context, firing bool) error {
	s := alert.Signal{
		Fingerprint: "probe", Firing: firing, StartsAt: a.clock.Now(),
		Labels: map[string]string{"alertname": "RouseProbe", "severity": "critical"},
	}
	if !firing {
		s.StartsAt, s.EndsAt = time.Time{}, a.clock.Now()
	}
	_, err := a.intake.Do(ctx, &directory.Integration{ID: directory.ProbeIntegration, Name: string(directory.ProbeIntegration)}, []alert.Signal{s}, nil, 0)
	if err != nil && a.stopping.Load() {
		return nil // nothing is wrong with that
	}
	return err
}

// watched is what the database knows of how well Rouse is.
type watched struct {
	paging incident.Paging
	pulses map[string]ports.Pulse
}

func readWatched(ctx context.Context, db *store.DB) (w watched, err error) {
	err = watchStore(db).Read(ctx, func(ctx context.Context, r watch.Repos) error {
		if w.paging, err = r.Paging.State(ctx); err != nil {
			return err
		}
		w.pulses, err = r.Pulses.Last(ctx)
		return err
	})
	return w, err
}

// Watched is for the metrics.
func (a *App) Watched(ctx context.Context) (held bool, ages map[string]time.Duration, err error) {
	w, err := readWatched(ctx, a.db)
	ages = make(map[string]time.Duration, len(w.pulses))
	for name, p := range w.pulses {
		ages[name] = a.clock.Now().Sub(p.At).Abs() // one ahead of the clock is from before it was put back
	}
	return w.paging.Held, ages, err
}

// pagingTold says loudly that paging was held or goes on, and wakes whoever waited for it.
func (a *App) pagingTold(p incident.Paging) {
	if p.Held {
		a.log.Warn("paging is held: alerts are taken, nobody is told; `rouse paging resume` lets it go on", "by", p.By.Name, "reason", p.Reason)
		return
	}
	a.log.Warn("paging goes on", "by", p.By.Name, "reason", p.Reason)
	a.deliver.Wake()
}

func (a *App) sayHeld(ctx context.Context) (int, error) {
	w, err := readWatched(ctx, a.db)
	if err == nil && w.paging.Held {
		a.log.Warn("paging is held: nobody is told of anything; `rouse paging resume` lets it go on", "since", w.paging.At, "by", w.paging.By.Name, "reason", w.paging.Reason)
	}
	return 0, err
}

// holdPaging holds it before anything is sent, where that was asked for.
func (a *App) holdPaging(ctx context.Context) error {
	if !a.Config.HoldPaging {
		return nil
	}
	_, err := a.admin.access.HoldPaging.Do(ctx, admin.System(), true, "started with --hold-paging")
	return err
}

// Watch audits and tests the whole way once: for tests that drive time themselves.
func (a *App) Watch(ctx context.Context) error {
	_, err := a.audit.RunOnce(ctx)
	_, err2 := a.watch.RunOnce(ctx)
	return errors.Join(err, err2)
}
