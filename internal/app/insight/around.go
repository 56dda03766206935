package insight

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// Around reads what stands beside an incident.
type Around interface {
	// Similar gives incidents of the same service that the same alert opened, without the incident itself: opened
	// since a moment and not after it, the newest first, at most limit. None where no alert opened it.
	Similar(ctx context.Context, s *incident.State, since time.Time, limit int) ([]Past, error)
	// Unresolved gives unresolved incidents that page somebody: opened since a moment, the newest first, at most limit.
	Unresolved(ctx context.Context, since time.Time, limit int) ([]Opened, error)
	// FiringIn gives alerts of these incidents that fire, at most limit.
	FiringIn(ctx context.Context, numbers []id.Incident, limit int) ([]alert.Alert, error)
}

// Past is an incident and how it ended.
type Past struct {
	Number     id.Incident
	ID         string
	Title      string
	Status     incident.Status
	OpenedAt   time.Time
	AckedAt    time.Time
	ResolvedAt time.Time
	ResolvedBy incident.Actor
	Assignee   incident.Actor // who acknowledged it last
	Merged     bool           // it goes on in another
}

// Opened is when an incident of a service was opened.
type Opened struct {
	Number  id.Incident
	At      time.Time
	Service id.Service
}
