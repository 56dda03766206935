package alert

import (
	"slices"
	"time"
)

// DoubtAfter is how long a doubtful firing waits for what would cancel it: just over Alertmanager's default group_interval.
const DoubtAfter = 6 * time.Minute

// maxSeen bounds how many occurrences of one alert are remembered.
const maxSeen = 32

// silentUnknown is how long an alert that fires by doubt may be silent where its repeat is not known.
const silentUnknown = 24 * time.Hour

// Outcome is what a signal, or time, made of an alert.
type Outcome struct {
	Kind OutcomeKind
	Was  Severity // before, where it was firing
}

// OutcomeKind is the kind of an outcome.
type OutcomeKind string

// The outcomes. Began, Refreshed and Superseded are of firing alerts.
const (
	Began      OutcomeKind = "began"      // it fires now and did not before
	Refreshed  OutcomeKind = "refreshed"  // it fires still
	Superseded OutcomeKind = "superseded" // a newer occurrence took over; it fires still
	Ended      OutcomeKind = "ended"      // it does not fire any more
	Idle       OutcomeKind = "resolved"   // resolved, and nothing was firing that this ends
	Late       OutcomeKind = "late"       // of an occurrence that is known to be over: recorded only
	Doubtful   OutcomeKind = "doubtful"   // of an occurrence that is known to be over, yet perhaps fires again
	Expired    OutcomeKind = "expired"    // it fired, long ago: recorded only; whoever hears it fire still begins it
)

// Receive applies one signal. It never looks at order of arrival for what is what: raw times are compared
// with raw times, and the moment of receipt, with others of its kind, only where the source gave none.
func (a Alert) Receive(s *Signal, now time.Time) (Alert, Outcome) {
	a.Key = s.Key()
	a.Received++
	out := Outcome{Was: a.Severity}
	at := now
	if !s.ReceivedAt.IsZero() && s.ReceivedAt.Before(now) {
		at = s.ReceivedAt
	}
	switch {
	case !s.Firing:
		out.Kind = a.resolve(s, at)
	case s.Expired:
		out.Kind = a.expired(s)
	default:
		out.Kind = a.fire(s, at, now)
	}
	if s.Firing && !s.Expired && out.Kind != Late || a.Received == 1 || s.Every > 0 {
		a.LabelSet = labelsOf(s)
	}
	switch {
	case s.Firing && out.Kind != Late:
		a.Lease, a.Sender = s.Lease, s.Sender
	case s.Every > 0:
		a.Every = s.Every
	}
	return a, out
}

func labelsOf(s *Signal) LabelSet {
	return LabelSet{
		Name: s.Name, Service: s.Service, Environment: s.Environment, Severity: s.Severity, Title: s.Title,
		Runbook: s.Runbook, Labels: s.Labels, Annotations: s.Annotations, GeneratorURL: s.GeneratorURL, GroupKey: s.GroupKey,
	}
}

// fire is a firing signal that was received at a moment, now or before. What waits for something waits from now.
func (a *Alert) fire(s *Signal, at, now time.Time) OutcomeKind {
	if a.Firing {
		return a.refire(s.StartsAt, at)
	}
	start, ours := s.StartsAt, false
	if start.IsZero() {
		start, ours = at, true
	}
	switch {
	case ours && s.overtaken(a.OverAt):
		return Late // its end was received after it and decided before it
	case !ours && !start.After(a.KnownEnd):
		return a.fireAfterEnd(start, at, now)
	}
	a.begin(start, ours, at)
	return Began
}

// expired is a firing signal that waited too long to wake anybody: what fires already, or is over, stays as it
// is, and what does not is left to whoever hears that it fires still.
func (a *Alert) expired(s *Signal) OutcomeKind {
	switch {
	case a.Firing:
		return Refreshed
	case s.StartsAt.IsZero() && s.overtaken(a.OverAt), !s.StartsAt.IsZero() && !s.StartsAt.After(a.KnownEnd):
		return Late
	}
	return Expired
}

// begin starts an occurrence.
func (a *Alert) begin(start time.Time, ours bool, at time.Time) {
	a.Firing, a.Start, a.OurStart = true, start, ours
	a.BeganAt, a.LastSeen, a.EndedAt, a.Doubt, a.Stale, a.Graced = at, at, time.Time{}, nil, false, false
	a.ListedBy, a.Missed = "", false
	if !ours {
		a.see(Occurrence{Start: start, Firing: true})
	}
}

