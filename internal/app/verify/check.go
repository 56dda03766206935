package verify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// find hears of what does not hold.
type find func(format string, args ...any)

func (in *Incident) check(found find) {
	if in.Unreadable != nil {
		found("it cannot be read: %v", in.Unreadable)
		return
	}
	in.listed(found)
	in.status(found)
	in.timers(found)
	in.history(found)
	in.alerts(found)
	in.deliveries(found)
}

// listed: lists show every incident once, and as it is.
func (in *Incident) listed(found find) {
	if len(in.Listed) != 1 {
		found("%d rows of lists lead to it, not 1", len(in.Listed))
		return
	}
	s, l := &in.State, in.Listed[0]
	if l.Unreadable != nil {
		found("its row of lists cannot be read: %v", l.Unreadable)
		return
	}
	want := Listing{nil, s.OpenedAt, s.Status, s.Severity, s.Service, s.Environment, s.Team, s.Assignee.ID, l.Expected, l.Expected}
	if !l.OpenedAt.Equal(want.OpenedAt) {
		found("lists say that it was opened at %s, it was at %s", l.OpenedAt, want.OpenedAt)
	}
	l.OpenedAt = want.OpenedAt
	if l != want {
		found("lists show it otherwise than it is: %+v, not %+v", l, want)
	}
}

func (in *Incident) status(found find) {
	s := &in.State
	resolved, acknowledged := s.Status == incident.Resolved(), s.Status == incident.Acknowledged()
	if resolved == s.ResolvedAt.IsZero() {
		found("it is %s and was resolved at %s", s.Status, stamp(s.ResolvedAt))
	}
	if acknowledged && s.AckedAt.IsZero() {
		found("it is acknowledged, and never was")
	}
	if s.Status == incident.Open() && s.Assignee != (incident.Actor{}) {
		found("it is open, and %s has it", s.Assignee.Name)
	}
	if n := len(s.Transitions); n == 0 || s.Transitions[n-1].Status != s.Status {
		found("it is %s, which its transitions do not end with", s.Status)
	}
}

// timers: the rows are an index of what the state plans, and who is unresolved has a future (P8).
func (in *Incident) timers(found find) {
	for _, t := range in.State.Timers {
		if !slices.ContainsFunc(in.Timers, func(r incident.Timer) bool { return r.Kind == t.Kind && r.Generation == t.Generation }) {
			found("the timer %s that it plans has no row of its generation: nothing would bring it up", t.Kind)
		}
	}
	for _, r := range in.Timers {
		if !in.State.Pending(r.Kind) {
			found("a row of a timer %s, which it does not plan", r.Kind)
		}
	}
	if in.State.Status != incident.Resolved() && len(in.Timers) == 0 && !slices.ContainsFunc(in.Deliveries, in.live) {
		found("it is %s, without a timer and without anything to be sent: it has no future", in.State.Status)
	}
	if in.State.Status == incident.Resolved() && in.State.FiringCount() > 0 && !in.State.Pending(incident.TimerGrace) {
		found("it is resolved while %d of its alerts fire, and nothing will look at them again", in.State.FiringCount())
	}
}

// live: it may be sent yet. What is said to be sent is not, where no message has it.
func (in *Incident) live(d notification.Delivery) bool {
	return d.Status == notification.Waiting || d.Status == notification.Sending && d.Message != "" && in.Loose[d.ID] == ""
}

// history: every number of its sequence is there once.
func (in *Incident) history(found find) {
	n := in.State.Seq
	if e := in.Entries; e.Count != n || e.Distinct != n || n > 0 && e.Min != 1 || e.Max != n {
		found("its history has %d entries under %d numbers, %d to %d, and should have each of 1 to %d once", e.Count, e.Distinct, e.Min, e.Max, n)
	}
}

// alerts: it counts as firing what fires.
func (in *Incident) alerts(found find) {
	if in.Firing != in.State.Firing {
		found("it counts %v alerts that fire, by severity, and %v do", in.State.Firing, in.Firing)
	}
	if in.Alerts > in.State.Alerts {
		found("it says that %d alerts ever belonged to it, and %d do now", in.State.Alerts, in.Alerts)
	}
}

