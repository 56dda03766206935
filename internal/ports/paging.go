package ports

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// Paging is held and resumed for all replicas at once. While it is held no delivery is claimed and no timer of
// escalation takes a step.
type Paging interface {
	// State says how it stands.
	State(ctx context.Context) (incident.Paging, error)
	// Set notes how it stands from now on; what was before is kept.
	Set(ctx context.Context, p incident.Paging) error
}
