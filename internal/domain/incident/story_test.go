package incident_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// The severities, short as a story needs them.
var (
	info     = alert.Info()
	warning  = alert.Warning()
	failing  = alert.Error()
	critical = alert.Critical()
)

// provider says what providers answer.
type provider int

const (
	accepting provider = iota
	refusing           // for good, at once
	silent             // or away: nothing is ever heard of a page
)

// tb is what a story needs of *testing.T and *rapid.T.
type tb interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// story is one incident, its people and a clock. The store's part (timer rows, deliveries that wait) is
// played from what a Fold says, so a wrong change shows as a story that goes wrong.
type story struct {
	t        tb
	now      time.Time
	rules    incident.Rules
	provider provider

	owned    directory.Edit
	settings directory.Settings
	roster   *directory.Snapshot

	state   incident.State
	rows    map[incident.TimerKind]incident.Timer
	flights []notification.Page // that a provider has not answered yet
	fires   map[string]alert.Severity
	muted   map[string]alert.Silence // of those that fire, where they come from
	known   map[string]bool
	keys    map[notification.PageKey]bool // of all pages ever
	live    map[notification.PageKey]bool // of those with deliveries that nothing stopped
	paged   []notification.Page           // since a story last looked
	stopped bool                          // since a story last looked
	entries []incident.Entry
}

const bossMail = "boss"

// newStory has a service whose policy has these levels: each names its people, 15 min to answer,
// repeated twice. Everybody has one phone that gets an SMS at once. The boss is the only admin: the fallback.
func newStory(t tb, levels ...string) *story {
	h := &story{
		t: t, now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), rules: incident.Rules{},
		rows: map[incident.TimerKind]incident.Timer{}, fires: map[string]alert.Severity{}, muted: map[string]alert.Silence{},
		known: map[string]bool{}, keys: map[notification.PageKey]bool{},
		live: map[notification.PageKey]bool{},
	}
	h.state = incident.State{Number: 1, ID: "one", Service: "web", ServiceName: "web", Environment: "prod"}
	h.owned.Users = []directory.User{person(bossMail, directory.Admin)}
	for _, u := range []string{"ana", "ben", "cyd"} {
		h.owned.Users = append(h.owned.Users, person(u, directory.Responder))
	}
	h.owned.Services = []directory.Service{{ID: "web", Name: "web", Policy: "web"}}
	h.settings.DefaultPolicy = "web"
	h.policy(2, levels...)
	return h
}

func person(name string, role directory.Role) directory.User {
	phone := notification.Contact{ID: id.Contact(name + "-phone"), Kind: "sms", To: "+" + name, Verified: true}
	step := []notification.Step{{Contact: phone.ID}}
	return directory.User{
		ID: id.User(name), Email: name, Name: name, TimeZone: "UTC", Role: role,
		Contacts: []notification.Contact{phone}, Rules: notification.Rules{High: step, Low: step},
	}
}

// policy replaces the policy by a new version. A level is a list of names; those that end in "-oncall" are teams.
func (h *story) policy(repeat int, levels ...string) {
	p := escalation.Policy{Ref: escalation.Ref{ID: "web", Version: len(h.owned.Policies) + 1}, Name: "web", Repeat: repeat}
	for _, l := range levels {
		level := escalation.Level{AckTimeout: 15 * time.Minute}
		for _, name := range strings.Fields(l) {
			kind := escalation.TargetUser
			switch {
			case strings.HasSuffix(name, "-oncall"):
				kind = escalation.TargetTeam
			case strings.HasPrefix(name, "#"):
				kind = escalation.TargetChannel
			}
			level.Targets = append(level.Targets, escalation.Target{Kind: kind, ID: name})
		}
		p.Levels = append(p.Levels, level)
	}
	h.owned.Policies = append(h.owned.Policies, p)
	h.changeRoster()
}

// team says who is in a team from now on.
func (h *story) team(name string, members ...id.User) {
	h.owned.Teams = slices.DeleteFunc(h.owned.Teams, func(t directory.Team) bool { return t.Name == name })
	h.owned.Teams = append(h.owned.Teams, directory.Team{ID: id.Team(name), Name: name, Members: members})
	h.changeRoster()
}

func (h *story) user(name string) *directory.User {
	i := slices.IndexFunc(h.owned.Users, func(u directory.User) bool { return u.ID == id.User(name) })
	return &h.owned.Users[i]
}

// gone takes everybody's (or these people's) contacts away.
func (h *story) gone(names ...string) {
	for _, n := range names {
		h.user(n).Contacts = nil
	}
	h.changeRoster()
}

func (h *story) changeRoster() {
	e := h.owned
	e.Users, e.Teams, e.Policies = slices.Clone(e.Users), slices.Clone(e.Teams), slices.Clone(e.Policies)
	h.roster = directory.NewSnapshot(1, h.settings, e, nil)
}

// happen takes one step, plays the store, and checks what always holds.
func (h *story) happen(ev incident.Event) error {
	h.t.Helper()
	in := incident.Input{Now: h.now, Rules: h.rules.WithDefaults(), Roster: h.roster}
	before, was := h.state, copyState(h.state)
	f := incident.NewFold(h.state)
	err := f.Step(ev, in)
	if !reflect.DeepEqual(before, was) {
		h.t.Fatalf("%T changed the state that it was given", ev)
	}
	if err != nil {
		return err
	}
	c := f.Change()
	h.state = c.State
	h.state.Version++
	h.store(c)
	h.always(ev, &was)
	return nil
}

