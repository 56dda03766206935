package incident

import (
	"slices"
	"strings"
	"time"
)

// PutOff is by how much a timer is put off whose incident or alert cannot be worked: it must not hold up the others.
const PutOff = 5 * time.Minute

// clocks is how far the clocks may be apart of whoever put a timer off and of whoever looks at it.
const clocks = time.Minute

// BroughtUp says whether a row that is due then brings the timer up in time, as of now: a timer that was due already
// may have been put off.
func (t Timer) BroughtUp(then, now time.Time) bool {
	planned, then := t.DueAt.Truncate(time.Microsecond), then.Truncate(time.Microsecond) // as rows are kept
	now = now.Add(clocks)
	return then.Equal(planned) || then.After(planned) && !planned.After(now) && !then.After(now.Add(PutOff))
}

// TimersLost says that the auditor found these kinds of timers planned by the state and without a row that would bring
// them up in time.
type TimersLost struct{ Kinds []TimerKind }

// apply plans them again for the moment they had, and says so.
func (ev TimersLost) apply(e *engine) error {
	var lost []string
	for _, t := range e.s.Timers {
		if slices.Contains(ev.Kinds, t.Kind) {
			t.Incident = e.s.Number
			e.emit(SetTimer{t})
			lost = append(lost, string(t.Kind))
		}
	}
	if len(lost) > 0 {
		e.record(EntryRepaired, system(), "The auditor found timers of this incident lost, or due at another moment than was planned, and planned them again: %s", strings.Join(lost, ", "))
	}
	return nil
}
