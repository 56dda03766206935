package incident

import (
	"slices"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Other names another incident.
type Other struct {
	Number id.Incident `json:"n"`
	ID     string      `json:"i"`
}

// maxMerged is how many incidents that were merged into one are remembered by it.
const maxMerged = 200

// Survives says whether a stays when a and b are merged: the more severe does, then the older.
func Survives(a, b *State) bool {
	switch {
	case a.Severity != b.Severity:
		return a.Severity.Above(b.Severity)
	case !a.OpenedAt.Equal(b.OpenedAt):
		return a.OpenedAt.Before(b.OpenedAt)
	}
	return a.Number < b.Number
}

// Mergeable says why two incidents cannot be merged; nil where they can.
func Mergeable(a, b *State) error {
	for _, s := range []*State{a, b} {
		if s.Status == Resolved() {
			return fault.Conflict("incident.already_resolved", "%s is resolved already", s.Number)
		}
	}
	switch {
	case a.Number == b.Number:
		return fault.Invalid("incident.merge_same", "%s cannot be merged with itself", a.Number)
	case a.Quiet != b.Quiet:
		return fault.Conflict("incident.merge_quiet", "only one of %s and %s pages anybody: they cannot be merged", a.Number, b.Number)
	}
	return nil
}

// Absorb is the survivor's half of a merge: the other's alerts are its own from now on.
type Absorb struct {
	Other State // as it was
	By    Actor
	Note  string
}

// MergedAway is the other's half: what it was goes on in the survivor.
type MergedAway struct {
	Into Other
	By   Actor
	Note string
}

func (ev Absorb) apply(e *engine) error {
	s, o := &e.s, &ev.Other
	if err := Mergeable(s, o); err != nil {
		return err
	}
	for r := range alert.Severities {
		s.Firing[r] += o.Firing[r]
		if o.LastFired[r].After(s.LastFired[r]) {
			s.LastFired[r] = o.LastFired[r]
		}
	}
	s.Names = mergeNames(s.Names, o.Names)
	for _, x := range o.Silences {
		e.countSilence(x.Silence, x.Alerts)
	}
	s.Alerts += o.Alerts
	s.Manual = s.Manual || o.Manual
	s.Severity = maxSeverity(s.Severity, o.Severity)
	s.Merged = append(slices.Clone(s.Merged), Other{o.Number, o.ID})
	s.Merged = s.Merged[max(0, len(s.Merged)-maxMerged):]
	e.note(EntryMerged, ev.By, map[string]string{"incident": o.ID}, "%s merged %s into it: %s%s", ev.By.Name, o.Number, o.Title, note(ev.Note))
	e.tellFollowers(notification.EventMerged, o.Number.String()+" was merged into it")
	switch {
	case s.Quiet:
	case s.Status == Acknowledged() && o.Status == Acknowledged():
	case s.Exhausted, !s.RoundRuns(), s.Pending(TimerHold) && !o.Pending(TimerHold):
		e.startRound(RoundMerged)
	}
	return nil
}

func (ev MergedAway) apply(e *engine) error {
	s := &e.s
	if s.Status == Resolved() {
		return fault.Conflict("incident.already_resolved", "%s is resolved already", s.Number)
	}
	for _, t := range s.Timers {
		e.emit(CancelTimer{Timer{Incident: s.Number, Kind: t.Kind}})
	}
	e.stop()
	s.Timers, s.Pages, s.Paged = nil, nil, nil
	s.Firing, s.Names, s.Changes, s.Silences = [alert.Severities]int{}, nil, nil, nil
	s.Exhausted, s.Flapping, s.LevelAt, s.SnoozedUntil = false, false, zeroTime(), zeroTime()
	s.ResolvedAt, s.ResolvedBy, s.MergedInto = e.now(), ev.By, ev.Into
	e.done()
	e.become(Resolved())
	e.note(EntryMergedAway, ev.By, map[string]string{"incident": ev.Into.ID}, "%s merged it into %s: it goes on there%s", ev.By.Name, ev.Into.Number, note(ev.Note))
	e.tellChannels(notification.EventMerged, "Merged into "+ev.Into.Number.String())
	return nil
}

func maxSeverity(a, b alert.Severity) alert.Severity {
	if b.Above(a) {
		return b
	}
	return a
}

// mergeNames adds what fires under each name; the most recent stay.
func mergeNames(a, b []SeenName) []SeenName {
	out := slices.Clone(a)
	for _, n := range b {
		i := slices.IndexFunc(out, func(o SeenName) bool { return o.Name == n.Name })
		if i < 0 {
			out = append(out, n)
			continue
		}
		out[i].Firing += n.Firing
		if n.At.After(out[i].At) {
			out[i].At = n.At
		}
	}
	slices.SortStableFunc(out, func(a, b SeenName) int { return a.At.Compare(b.At) })
	return out[max(0, len(out)-maxNames):]
}
