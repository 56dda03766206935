package incident_test

import (
	"time"

	"pgregory.net/rapid"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// work is what people do with an incident besides answering it.
func (c *chaos) work() map[string]func(*rapid.T) {
	people := rapid.SampledFrom([]string{"ana", "ben", "cyd", "boss"})
	by := func(t *rapid.T) incident.Actor { return by(people.Draw(t, "by")) }
	to := func(t *rapid.T) escalation.Target {
		if rapid.Bool().Draw(t, "a team") {
			return escalation.Target{Kind: escalation.TargetTeam, ID: "web-oncall"}
		}
		return user(people.Draw(t, "to"))
	}
	events := map[string]func(t *rapid.T) incident.Event{
		"snooze": func(t *rapid.T) incident.Event {
			return incident.Snooze{By: by(t), Until: c.now.Add(time.Duration(rapid.IntRange(0, 10*60).Draw(t, "minutes")) * time.Minute)}
		},
		"take over": func(t *rapid.T) incident.Event { return incident.TakeOver{By: by(t)} },
		"pass on":   func(t *rapid.T) incident.Event { return incident.PassOn{By: by(t)} },
		"pass on to": func(t *rapid.T) incident.Event {
			who := to(t)
			return incident.PassOn{By: by(t), To: &who}
		},
		"reassign":      func(t *rapid.T) incident.Event { return incident.Reassign{By: by(t), To: to(t)} },
		"escalate now":  func(t *rapid.T) incident.Event { return incident.EscalateNow{By: by(t)} },
		"add responder": func(t *rapid.T) incident.Event { return incident.AddResponder{By: by(t), Who: to(t)} },
		"stop paging":   func(t *rapid.T) incident.Event { return incident.StopPaging{By: by(t)} },
		"reopen":        func(t *rapid.T) incident.Event { return incident.Reopen{By: by(t)} },
	}
	all := map[string]func(*rapid.T){
		"page now":      c.pageNow,
		"absorb":        c.absorb,
		"merge away":    c.mergeAway,
		"end of snooze": func(t *rapid.T) { c.endOf(t, incident.TimerSnooze) },
	}
	for name, ev := range events {
		all[name] = func(t *rapid.T) { c.opened(t); c.do(t, ev(t)) }
	}
	return all
}

func user(name string) escalation.Target {
	return escalation.Target{Kind: escalation.TargetUser, ID: name}
}

// endOf works a pending timer of a kind at its moment.
func (c *chaos) endOf(t *rapid.T, kind incident.TimerKind) {
	timer, ok := c.rows[kind]
	if !ok {
		t.Skip("no such timer")
	}
	if timer.DueAt.After(c.now) {
		c.now = timer.DueAt
	}
	c.do(t, incident.TimerDue{Timer: timer})
}

func (c *chaos) pageNow(t *rapid.T) {
	if !c.state.OpenedAt.IsZero() {
		t.Skip("opened already")
	}
	c.do(t, incident.PageNow{By: by("cyd"), Severity: warning, Targets: []escalation.Target{user("ana")}})
}

// absorb merges another incident, with an alert that fires, into this one.
func (c *chaos) absorb(t *rapid.T) {
	c.opened(t)
	sev := alert.SeverityOfRank(rapid.IntRange(0, c.state.Severity.Rank()).Draw(t, "severity"))
	name := "Merged"
	if _, fires := c.fires[name]; fires {
		t.Skip("one is there already")
	}
	o := incident.State{Number: 100 + id.Incident(len(c.state.Merged)), OpenedAt: c.now, Severity: sev, Quiet: sev.Quiet(), Alerts: 1}
	o.Status = rapid.SampledFrom([]incident.Status{incident.Open(), incident.Acknowledged()}).Draw(t, "status")
	o.Firing[sev.Rank()], o.LastFired[sev.Rank()] = 1, c.now
	o.Names = []incident.SeenName{{Name: name, Firing: 1, At: c.now}}
	if rapid.Bool().Draw(t, "muted") {
		silence := alert.NewSilence("s", "Bob", "", c.now.Add(time.Hour))
		o.Silences = []incident.Silenced{{Silence: silence, Alerts: 1}}
		c.muted[name] = silence
	}
	c.fires[name] = sev
	steps := len(c.steps)
	if c.do(t, incident.Absorb{Other: o, By: by("ana")}); len(c.steps) == steps {
		delete(c.fires, name)
		delete(c.muted, name)
	}
}

func (c *chaos) mergeAway(t *rapid.T) {
	c.opened(t)
	if c.state.Status == incident.Resolved() || rapid.IntRange(0, 3).Draw(t, "seldom") > 0 {
		t.Skip("nothing to merge")
	}
	clear(c.fires)
	clear(c.muted)
	c.do(t, incident.MergedAway{Into: incident.Other{Number: 99, ID: "other"}, By: by("ana")})
}