// refire is a firing signal while it fires.
func (a *Alert) refire(start, at time.Time) OutcomeKind {
	a.learn(at.Sub(a.LastSeen))
	a.LastSeen, a.Graced, a.Missed = latest(a.LastSeen, at), false, false
	switch {
	case start.IsZero(), !start.After(a.KnownEnd):
		return Refreshed // one that is over already, or none: it cannot take over
	case a.OurStart:
		a.Start, a.OurStart = start, false // the source names the start only now
		a.see(Occurrence{Start: start, Firing: true})
		return Refreshed
	case start.After(a.Start):
		a.begin(start, false, a.LastSeen)
		return Superseded
	}
	a.see(Occurrence{Start: start, Firing: true})
	return Refreshed
}

// fireAfterEnd is a firing signal of an occurrence that started at or before a known end.
func (a *Alert) fireAfterEnd(start, at, now time.Time) OutcomeKind {
	i := slices.IndexFunc(a.Seen, func(o Occurrence) bool { return o.Start.Equal(start) })
	switch {
	case i < 0 || !a.Seen[i].Firing && a.Seen[i].Late.IsZero():
		a.see(Occurrence{Start: start, Late: at})
		return Late
	case !a.Seen[i].Firing && at.Sub(a.Seen[i].Late) < DoubtAfter:
		return Late
	}
	if a.Doubt == nil || start.After(a.Doubt.Start) {
		a.Doubt = &Doubt{Start: start, Due: now.Add(DoubtAfter)}
	}
	return Doubtful
}

func (a *Alert) resolve(s *Signal, at time.Time) OutcomeKind {
	start, bound := s.StartsAt, s.EndsAt
	a.OverAt = latest(a.OverAt, at)
	if start.After(bound) {
		bound = start
	}
	if a.Doubt != nil && (start.IsZero() || !start.Before(a.Doubt.Start)) {
		a.Doubt = nil
	}
	if bound.After(a.KnownEnd) {
		a.KnownEnd = bound
	}
	if !a.Firing {
		return Idle
	}
	untimed := bound.IsZero() || a.OurStart
	ends := untimed || !a.Start.After(bound)
	if a.Stale {
		untimed = start.IsZero()
		ends = untimed || !start.Before(a.Start)
	}
	if !ends || untimed && s.overtaken(a.LastSeen) { // it is about what was before
		return Idle
	}
	a.end(at)
	return Ended
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (a *Alert) end(now time.Time) {
	a.Firing, a.EndedAt, a.Stale, a.Graced, a.Silence = false, now, false, false, Silence{}
}

// End ends what fires by a decision of ours (healthy, a person, an absence): it makes nothing late.
func (a Alert) End(now time.Time) Alert {
	a.end(now)
	a.Every = 0 // what is missing is told of once; its next sign of life begins anew
	return a
}

// FireAnew is what a doubt that nothing cancelled becomes when it is due: the alert fires, and may be stale.
// Without a doubt, or while it fires, nothing changes.
func (a Alert) FireAnew(now time.Time) Alert {
	if a.Doubt == nil || a.Firing {
		return a
	}
	a.begin(a.Doubt.Start, false, now)
	a.Stale = true
	return a
}

// SilentAt is when an alert that fires by doubt is over unless it is heard: 1.5 × its learnt repeat, else 24 h.
func (a Alert) SilentAt() time.Time {
	if a.Repeat > 0 {
		return a.LastSeen.Add(a.Repeat * 3 / 2)
	}
	return a.LastSeen.Add(silentUnknown)
}

// learn notes how often the source repeats itself. Twins of a highly available pair, seconds apart, say nothing.
func (a *Alert) learn(gap time.Duration) {
	if gap >= 30*time.Second {
		a.Repeat = max(gap, a.Repeat*3/4)
	}
}

// see remembers an occurrence; what is known of it only grows.
func (a *Alert) see(o Occurrence) {
	seen := slices.Clone(a.Seen)
	i := slices.IndexFunc(seen, func(x Occurrence) bool { return x.Start.Equal(o.Start) })
	switch {
	case i >= 0:
		seen[i].Firing = seen[i].Firing || o.Firing
		if seen[i].Late.IsZero() {
			seen[i].Late = o.Late
		}
	case len(seen) == maxSeen:
		seen = append(seen[1:], o)
	default:
		seen = append(seen, o)
	}
	a.Seen = seen
}
