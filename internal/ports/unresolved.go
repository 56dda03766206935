package ports

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Unresolved counts incidents that are not over.
type Unresolved interface {
	OfService(ctx context.Context, s id.Service) (int, error)
	// OfAssignee counts those that somebody has.
	OfAssignee(ctx context.Context, u id.User) (int, error)
}
