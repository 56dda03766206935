// Package audit looks for incidents without a future and repairs them, loudly. It should never find one.
package audit

import (
	"context"
	"maps"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Every is how often the audit runs, over all replicas.
const Every = 15 * time.Second

// most is how many orphans one run repairs; the next run takes the others.
const most = 500

// Repos is what the audit reads and writes in one transaction.
type Repos struct {
	Directory ports.Directory
	Incidents ports.Incidents
	Auditor   ports.Auditor
	Leases    ports.Leases
}

// Run is the audit.
type Run struct {
	Atomically ports.Atomically[Repos]
	Clock      ports.Clock
	Holder     string                          // this replica
	Committed  func(changes []incident.Change) // told after the commit; never blocks
	Done       func(found int, took time.Duration)
}

// RunOnce looks and repairs, where it is this replica's turn; found is how many incidents had no future.
func (u *Run) RunOnce(ctx context.Context) (found int, err error) {
	var changes []incident.Change
	mine := false
	began := time.Now()
	err = u.Atomically(ctx, func(ctx context.Context, r Repos) error {
		changes, found = nil, 0
		now := u.Clock.Now()
		var err error
		if mine, err = r.Leases.Take(ctx, "audit", u.Holder, now, now.Add(Every-time.Second)); err != nil || !mine {
			return err
		}
		orphans, err := r.Auditor.Orphans(ctx, most)
		if err != nil || len(orphans) == 0 {
			return err
		}
		found = len(orphans)
		changes, err = repair(ctx, r, orphans, now)
		return err
	})
	if err != nil || !mine {
		return 0, err
	}
	u.Committed(changes)
	u.Done(found, time.Since(began))
	return found, nil
}

func repair(ctx context.Context, r Repos, orphans []id.Incident, now time.Time) ([]incident.Change, error) {
	snap, err := r.Directory.Current(ctx)
	if err != nil {
		return nil, err
	}
	states, err := r.Incidents.Lock(ctx, orphans)
	if err != nil {
		states = readable(ctx, r, orphans)
	}
	var changes []incident.Change
	for _, n := range orphans {
		s, ok := states[n]
		if !ok || s.Status == incident.Resolved() {
			continue
		}
		f := incident.NewFold(s)
		if err := f.Step(incident.Repaired{}, incident.Input{Now: now, Rules: snap.RulesOf(s.Service), Roster: snap}); err != nil {
			return nil, err
		}
		changes = append(changes, f.Change())
	}
	if len(changes) == 0 {
		return nil, nil
	}
	return changes, r.Incidents.Save(ctx, changes)
}

// readable gives the orphans one by one, without those that cannot be read: they stay orphans, and are counted
// as such by every run.
func readable(ctx context.Context, r Repos, orphans []id.Incident) map[id.Incident]incident.State {
	out := make(map[id.Incident]incident.State, len(orphans))
	for _, n := range orphans {
		if states, err := r.Incidents.Lock(ctx, []id.Incident{n}); err == nil {
			maps.Copy(out, states)
		}
	}
	return out
}
