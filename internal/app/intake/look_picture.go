package intake

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// picture is what the Alertmanagers of one integration have, taken together.
type picture struct {
	at     string // where was looked
	began  time.Time
	read   []source
	errors []string // in words
	whole  bool     // all answered, and have heard of everything: what none of them has is gone
	ours   string
}

// source is one of them.
type source struct {
	url string
	ports.Reading
}

// read asks all of them at once (at most ten): one after another, those that hang would outlast the
// lease. How old one is says its own clock, which may be another than ours.
func (u *Look) read(ctx context.Context, in *directory.Integration, began time.Time) picture {
	p := picture{at: in.API.Place(), began: began, whole: true, ours: u.ours}
	readings, errs := make([]ports.Reading, len(in.API.URLs)), make([]error, len(in.API.URLs))
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	var asking sync.WaitGroup
	for i, url := range in.API.URLs {
		asking.Go(func() { readings[i], errs[i] = u.from.Read(ctx, in, url) })
	}
	asking.Wait()
	for i, r := range readings {
		if errs[i] != nil {
			p.whole = false
			p.errors = append(p.errors, errs[i].Error())
			continue
		}
		now := began
		if !r.At.IsZero() {
			now = r.At
		}
		p.whole = p.whole && now.Sub(r.Began) >= young
		p.read = append(p.read, source{in.API.URLs[i], r})
	}
	return p
}

// decide says what the look makes of an alert that fires. good is when they were last all read.
func (p *picture) decide(a alert.Alert, good time.Time) (after alert.Alert, gone bool) {
	has, silence := p.find(a.Fingerprint)
	switch {
	case has:
		return a.Listed(p.at, silence), false
	case a.ListedBy != p.at:
		a.Silence = alert.Silence{} // what silenced it is read no more
	case len(p.errors) > 0 && a.LastSeen.After(good.Add(2*LookEvery)):
		a.Silence = alert.Silence{} // it was sent, which what is silenced never is
	case p.whole && a.LastSeen.Before(p.began):
		return a.Unlisted(p.at)
	}
	return a, false
}

// find says whether any of them has an alert, and how it is silenced: only where all that have it say so.
func (p *picture) find(fingerprint string) (has bool, s alert.Silence) {
	for _, r := range p.read {
		ids, ok := r.Alerts[fingerprint]
		if !ok {
			continue
		}
		if one := r.longest(ids, p.ours); !has || one.Until.Before(s.Until) { // none ends before any
			has, s = true, one
		}
	}
	return has, s
}

// longest is the silence that mutes for longest. Ours mute nobody: who acknowledged is told by us.
func (s *source) longest(ids []string, ours string) (out alert.Silence) {
	for _, i := range ids {
		x, ok := s.Silences[i]
		if ok && !isOurs(x, ours) && x.Until.After(out.Until) {
			out = x.Silence
		}
	}
	return out
}

// looking is one transaction of a look.
type looking struct {
	p     *placement
	by    id.Integration
	gone  map[id.Incident]int
	muted []*tracked
	moves []move
}

func (w *looking) run(ctx context.Context, decide decision) error {
	var locked []id.Incident
	for _, t := range w.p.order {
		if !t.now.Firing {
			continue // it ended meanwhile
		}
		after, gone := decide(t.now)
		switch {
		case gone:
			w.moves = append(w.moves, move{of: t, kind: alert.Ended, was: t.now.Severity, labels: t.now.LabelSet, over: t.now, by: w.p.source(w.by)})
			w.gone[t.now.Incident]++
			after = t.now.End(w.p.now)
		case !after.Silence.Is(t.now.Silence):
			w.muted = append(w.muted, t)
			locked = append(locked, t.now.Incident)
		}
		t.now = after
	}
	if err := w.p.lock(ctx, w.moves, locked...); err != nil {
		return err
	}
	return w.step(ctx)
}

func (w *looking) step(ctx context.Context) error {
	var muted []id.Incident
	for _, t := range w.muted {
		muted = append(muted, t.now.Incident)
	}
	slices.Sort(muted)
	if err := w.mute(ctx, slices.Compact(muted)); err != nil {
		return err
	}
	for n, alerts := range w.gone {
		f := w.p.folds[n]
		if f == nil {
			continue
		}
		ev := incident.Noted{Kind: incident.EntryGone, Actor: w.p.source(w.by), Data: map[string]string{"alerts": strconv.Itoa(alerts)},
			Text: "Gone from Alertmanager, which did not tell: " + plural(alerts)}
		if err := w.p.step(f, ev); err != nil {
			return err
		}
	}
	for _, m := range w.moves {
		if _, err := w.p.do(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

func plural(alerts int) string {
	if alerts == 1 {
		return "1 alert"
	}
	return strconv.Itoa(alerts) + " alerts"
}
