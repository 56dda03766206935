package alert

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Event is one line of the history of alerts: an occurrence that began, ended or came late.
type Event struct {
	Incident id.Incident
	OpenedAt time.Time // the incident's: part of the key
	Seq      int64     // from the incident's own sequence, shared with its timeline
	At       time.Time
	Kind     string // "began", "ended", "superseded", "late", "doubted"
	Key
	Name     string
	Severity Severity
	Start    time.Time // raw
}

// Quarantined is something received that cannot be an alert. It is kept for people to look at.
type Quarantined struct {
	ID          string // UUIDv7
	Integration id.Integration
	At          time.Time
	Reason      string // in words
	Raw         string // what was received, valid UTF-8, at most 16 KiB
}
