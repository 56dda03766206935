package alert

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Event is one line of the history of alerts: an occurrence that is over. The one that is not is the alert itself.
type Event struct {
	Incident id.Incident
	OpenedAt time.Time // the incident's: part of the key
	Seq      int64     // from the incident's own sequence, shared with its timeline
	At       time.Time
	Kind     string // "ended" or "superseded"
	Key
	Name     string
	Severity Severity
	Start    time.Time // raw
	BeganAt  time.Time // when we first heard of it
}

// Quarantined is something received that cannot be an alert. It is kept for people to look at.
type Quarantined struct {
	ID          string // UUIDv7
	Integration id.Integration
	At          time.Time
	Reason      string // in words
	Raw         string // what was received, valid UTF-8, at most 16 KiB
}
