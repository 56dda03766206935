package respond

import (
	"context"
	"fmt"
	"slices"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// MaxMerged is how many incidents may be merged at once.
const MaxMerged = 50

// Merge makes one incident of several.
type Merge struct{ Deps Deps }

// Do merges all into the most severe, then the oldest: one decision, for all or none. Links, numbers, alerts and
// correlation keys of the others act on it from then on.
func (u Merge) Do(ctx context.Context, by directory.Principal, refs []string, note string) ([]Result, error) {
	actor, err := acting(by)
	if err != nil {
		return nil, err
	}
	if len(refs) < 2 || len(refs) > MaxMerged {
		return nil, fault.Invalid("incident.merge_count", "name 2 to %d incidents to merge, not %d", MaxMerged, len(refs))
	}
	var results []Result
	var changes []incident.Change
	err = u.Deps.atomically(ctx, func(ctx context.Context, r Repos) error {
		m := merging{by: actor, note: note}
		if err := m.open(ctx, u.Deps, r, refs); err != nil {
			return err
		}
		if err := m.run(); err != nil {
			return err
		}
		changes, err = m.save(ctx)
		results = m.results(refs)
		return err
	})
	if err == nil {
		u.Deps.Committed(changes)
	}
	return results, err
}

// merging is the transaction of one merge.
type merging struct {
	*work
	by       incident.Actor
	note     string
	found    map[string]id.Incident
	numbers  []id.Incident          // each once
	leads    map[string]id.Incident // the keys that lead to them
	survivor *incident.Fold
}

// open locks in the order of everybody: keys, then incidents.
func (m *merging) open(ctx context.Context, d Deps, r Repos, refs []string) (err error) {
	if m.found, err = r.Incidents.Find(ctx, refs); err != nil {
		return err
	}
	for _, ref := range refs {
		n, ok := m.found[ref]
		if !ok {
			return fault.NotFound("incident", ref)
		}
		m.numbers = append(m.numbers, n)
	}
	slices.Sort(m.numbers)
	if m.numbers = slices.Compact(m.numbers); len(m.numbers) < 2 {
		return fault.Invalid("incident.merge_same", "these are one incident already: %s", m.numbers[0])
	}
	keys, err := m.keys(ctx, r)
	if err != nil {
		return err
	}
	if m.leads, err = r.Keys.Lock(ctx, keys); err != nil {
		return err
	}
	if m.work, err = d.open(ctx, r, m.numbers); err != nil {
		return err
	}
	if len(m.unreadable) > 0 {
		return fmt.Errorf("incident %s cannot be read", m.unreadable[0])
	}
	now, err := m.keys(ctx, r)
	if err == nil && !slices.Equal(now, keys) {
		return ports.ErrStale // others began to lead here meanwhile
	}
	return err
}

func (m *merging) keys(ctx context.Context, r Repos) ([]string, error) {
	var out []string
	for _, n := range m.numbers {
		keys, err := r.Keys.Of(ctx, n)
		if err != nil {
			return nil, err
		}
		out = append(out, keys...)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func (m *merging) run() error {
	folds := make([]*incident.Fold, 0, len(m.numbers))
	for _, n := range m.numbers {
		folds = append(folds, m.folds[n])
	}
	slices.SortFunc(folds, func(a, b *incident.Fold) int {
		switch {
		case incident.Survives(a.State(), b.State()):
			return -1
		case incident.Survives(b.State(), a.State()):
			return 1
		}
		return 0
	})
	m.survivor = folds[0]
	for _, o := range folds[1:] {
		s := m.survivor.State()
		if err := m.survivor.Step(incident.Absorb{Other: *o.State(), By: m.by, Note: m.note}, m.in(s)); err != nil {
			return err
		}
		into := incident.Other{Number: s.Number, ID: s.ID}
		if err := o.Step(incident.MergedAway{Into: into, By: m.by, Note: m.note}, m.in(o.State())); err != nil {
			return err
		}
	}
	for key, n := range m.leads {
		if n != m.survivor.State().Number {
			m.survivor.Point(key)
		}
	}
	return nil
}

func (m *merging) save(ctx context.Context) ([]incident.Change, error) {
	changes, err := m.work.save(ctx)
	if err != nil {
		return nil, err
	}
	into := m.survivor.State().Number
	for _, n := range m.numbers {
		if n == into {
			continue
		}
		if err := m.repos.Alerts.Move(ctx, n, into); err != nil {
			return nil, err
		}
	}
	return changes, nil
}

func (m *merging) results(refs []string) []Result {
	out := make([]Result, len(refs))
	into := m.survivor.State()
	for i, ref := range refs {
		s := m.folds[m.found[ref]].State()
		out[i] = Result{Ref: ref, Number: s.Number, ID: s.ID, Status: s.Status, Assignee: s.Assignee, Changed: true, Said: say(s, true)}
		if s.Number != into.Number {
			out[i].Said = s.Number.String() + " goes on in " + say(into, true)
		}
	}
	return out
}
