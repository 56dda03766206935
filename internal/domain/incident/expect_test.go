package incident_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

func names(pages []notification.Page, want func(notification.Page) bool) string {
	var out []string
	for _, p := range pages {
		if want(p) {
			out = append(out, p.Recipient.ID)
		}
	}
	return strings.Join(out, " ")
}

// look forgets what was paged and told so far.
func (h *story) look() { h.paged, h.stopped, h.entries = nil, false, nil }

// expectPaged says who was paged since the last look, in order; "" is nobody.
func (h *story) expectPaged(want string) {
	h.t.Helper()
	got := names(h.paged, func(p notification.Page) bool { return p.Purpose == notification.PurposePage })
	if got != want {
		h.t.Fatalf("at %s paged [%s], want [%s]\n%s", h.now.Format("15:04:05"), got, want, h.telling())
	}
	h.paged = slices.DeleteFunc(slices.Clone(h.paged), func(p notification.Page) bool { return p.Purpose == notification.PurposePage })
}

// expectTold says who was told something that asks for no answer.
func (h *story) expectTold(want string) {
	h.t.Helper()
	got := names(h.paged, func(p notification.Page) bool { return p.Purpose == notification.PurposeUpdate })
	if got != want {
		h.t.Fatalf("told [%s], want [%s]\n%s", got, want, h.telling())
	}
	h.paged = slices.DeleteFunc(slices.Clone(h.paged), func(p notification.Page) bool { return p.Purpose == notification.PurposeUpdate })
}

func (h *story) telling() string {
	var out strings.Builder
	for _, e := range h.entries {
		out.WriteString(e.At.Format("15:04:05 ") + string(e.Kind) + ": " + e.Text + "\n")
	}
	return out.String()
}

// expectTimer says that a timer is pending and in how long it is due.
func (h *story) expectTimer(k incident.TimerKind, in time.Duration) {
	h.t.Helper()
	t, ok := h.rows[k]
	if !ok {
		h.t.Fatalf("no timer %s; there are %v", k, h.rows)
	}
	if got := t.DueAt.Sub(h.now); got != in {
		h.t.Fatalf("timer %s is due in %s, want %s", k, got, in)
	}
}

func (h *story) expectNoTimer(kinds ...incident.TimerKind) {
	h.t.Helper()
	for _, k := range kinds {
		if _, ok := h.rows[k]; ok {
			h.t.Fatalf("timer %s is pending", k)
		}
	}
}

func (h *story) expect(s incident.Status) {
	h.t.Helper()
	if h.state.Status != s {
		h.t.Fatalf("it is %s, want %s\n%s", h.state.Status, s, h.telling())
	}
}

// expectEntry says that the timeline has such an entry since the last look.
func (h *story) expectEntry(k incident.EntryKind) {
	h.t.Helper()
	if !slices.ContainsFunc(h.entries, func(e incident.Entry) bool { return e.Kind == k }) {
		h.t.Fatalf("the timeline has no %q:\n%s", k, h.telling())
	}
}

// always is what holds after every step of every story.
func (h *story) always(ev incident.Event, was *incident.State) {
	h.t.Helper()
	s := &h.state
	if len(s.Timers) != len(h.rows) {
		h.t.Fatalf("%T: the state plans %v, the rows are %v", ev, s.Timers, h.rows)
	}
	for _, t := range s.Timers {
		if row := h.rows[t.Kind]; row.Generation != t.Generation || !row.DueAt.Equal(t.DueAt) {
			h.t.Fatalf("%T: timer %v has the row %v", ev, t, row)
		}
	}
	var firing [alert.Severities]int
	for _, sev := range h.fires {
		firing[sev.Rank()]++
	}
	if firing != s.Firing {
		h.t.Fatalf("%T: fires %v, the state says %v", ev, firing, s.Firing)
	}
	silenced := 0
	for _, x := range s.Silences {
		silenced += x.Alerts
	}
	if silenced != len(h.muted) {
		h.t.Fatalf("%T: silenced %v, the state says %v", ev, h.muted, s.Silences)
	}
	if s.Suppressed && len(h.live) > 0 && !was.Suppressed {
		h.t.Fatalf("%T: silenced, and %v wait to be sent", ev, h.live)
	}
	if was.Status != incident.Resolved() && s.Severity.Rank() < was.Severity.Rank() {
		h.t.Fatalf("%T: severity fell from %s to %s", ev, was.Severity, s.Severity)
	}
	if s.Round < was.Round || s.Round == was.Round && s.Pass < was.Pass {
		h.t.Fatalf("%T: from round %d pass %d to round %d pass %d", ev, was.Round, was.Pass, s.Round, s.Pass)
	}
	if !s.OpenedAt.IsZero() {
		h.hasFuture(ev)
	}
}

// hasFuture: an unresolved incident has a timer; one that nobody answered has one that pages, or that leads to it.
func (h *story) hasFuture(ev incident.Event) {
	h.t.Helper()
	s := &h.state
	var need []incident.TimerKind
	switch {
	case s.Status == incident.Resolved():
		if len(s.Timers) > 1 || len(s.Timers) == 1 && s.Timers[0].Kind != incident.TimerGrace {
			h.t.Fatalf("%T: resolved, with timers %v", ev, s.Timers)
		}
		return
	case s.Quiet:
		need = []incident.TimerKind{incident.TimerLook}
	case s.Suppressed:
		need = []incident.TimerKind{incident.TimerSuppress}
		if s.RoundRuns() {
			h.t.Fatalf("%T: silenced, with timers %v", ev, s.Timers)
		}
	case s.Snoozed():
		need = []incident.TimerKind{incident.TimerSnooze}
	case s.Status == incident.Acknowledged() && s.Severity.Urgency().IsHigh():
		need = []incident.TimerKind{incident.TimerAckExpire}
	case s.Status == incident.Acknowledged():
		need = []incident.TimerKind{incident.TimerAckRemind}
	case s.Exhausted:
		need = []incident.TimerKind{incident.TimerReminder, incident.TimerRetry}
	default:
		one := 0
		for _, k := range []incident.TimerKind{incident.TimerEscalate, incident.TimerHold, incident.TimerRepage} {
			if s.Pending(k) {
				one++
			}
		}
		if one != 1 {
			h.t.Fatalf("%T: unanswered, with timers %v\n%s", ev, s.Timers, h.telling())
		}
	}
	for _, k := range need {
		if !s.Pending(k) {
			h.t.Fatalf("%T: %s (exhausted %t, quiet %t) without %s, with timers %v", ev, s.Status, s.Exhausted, s.Quiet, k, s.Timers)
		}
	}
}

// copyState shares nothing with its argument.
func copyState(s incident.State) incident.State {
	s.Names, s.Transitions, s.Timers = slices.Clone(s.Names), slices.Clone(s.Transitions), slices.Clone(s.Timers)
	s.Silences = slices.Clone(s.Silences)
	s.Responders, s.Merged = slices.Clone(s.Responders), slices.Clone(s.Merged)
	s.Chosen.Targets, s.Own.Targets = slices.Clone(s.Chosen.Targets), slices.Clone(s.Own.Targets)
	s.Extra, s.Pages, s.Paged, s.Changes = slices.Clone(s.Extra), slices.Clone(s.Pages), slices.Clone(s.Paged), slices.Clone(s.Changes)
	return s
}

// told tells each story in parallel with the others.
func told(t *testing.T, stories map[string]func(t *testing.T)) {
	t.Parallel()
	for name, tell := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tell(t)
		})
	}
}