// deliveries: each is one step of one page, once (P4), and those that wait are looked at.
func (in *Incident) deliveries(found find) {
	type key struct {
		page notification.PageKey
		step int
		lane notification.Lane
	}
	seen := make(map[key]bool)
	for _, d := range in.Deliveries {
		k := key{d.Page, d.Step, d.Lane}
		if seen[k] {
			found("delivery %d is there twice: step %d by %s of one page", d.ID, d.Step, d.Lane)
		}
		seen[k] = true
		if !in.Paged[d.Page] {
			found("delivery %d is of a page that does not exist: round %d, pass %d, level %d", d.ID, d.Page.Round, d.Page.Pass, d.Page.Level)
		}
		if why := in.Loose[d.ID]; why != "" {
			found("the message of delivery %d, %s, %s", d.ID, d.Message, why)
		}
		if waiting := d.Status == notification.Waiting; waiting && d.Message != "" {
			found("delivery %d waits, and is part of message %s", d.ID, d.Message)
		} else if !waiting && d.Message == "" && (d.Status == notification.Sending || d.Status.Reached()) {
			found("delivery %d is %s without a message", d.ID, d.Status)
		}
	}
	for _, l := range in.Unlooked {
		found("what waits for %s is not looked at by anybody: nothing would send it", l)
	}
}

func (a *Alert) check(found find) {
	switch {
	case a.Unreadable != nil:
		found("it cannot be read: %v", a.Unreadable)
		return
	case a.Firing && a.Alert.Incident == 0:
		found("it fires, and belongs to no incident")
	case a.Alert.Incident != 0 && !a.Incident:
		found("it belongs to incident %s, which does not exist", a.Alert.Incident)
	}
	if a.Firing != a.EndedAt.IsZero() && !a.Start.IsZero() {
		found("firing is %t, and it ended at %s", a.Firing, stamp(a.EndedAt))
	}
	planned := map[incident.TimerKind]bool{incident.TimerDoubt: a.Doubt != nil, incident.TimerStale: a.Firing && a.Stale}
	for _, kind := range []incident.TimerKind{incident.TimerDoubt, incident.TimerStale} {
		row := slices.ContainsFunc(a.Timers, func(t incident.Timer) bool { return t.Kind == kind })
		switch {
		case planned[kind] && !row:
			found("its timer %s has no row: nothing would bring it up", kind)
		case row && !planned[kind]:
			found("a row of a timer %s, which it does not plan", kind)
		}
	}
}

func (m *Message) check(found find) {
	if m.Unreadable != nil {
		found("it cannot be read: %v", m.Unreadable)
		return
	}
	m.deliveries(found)
	if m.Status == notification.MessageSending && m.LeaseUntil.IsZero() || m.Status == notification.MessageRetrying && m.NextAt.IsZero() {
		found("it is %s, and nobody will look at it again", m.Status)
	}
	if (m.Status == notification.MessageAccepted || m.Status == notification.MessageDelivered) && m.SentAt.IsZero() && m.ProviderID == "" {
		found("it is %s, and was never sent", m.Status)
	}
}

// deliveries: those that it lists are its own, and end with it.
func (m *Message) deliveries(found find) {
	if len(m.Lists) == 0 && m.Purpose != notification.PurposeTest {
		found("it is made of no deliveries")
	}
	has := make(map[int64]bool, len(m.Deliveries))
	var strange []string
	for _, d := range m.Deliveries {
		has[d.ID] = true
		if d.Message != m.ID {
			found("it lists delivery %d, which is part of %q", d.ID, d.Message)
		}
		if m.Status.Final() && d.Status == notification.Sending {
			strange = append(strange, fmt.Sprint(d.ID))
		}
	}
	for _, n := range m.Lists {
		if !has[n] {
			found("it lists delivery %d, which does not exist", n)
		}
	}
	if len(strange) > 0 {
		found("it is %s, and its deliveries %s are being sent still", m.Status, strings.Join(strange, ", "))
	}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "no time"
	}
	return t.UTC().Format(time.RFC3339)
}
