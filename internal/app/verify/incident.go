package verify

import (
	"fmt"
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

func (in *Incident) check(p *Page[Incident], found find) {
	if in.Unreadable != nil {
		found(Unreadable, "it cannot be read: %v", in.Unreadable)
		return
	}
	in.listed(found)
	in.status(found)
	in.timers(p.Beat, found)
	in.history(found)
	in.alerts(found)
	in.people(p.People, found)
	d := delivering{in, p.Beat, p.People, found}
	d.deliveries()
	d.pages()
	d.lanes()
}

// listed: lists show every incident once, and as it is.
func (in *Incident) listed(found find) {
	if len(in.Listed) != 1 {
		found(Records, "%d rows of lists lead to it, not 1", len(in.Listed))
		return
	}
	s, l := &in.State, in.Listed[0]
	if l.Unreadable != nil {
		found(Unreadable, "its row of lists cannot be read: %v", l.Unreadable)
		return
	}
	var wrong []string
	for _, f := range []struct{ what, shown, is string }{
		{"the moment at which it was opened", stamp(l.OpenedAt), stamp(s.OpenedAt)},
		{"status", l.Status.String(), s.Status.String()},
		{"severity", l.Severity.String(), s.Severity.String()},
		{"service", string(l.Service), string(s.Service)},
		{"environment", l.Environment, s.Environment},
		{"team", string(l.Team), string(s.Team)},
		{"assignee", l.Assignee, s.Assignee.ID},
		{"text that searches look into", l.Search, l.Expected},
	} {
		if f.shown != f.is {
			wrong = append(wrong, fmt.Sprintf("the %s is %q there and %q in truth", strings.TrimPrefix(f.what, "the "), f.shown, f.is))
		}
	}
	if len(wrong) > 0 {
		found(Records, "lists show it otherwise than it is: %s", strings.Join(wrong, "; "))
	}
}

func (in *Incident) status(found find) {
	s := &in.State
	resolved, acknowledged := s.Status == incident.Resolved(), s.Status == incident.Acknowledged()
	switch {
	case resolved && s.ResolvedAt.IsZero():
		found(Records, "it is resolved, and there is no moment at which it was")
	case !resolved && !s.ResolvedAt.IsZero():
		found(Records, "it is %s, and was resolved at %s", s.Status, stamp(s.ResolvedAt))
	}
	if acknowledged && s.AckedAt.IsZero() {
		found(Records, "it is acknowledged, and there is no moment at which it was")
	}
	if s.Status == incident.Open() && s.Assignee != (incident.Actor{}) {
		found(Records, "it is open, and %s has it", s.Assignee.Name)
	}
	if n := len(s.Transitions); n == 0 || s.Transitions[n-1].Status != s.Status {
		found(Records, "it is %s, which its transitions do not end with", s.Status)
	}
}

// history: every number of its sequence is there once.
func (in *Incident) history(found find) {
	n := in.State.Seq
	if e := in.Entries; e.Count != n || e.Distinct != n || n > 0 && e.Min != 1 || e.Max != n {
		found(Records, "its history has %d entries under %d numbers, %d to %d, and should have each of 1 to %d once", e.Count, e.Distinct, e.Min, e.Max, n)
	}
}

// alerts: it counts as firing what fires.
func (in *Incident) alerts(found find) {
	for rank, counted := range in.State.Firing {
		if fire := in.Firing[rank]; fire != counted {
			found(Alerts, "it counts %d alerts of severity %s that fire, and %d do", counted, alert.SeverityOfRank(rank), fire)
		}
	}
	if in.Alerts > in.State.Alerts {
		found(Alerts, "it says that %d alerts ever belonged to it, and %d do now", in.State.Alerts, in.Alerts)
	}
}
