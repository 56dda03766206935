package intake

import (
	"context"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// save writes everything and gives what changed.
func (p *placement) save(ctx context.Context) ([]incident.Change, error) {
	slices.Sort(p.folded)
	changes := make([]incident.Change, 0, len(p.folded))
	for _, n := range slices.Compact(p.folded) {
		changes = append(changes, p.folds[n].Change())
	}
	if len(changes) > 0 {
		if err := p.repos.Incidents.Save(ctx, changes); err != nil {
			return nil, err
		}
	}
	// Always in one order: refreshed alerts are written under no other lock.
	slices.SortFunc(p.order, func(a, b *tracked) int { return a.now.Compare(b.now.Key) })
	alerts := make([]alert.Alert, 0, len(p.order))
	for _, t := range p.order {
		if t.changed() {
			alerts = append(alerts, t.now)
		}
	}
	if len(alerts) > 0 {
		if err := p.repos.Alerts.Save(ctx, alerts); err != nil {
			return nil, err
		}
	}
	if len(p.events) > 0 {
		if err := p.repos.Alerts.Record(ctx, p.events); err != nil {
			return nil, err
		}
	}
	return changes, p.saveTimers(ctx)
}

// saveTimers plans and forgets the timers of single alerts: doubt, and silence of what fires by doubt.
// They belong to no incident: an alert may move while they are pending.
func (p *placement) saveTimers(ctx context.Context) error {
	var set, cancel []incident.Timer
	plan := func(k incident.TimerKind, of alert.Key, was, is time.Time) {
		t := incident.Timer{Kind: k, Subject: subject(of), Generation: is.UnixMicro(), DueAt: is}
		switch {
		case was.Equal(is):
		case is.IsZero():
			t.Generation = was.UnixMicro() // and not what somebody planned meanwhile
			cancel = append(cancel, t)
		default:
			set = append(set, t)
		}
	}
	for _, t := range p.order {
		plan(incident.TimerDoubt, t.now.Key, doubtDue(t.before), doubtDue(t.now))
		plan(incident.TimerStale, t.now.Key, silentAt(t.before), silentAt(t.now))
		plan(incident.TimerMissing, t.now.Key, t.before.MissingAt(), t.now.MissingAt())
		leased := incident.Timer{Kind: incident.TimerLease, Subject: subject(t.now.Key), DueAt: t.now.LeaseEnds()}
		switch was, is := !t.before.LeaseEnds().IsZero(), !leased.DueAt.IsZero(); {
		case is && !was:
			set = append(set, leased)
		case was && !is:
			cancel = append(cancel, leased)
		}
	}
	if len(cancel) > 0 {
		if err := p.repos.Timers.Cancel(ctx, cancel); err != nil {
			return err
		}
	}
	if len(set) > 0 {
		return p.repos.Timers.Set(ctx, set)
	}
	return nil
}

func doubtDue(a alert.Alert) time.Time {
	if a.Doubt == nil {
		return time.Time{}
	}
	return a.Doubt.Due
}

func silentAt(a alert.Alert) time.Time {
	if !a.Firing || !a.Stale {
		return time.Time{}
	}
	return a.SilentAt()
}
