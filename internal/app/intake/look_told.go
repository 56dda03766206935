package intake

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// silencing is what became of the silences that we keep for an incident.
type silencing struct {
	made, ended int
	errs        []error
}

// silencings are by the ids of incidents.
type silencings map[string]*silencing

func (s silencings) add(of string, made, ended int, err error) {
	if s[of] == nil {
		s[of] = &silencing{}
	}
	if err != nil {
		s[of].errs = append(s[of].errs, err)
		return
	}
	s[of].made += made
	s[of].ended += ended
}

func (s silencings) failed() error {
	var errs []error
	for _, of := range slices.Sorted(maps.Keys(s)) {
		errs = append(errs, s[of].errs...)
	}
	return errors.Join(errs...)
}

// entries are what the timeline says of it; fails: it failed at the look before, too, which was said then.
func (s *silencing) entries(by incident.Actor, fails bool) (out []incident.Noted) {
	entry := func(kind incident.EntryKind, alerts int, text string) {
		ev := incident.Noted{Kind: kind, Actor: by, Data: map[string]string{"alerts": strconv.Itoa(alerts)}, Text: text + plural(alerts)}
		out = append(out, ev)
	}
	if s.made > 0 {
		entry(incident.EntrySilencing, s.made, "Silenced at Alertmanager while somebody has this: ")
	}
	if s.ended > 0 {
		entry(incident.EntrySilencingEnded, s.ended, "Our silence at Alertmanager is ended: ")
	}
	if len(s.errs) > 0 && !fails {
		entry(incident.EntrySilencingFailed, len(s.errs), "Alertmanager did not take our silence, or its end; the integration says why: ")
	}
	return out
}

// tell writes what became of our silences on the timelines of their incidents.
func (u *Look) tell(ctx context.Context, in *directory.Integration, done silencings) error {
	fails := map[string]bool{}
	told := map[string][]incident.Noted{}
	u.mu.Lock()
	before := u.failing[in.ID]
	u.mu.Unlock()
	for of, s := range done {
		if len(s.errs) > 0 {
			fails[of] = true
		}
		if list := s.entries(in.Principal().Actor, before[of]); len(list) > 0 {
			told[of] = list
		}
	}
	for some := range slices.Chunk(slices.Sorted(maps.Keys(told)), lookBatch) {
		if err := u.write(ctx, some, told); err != nil {
			return err
		}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.failing[in.ID] = fails
	return nil
}

func (u *Look) write(ctx context.Context, refs []string, told map[string][]incident.Noted) error {
	var changes []incident.Change
	err := u.deps.Atomically(ctx, func(ctx context.Context, r Repos) error {
		snap, err := r.Directory.Current(ctx)
		if err != nil {
			return err
		}
		numbers, err := r.Incidents.Find(ctx, refs)
		if err != nil {
			return err
		}
		p := newPlacement(r, snap, u.deps.Clock.Now(), u.deps.NewID)
		if err := p.lock(ctx, nil, slices.Collect(maps.Values(numbers))...); err != nil {
			return err
		}
		for _, ref := range refs {
			f := p.folds[numbers[ref]]
			if f == nil { // what links to it is not of this database, or it is gone
				continue
			}
			for _, ev := range told[ref] {
				if err := p.step(f, ev); err != nil {
					return err
				}
			}
		}
		changes, err = p.save(ctx)
		return err
	})
	if err == nil {
		u.deps.Committed(changes)
	}
	return err
}

// mute tells incidents which of their alerts are silenced where they come from.
func (w *looking) mute(ctx context.Context, incidents []id.Incident) error {
	if len(incidents) == 0 {
		return nil
	}
	firing, err := w.p.repos.Alerts.Firing(ctx, incidents)
	if err != nil {
		return err
	}
	of := map[id.Incident][]alert.Silence{}
	for _, a := range firing {
		if t, ok := w.p.alerts[a.Key]; ok && t.now.Firing { // one that is over takes its silence with it when it ends
			a = t.now
		}
		of[a.Incident] = append(of[a.Incident], a.Silence)
	}
	for _, n := range incidents {
		f := w.p.folds[n]
		if f == nil || f.State().MutedBy(of[n]) {
			continue
		}
		was := f.State().Suppressed
		if err := w.p.step(f, incident.Muted{Silences: of[n]}); err != nil {
			return err
		}
		if was || f.State().Suppressed {
			continue
		}
		if err := w.tellMuted(f, n); err != nil {
			return err
		}
	}
	return nil
}

// tellMuted says what is silenced, or is not any more, where that changes nothing for who is paged: else the engine says it.
func (w *looking) tellMuted(f *incident.Fold, n id.Incident) error {
	var first *tracked
	begun, over := 0, 0
	for _, t := range w.muted {
		switch {
		case t.now.Incident != n:
		case t.now.Silence.Until.IsZero():
			over++
		default:
			if begun++; first == nil || t.now.Silence.Until.Before(first.now.Silence.Until) {
				first = t
			}
		}
	}
	if begun > 0 {
		s := incident.Silenced{Silence: first.now.Silence}
		data := map[string]string{"silence": s.ID, "by": s.By, "until": s.Until.UTC().Format(time.RFC3339), "alerts": strconv.Itoa(begun)}
		if err := w.p.step(f, incident.Noted{Kind: incident.EntrySilenced, Actor: w.p.source(w.by), Data: data, Text: s.String() + " (" + plural(begun) + ")"}); err != nil {
			return err
		}
	}
	if over > 0 {
		ev := incident.Noted{Kind: incident.EntryUnsilenced, Actor: w.p.source(w.by), Data: map[string]string{"alerts": strconv.Itoa(over)}, Text: "Not silenced any more: " + plural(over)}
		return w.p.step(f, ev)
	}
	return nil
}
