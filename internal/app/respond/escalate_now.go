package respond

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// EscalateNow does not wait for the level's timeout.
type EscalateNow struct{ Deps Deps }

// Do pages the next level now.
func (u EscalateNow) Do(ctx context.Context, by directory.Principal, refs []string, note string) ([]Result, error) {
	return u.Deps.do(ctx, by, refs, func(_ *work, _ *incident.State, by incident.Actor) (incident.Event, error) {
		return incident.EscalateNow{By: by, Note: note}, nil
	})
}
