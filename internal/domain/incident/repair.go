package incident

import (
	"slices"
	"strings"
)

// TimersLost says that the auditor found these kinds of timers planned by the state and without a row.
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
		e.record(EntryRepaired, system(), "The auditor found timers of this incident lost and planned them again: %s", strings.Join(lost, ", "))
	}
	return nil
}
