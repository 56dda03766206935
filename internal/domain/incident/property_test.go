package incident_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// chaos is a story that happens at random. What always holds is checked after every step by the story itself.
type chaos struct {
	*story
	timers []incident.Timer    // that were ever set
	pages  []notification.Page // that were ever made
	mark   incident.State      // where the steps to fold began
	was    map[notification.PageKey]bool
	steps  []step
}

type step struct {
	ev incident.Event
	in incident.Input
}

func newChaos(t *rapid.T) *chaos {
	levels := rapid.SliceOfN(rapid.SampledFrom([]string{"ana", "ben", "ana ben", "web-oncall", "web-oncall cyd #ops", "cyd"}), 0, 3).Draw(t, "levels")
	h := newStory(t, levels...)
	h.owned.Channels = []directory.Channel{{ID: "#ops", Name: "ops", Kind: "webhook"}}
	h.team("web-oncall", "ana")
	h.policy(rapid.IntRange(0, 2).Draw(t, "repeat"), levels...)
	h.nightly("ana")
	h.provider = silent // reports are actions of their own
	c := &chaos{story: h}
	c.remember()
	return c
}

// remember begins a new sequence of steps to fold.
func (c *chaos) remember() {
	c.mark, c.was, c.steps = copyState(c.state), maps.Clone(c.live), nil
}

// do takes one step, and the same step again beside another one from the same state: nothing may be shared.
func (c *chaos) do(t *rapid.T, ev incident.Event) {
	c.t = t
	in := incident.Input{Now: c.now, Rules: c.rules.WithDefaults(), Roster: c.roster}
	before := c.state
	c.paged = nil
	if err := c.happen(ev); err != nil {
		return
	}
	c.steps = append(c.steps, step{ev, in})
	c.pages = append(c.pages, c.paged...)
	for _, timer := range c.rows {
		c.timers = append(c.timers, timer)
	}
	after := copyState(c.state)
	for _, other := range []incident.Event{
		incident.Fired{Alert: "Other", Severity: critical, New: true}, incident.Acknowledge{By: by("cyd")},
		incident.Ended{Alert: "Down", Severity: warning}, incident.Resolve{By: by("cyd")},
	} {
		_, _, _ = incident.Step(before, other, in)
		if !reflect.DeepEqual(c.state, after) {
			t.Fatalf("%T from one state changed what %T made of it", other, ev)
		}
	}
}

func (c *chaos) actions() map[string]func(*rapid.T) {
	names := rapid.SampledFrom([]string{"Down", "Slow", "Odd"})
	severities := rapid.SampledFrom([]alert.Severity{warning, failing, critical})
	people := rapid.SampledFrom([]string{"ana", "ben", "cyd", "boss"})
	all := map[string]func(*rapid.T){
		"fire":   func(t *rapid.T) { c.fireAny(t, names.Draw(t, "name"), severities.Draw(t, "severity")) },
		"fire 2": func(t *rapid.T) { c.fireAny(t, names.Draw(t, "name"), severities.Draw(t, "severity")) },
		"end":    func(t *rapid.T) { c.endAny(t, names.Draw(t, "name"), false) },
		"leave":  func(t *rapid.T) { c.endAny(t, names.Draw(t, "name"), true) },
		"fade":   func(t *rapid.T) { c.change(t, names.Draw(t, "name"), info) },
		"ack":    func(t *rapid.T) { c.opened(t); c.do(t, incident.Acknowledge{By: by(people.Draw(t, "who"))}) },
		"ack by a program": func(t *rapid.T) {
			c.opened(t)
			c.do(t, incident.Acknowledge{By: incident.Actor{Kind: incident.ByToken, ID: "robot"}})
		},
		"mute":    func(t *rapid.T) { c.muteAny(t, names.Draw(t, "name")) },
		"mute 2":  func(t *rapid.T) { c.muteAny(t, names.Draw(t, "name")) },
		"resolve": func(t *rapid.T) { c.opened(t); c.do(t, incident.Resolve{By: by("cyd")}) },
		"repair":  func(t *rapid.T) { c.opened(t); c.do(t, incident.Repaired{}) },
		"time":    func(t *rapid.T) { c.sleep(time.Duration(rapid.IntRange(1, 40*60).Draw(t, "seconds")) * time.Second) },
		"next timer, on time or late": func(t *rapid.T) {
			next, at := c.next()
			if next.Kind == "" {
				t.Skip("no timer")
			}
			if at.After(c.now) {
				c.now = at
			}
			c.sleep(rapid.SampledFrom([]time.Duration{0, time.Minute, 2 * time.Minute, 5 * time.Hour}).Draw(t, "late"))
			c.do(t, incident.TimerDue{Timer: next})
		},
		"any timer that ever was": func(t *rapid.T) {
			if len(c.timers) == 0 {
				t.Skip("no timer")
			}
			c.do(t, incident.TimerDue{Timer: rapid.SampledFrom(c.timers).Draw(t, "timer")})
		},
		"a page taken":    func(t *rapid.T) { c.reportAny(t, incident.PageAccepted) },
		"a page failed":   func(t *rapid.T) { c.reportAny(t, incident.PageFailed) },
		"a page failed 2": func(t *rapid.T) { c.reportAny(t, incident.PageFailed) },
		"people change":   func(t *rapid.T) { c.changePeople(t, people.Draw(t, "who")) },
		"rules change": func(t *rapid.T) {
			c.rules.KeepOpen = rapid.Bool().Draw(t, "keep open")
			c.rules.HoldHigh = rapid.SampledFrom([]time.Duration{0, time.Minute}).Draw(t, "hold")
			c.rules.NewKind = rapid.SampledFrom([]incident.NewKind{"", incident.NewKindPage, incident.NewKindQuiet}).Draw(t, "new kind")
		},
		"fold": c.fold,
	}
	maps.Copy(all, c.work())
	return all
}

