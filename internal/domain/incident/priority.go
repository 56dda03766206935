package incident

import "github.com/rouse-oncall/rouse/internal/domain/fault"

// Priority is how much it matters as people see it: 1 (P1) to 5, 0 where nobody has said. It says nothing about paging.
type Priority uint8

const priorities = 5

// ParsePriority reads "P1" to "P5"; "" is none.
func ParsePriority(name string) (Priority, error) {
	for p := Priority(0); p <= priorities; p++ {
		if p.String() == name {
			return p, nil
		}
	}
	return 0, fault.Invalid("incident.priority", "a priority is P1, P2, P3, P4 or P5, not %q", name).At("priority")
}

// String is the name on the wire.
func (p Priority) String() string {
	if p == 0 {
		return ""
	}
	return "P" + string(rune('0'+p))
}

// SetPriority is somebody saying how much it matters.
type SetPriority struct {
	By Actor
	To Priority
}

func (ev SetPriority) apply(e *engine) error {
	e.s.Priority = ev.To
	if ev.To == 0 {
		e.record(EntryPriority, ev.By, "%s took the priority away", ev.By.Name)
		return nil
	}
	e.record(EntryPriority, ev.By, "%s set the priority to %s", ev.By.Name, ev.To)
	return nil
}
