package ports

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Changed says that an incident is at a version: an entry of the feed of changes.
type Changed struct {
	Incident id.Incident
	Version  int64
	At       time.Time
}
