package alert

import (
	"fmt"
	"strings"
)

// Severity says how bad it is. The zero value is none. Severities compare by Rank.
type Severity struct{ rank uint8 }

// Severities is how many there are; Rank is below it.
const Severities = 5

// None is recorded and pages nobody.
func None() Severity { return Severity{0} }

// Info is recorded and pages nobody.
func Info() Severity { return Severity{1} }

// Warning pages with low urgency.
func Warning() Severity { return Severity{2} }

// Error pages with high urgency.
func Error() Severity { return Severity{3} }

// Critical pages with high urgency.
func Critical() Severity { return Severity{4} }

var severityNames = [Severities]string{"none", "info", "warning", "error", "critical"}

// Rank orders severities: 0 (none) to 4 (critical).
func (s Severity) Rank() int { return int(s.rank) }

// SeverityOfRank is the inverse of Rank; ranks outside 0..4 are clamped.
func SeverityOfRank(r int) Severity { return Severity{uint8(min(max(r, 0), Severities-1))} }

// String is the name on the wire.
func (s Severity) String() string { return severityNames[s.rank] }

// Above says whether s is worse than o.
func (s Severity) Above(o Severity) bool { return s.rank > o.rank }

// Quiet says whether the severity is recorded only: info and none.
func (s Severity) Quiet() bool { return s.rank <= Info().rank }

// Urgency is high for critical and error, else low.
func (s Severity) Urgency() Urgency {
	if s.rank >= Error().rank {
		return High()
	}
	return Low()
}

// ParseSeverity reads a wire name exactly as String gives it.
func ParseSeverity(name string) (Severity, error) {
	for i, n := range severityNames {
		if n == name {
			return Severity{uint8(i)}, nil
		}
	}
	return Severity{}, fmt.Errorf("unknown severity %q: use one of %s", name, strings.Join(severityNames[:], ", "))
}

// MarshalText gives the wire name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the wire name.
func (s *Severity) UnmarshalText(b []byte) error {
	v, err := ParseSeverity(string(b))
	*s = v
	return err
}

// Urgency chooses which of a person's notification rules are used. The zero value is low.
type Urgency struct{ high bool }

// High urgency wakes people.
func High() Urgency { return Urgency{true} }

// Low urgency can wait for the day.
func Low() Urgency { return Urgency{false} }

// IsHigh says whether it wakes people.
func (u Urgency) IsHigh() bool { return u.high }

// String is "high" or "low".
func (u Urgency) String() string {
	if u.high {
		return "high"
	}
	return "low"
}

// MarshalText gives "high" or "low".
func (u Urgency) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads "high" or "low".
func (u *Urgency) UnmarshalText(b []byte) error {
	switch string(b) {
	case "high":
		*u = High()
	case "low":
		*u = Low()
	default:
		return fmt.Errorf("unknown urgency %q: use high or low", b)
	}
	return nil
}