func (h *story) store(c incident.Change) {
	for _, t := range c.Cancel {
		delete(h.rows, t.Kind)
	}
	for _, t := range c.Set {
		h.rows[t.Kind] = t
	}
	h.entries = append(h.entries, c.Entries...)
	if c.Stop {
		h.flights, h.stopped = nil, true
		clear(h.live)
	}
	for _, r := range c.StopFor {
		h.flights = slices.DeleteFunc(slices.Clone(h.flights), func(p notification.Page) bool { return p.Recipient == r })
		maps.DeleteFunc(h.live, func(k notification.PageKey, _ bool) bool { return k.Recipient == r })
	}
	once := map[notification.Recipient]bool{}
	for _, p := range c.Pages {
		if h.keys[p.PageKey] {
			h.t.Fatalf("page %+v was made twice", p.PageKey)
		}
		h.keys[p.PageKey] = true
		if len(p.Deliveries) == 0 || p.Deliveries[0].Status != notification.Waiting {
			continue
		}
		if isPage(p) {
			if once[p.Recipient] {
				h.t.Fatalf("%s is paged twice at once", p.Recipient.ID)
			}
			once[p.Recipient] = true
		}
		h.live[p.PageKey] = true
		h.paged = append(h.paged, p)
		h.flights = append(h.flights, p)
	}
}

func (h *story) must(ev incident.Event) {
	h.t.Helper()
	if err := h.happen(ev); err != nil {
		h.t.Fatalf("%T: %v", ev, err)
	}
}

// fire lets an alert fire: anew, or with another severity.
func (h *story) fire(name string, sev alert.Severity) {
	h.t.Helper()
	h.begin(incident.Fired{Alert: name, Severity: sev}, name)
	h.settle()
}

// fireAs is an alert whose name others have, too: name identifies it.
func (h *story) fireAs(alertname, name string, sev alert.Severity) {
	h.t.Helper()
	h.begin(incident.Fired{Alert: alertname, Severity: sev}, name)
	h.settle()
}

func (h *story) begin(ev incident.Fired, name string) {
	h.t.Helper()
	if was, ok := h.fires[name]; ok {
		h.fires[name] = ev.Severity
		if was != ev.Severity {
			h.must(incident.Changed{Alert: ev.Alert, From: was, To: ev.Severity})
		}
		return
	}
	ev.New, ev.Title = !h.known[name], name+" is bad"
	h.fires[name], h.known[name] = ev.Severity, true
	h.must(ev)
}

// heal ends alerts by their source.
func (h *story) heal(names ...string) {
	h.t.Helper()
	for _, n := range names {
		h.healAs(n, n)
	}
}

func (h *story) healAs(alertname, name string) {
	h.t.Helper()
	sev := h.fires[name]
	delete(h.fires, name)
	h.must(incident.Ended{Alert: alertname, Severity: sev, Silence: h.unmuted(name), By: incident.Actor{Kind: incident.BySource}})
	h.settle()
}

// mute silences an alert where it comes from until a moment; zero ends that.
func (h *story) mute(name string, until time.Time) {
	h.t.Helper()
	h.unmuted(name)
	if !until.IsZero() {
		h.muted[name] = alert.NewSilence("s1", "Bob", "known", until)
	}
	h.must(incident.Muted{Silences: slices.Collect(maps.Values(h.muted))})
	h.settle()
}

// unmuted forgets a silence, and gives it.
func (h *story) unmuted(name string) alert.Silence {
	was := h.muted[name]
	delete(h.muted, name)
	return was
}

func by(name string) incident.Actor {
	return incident.Actor{Kind: incident.ByUser, ID: name, Name: name}
}

func (h *story) ack(name string) {
	h.t.Helper()
	h.must(incident.Acknowledge{By: by(name)})
	h.settle()
}
func (h *story) resolve(name string) {
	h.t.Helper()
	h.must(incident.Resolve{By: by(name)})
	h.settle()
}

// settle lets providers answer what is due now.
func (h *story) settle() {
	h.t.Helper()
	for {
		i := slices.IndexFunc(h.flights, func(p notification.Page) bool { return !p.Deliveries[0].DueAt.After(h.now) })
		if i < 0 || h.provider == silent {
			return
		}
		h.answer(i)
	}
}

func (h *story) answer(i int) {
	h.t.Helper()
	p := h.flights[i]
	h.flights = slices.Delete(slices.Clone(h.flights), i, i+1)
	outcome := incident.PageAccepted
	if h.provider == refusing {
		outcome = incident.PageFailed
	}
	h.report(p, outcome)
}

func (h *story) report(p notification.Page, outcome incident.PageOutcome) {
	h.t.Helper()
	h.must(incident.PageReported{Page: p.PageKey, Purpose: p.Purpose, Outcome: outcome, By: "sms"})
}

// forward lets time pass: timers and answers come in order, each at its moment.
func (h *story) forward(d time.Duration) {
	h.t.Helper()
	end := h.now.Add(d)
	for range 10_000 {
		h.settle()
		timer, at := h.next()
		for _, p := range h.flights {
			if due := p.Deliveries[0].DueAt; due.After(h.now) && due.Before(at) {
				timer, at = incident.Timer{}, due
			}
		}
		if at.After(end) {
			h.now = end
			return
		}
		if at.After(h.now) {
			h.now = at
		}
		if timer.Kind != "" {
			h.must(incident.TimerDue{Timer: timer})
		}
	}
	h.t.Fatalf("time does not pass: timers %v", h.rows)
}

// sleep lets time pass while we are down: nothing is worked. What is due then comes at once.
func (h *story) sleep(d time.Duration) { h.now = h.now.Add(d) }

func (h *story) next() (incident.Timer, time.Time) {
	first := incident.Timer{DueAt: h.now.AddDate(10, 0, 0)}
	for _, t := range h.rows {
		if t.DueAt.Before(first.DueAt) || t.DueAt.Equal(first.DueAt) && t.Generation < first.Generation {
			first = t
		}
	}
	return first, first.DueAt
}