// opened leaves out an action that needs an open incident. Skip in an action of rapid draws another in its place; the
// test goes on.
func (c *chaos) opened(t *rapid.T) {
	if c.state.OpenedAt.IsZero() {
		t.Skip("not opened yet")
	}
}

func (c *chaos) fireAny(t *rapid.T, name string, sev alert.Severity) {
	if _, ok := c.fires[name]; ok {
		c.change(t, name, sev)
		return
	}
	ev := incident.Fired{Alert: name, Severity: sev, New: !c.known[name]}
	c.fires[name], c.known[name] = sev, true
	c.do(t, ev)
}

func (c *chaos) change(t *rapid.T, name string, to alert.Severity) {
	from, ok := c.fires[name]
	if !ok || from == to {
		t.Skip("nothing to change")
	}
	c.fires[name] = to
	c.do(t, incident.Changed{Alert: name, From: from, To: to})
}

func (c *chaos) endAny(t *rapid.T, name string, moves bool) {
	sev, ok := c.fires[name]
	if !ok {
		t.Skip("does not fire")
	}
	delete(c.fires, name)
	silence := c.unmuted(name)
	if moves {
		c.do(t, incident.Left{Alert: name, Severity: sev, Silence: silence})
		return
	}
	c.do(t, incident.Ended{Alert: name, Severity: sev, Silence: silence, By: incident.Actor{Kind: incident.BySource}})
}

func (c *chaos) muteAny(t *rapid.T, name string) {
	if _, ok := c.fires[name]; !ok {
		t.Skip("does not fire")
	}
	c.unmuted(name)
	if minutes := rapid.IntRange(0, 90).Draw(t, "minutes"); minutes > 0 {
		c.muted[name] = alert.NewSilence("s", "Bob", "", c.now.Add(time.Duration(minutes)*time.Minute))
	}
	var silences []alert.Silence
	for _, name := range slices.Sorted(maps.Keys(c.muted)) {
		silences = append(silences, c.muted[name])
	}
	c.do(t, incident.Muted{Silences: silences})
}

// reportAny reports a page of any time: late, twice, of a round that is over.
func (c *chaos) reportAny(t *rapid.T, o incident.PageOutcome) {
	if len(c.pages) == 0 {
		t.Skip("no page")
	}
	n := len(c.pages)
	if rapid.Bool().Draw(t, "recent") {
		n = min(n, 3)
	}
	p := c.pages[len(c.pages)-1-rapid.IntRange(0, n-1).Draw(t, "page")]
	c.do(t, incident.PageReported{Page: p.PageKey, Purpose: p.Purpose, Outcome: o})
}

func (c *chaos) changePeople(_ *rapid.T, who string) {
	if u := c.user(who); len(u.Contacts) > 0 {
		c.gone(who)
	} else {
		*u = person(who, u.Role)
	}
	c.team("web-oncall", id.User(who))
}

