package verify

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

func (a *Alert) check(beat time.Time, found find) {
	switch {
	case a.Unreadable != nil:
		found(Unreadable, "it cannot be read: %v", a.Unreadable)
		return
	case a.Firing && a.Alert.Incident == 0:
		found(Alerts, "it fires, and belongs to no incident")
	case a.Alert.Incident != 0 && !a.Incident:
		found(Alerts, "it belongs to incident %s, which does not exist", a.Alert.Incident)
	}
	switch {
	case a.Start.IsZero():
	case a.Firing && !a.EndedAt.IsZero():
		found(Alerts, "it fires, and ended at %s", stamp(a.EndedAt))
	case !a.Firing && a.EndedAt.IsZero():
		found(Alerts, "it does not fire, and there is no moment at which it ended")
	}
	var doubt, silent time.Time
	if a.Doubt != nil {
		doubt = a.Doubt.Due
	}
	if a.Firing && a.Stale {
		silent = a.SilentAt()
	}
	a.timer(incident.TimerDoubt, doubt, beat, found)
	a.timer(incident.TimerStale, silent, beat, found)
	a.looks(incident.TimerLease, a.LeaseEnds(), found)
	a.looks(incident.TimerMissing, a.MissingAt(), found)
}

// looks: the row of a timer that is put off again and again must only be there.
func (a *Alert) looks(kind incident.TimerKind, planned time.Time, found find) {
	if !planned.IsZero() && !slices.ContainsFunc(a.Timers, func(t incident.Timer) bool { return t.Kind == kind }) {
		found(Alerts, "its timer %s has no row: nothing would bring it up", kind)
	}
}

// title is the alert in words.
func (a *Alert) title(p *directory.Snapshot) string {
	source := string(a.Integration)
	if i := p.Integrations[a.Integration]; i != nil {
		source = i.Name
	}
	text := fmt.Sprintf("alert %s of %s (fingerprint %s)", cmp.Or(a.Name, "without a name"), source, a.Fingerprint)
	if a.Alert.Incident != 0 {
		text += ", incident " + a.Alert.Incident.String()
	}
	return text
}

// timer: the row of one that is planned names the moment as its generation, without which it means nothing.
func (a *Alert) timer(kind incident.TimerKind, planned, beat time.Time, found find) {
	i := slices.IndexFunc(a.Timers, func(t incident.Timer) bool { return t.Kind == kind })
	t := incident.Timer{Kind: kind, DueAt: planned}
	switch {
	case planned.IsZero(): // a person may have ended it: a row that is left means nothing, and goes when it is due
	case i < 0:
		found(Alerts, "its timer %s has no row: nothing would bring it up", kind)
	case a.Timers[i].Generation != planned.UnixMicro():
		found(Alerts, "its timer %s, planned for %s, has a row of another moment: nothing would come of it", kind, stamp(planned))
	case !t.BroughtUp(a.Timers[i].DueAt, beat) && !waitedForIntake(t, a.Timers[i].DueAt, a.LastSeen, beat):
		found(Alerts, "its timer %s, planned for %s, would be brought up at %s", kind, stamp(planned), stamp(a.Timers[i].DueAt))
	}
}