// fold takes the steps since the last fold once more, as one change: it must say the same as they did one by one.
func (c *chaos) fold(t *rapid.T) {
	f := incident.NewFold(c.mark)
	for _, s := range c.steps {
		if err := f.Step(s.ev, s.in); err != nil {
			t.Fatalf("%T in a fold: %v", s.ev, err)
		}
	}
	change := f.Change()
	got, want := change.State, c.state
	got.Version, got.Seq, want.Version, want.Seq = 0, 0, 0, 0 // alerts that join share an entry in a fold
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("folded:\n%+v\none by one:\n%+v", got, want)
	}
	live := c.was
	if change.Stop {
		live = map[notification.PageKey]bool{}
	}
	for _, r := range change.StopFor {
		maps.DeleteFunc(live, func(k notification.PageKey, _ bool) bool { return k.Recipient == r })
	}
	for _, p := range change.Pages {
		if len(p.Deliveries) > 0 && p.Deliveries[0].Status == notification.Waiting {
			live[p.PageKey] = true
		}
	}
	if !maps.Equal(live, c.live) {
		t.Fatalf("folded, %v wait; one by one, %v", live, c.live)
	}
	rows := map[incident.TimerKind]int64{}
	for _, timer := range c.mark.Timers {
		rows[timer.Kind] = timer.Generation
	}
	for _, timer := range change.Cancel {
		delete(rows, timer.Kind)
	}
	for _, timer := range change.Set {
		rows[timer.Kind] = timer.Generation
	}
	for k, row := range c.rows {
		if rows[k] != row.Generation || len(rows) != len(c.rows) {
			t.Fatalf("folded, the rows are %v; one by one, %v", rows, c.rows)
		}
	}
	c.remember()
}

// Whatever happens, in whatever order: an unresolved incident has a pending timer, an unanswered one is on its way to
// somebody, and all else that a story checks after every step.
func TestWhateverHappens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := newChaos(t)
		t.Repeat(c.actions())
		c.fold(t)
		if c.state.Status == incident.Open() && !c.state.OpenedAt.IsZero() {
			c.reaches(t)
		}
	})
}

// reaches: with the engine up and a provider at work, whoever can be reached is paged in the end.
func (c *chaos) reaches(t *rapid.T) {
	c.t = t
	for i, u := range c.owned.Users {
		c.owned.Users[i] = person(u.Name, u.Role)
	}
	c.changeRoster()
	c.provider, c.flights = accepting, nil
	c.look()
	c.forward(5 * time.Hour)
	if c.state.Status == incident.Open() && names(c.paged, isPage) == "" {
		t.Fatalf("nobody was paged in 5 h; timers %v\n%s", c.rows, c.telling())
	}
}

// A quiet incident stays quiet, whatever happens to it.
func TestQuietWhateverHappens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := newChaos(t)
		all := c.actions()
		c.fireAny(t, "Watchdog", info)
		quiet := rapid.SampledFrom([]alert.Severity{info, alert.None()})
		delete(all, "fire 2")
		all["fire"] = func(t *rapid.T) {
			c.fireAny(t, rapid.SampledFrom([]string{"Down", "Slow", "Watchdog"}).Draw(t, "name"), quiet.Draw(t, "severity"))
		}
		t.Repeat(all)
		if c.state.Round != 0 || len(c.pages) != 0 {
			t.Fatalf("round %d, pages %v", c.state.Round, c.pages)
		}
	})
}

func TestRaises(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for i, c := range []struct {
		firing []alert.Severity
		fired  map[alert.Severity]time.Duration // ago
		sev    alert.Severity
		want   bool
	}{
		{nil, nil, warning, true},
		{[]alert.Severity{warning}, nil, warning, false},
		{[]alert.Severity{warning}, nil, failing, true},
		{[]alert.Severity{warning, critical}, nil, failing, false},
		{[]alert.Severity{warning}, map[alert.Severity]time.Duration{critical: 15 * time.Minute}, failing, false},
		{[]alert.Severity{warning}, map[alert.Severity]time.Duration{critical: 15*time.Minute + 1}, failing, true},
		{[]alert.Severity{warning}, map[alert.Severity]time.Duration{warning: time.Minute}, failing, true},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			var s incident.State
			for _, f := range c.firing {
				s.Firing[f.Rank()]++
			}
			for sev, ago := range c.fired {
				s.LastFired[sev.Rank()] = now.Add(-ago)
			}
			if got := s.Raises(c.sev, 15*time.Minute, now); got != c.want {
				t.Fatalf("a raise: %t", got)
			}
		})
	}
}
