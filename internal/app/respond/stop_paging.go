package respond

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// StopPaging is a responder wanting no more pages.
type StopPaging struct{ Deps Deps }

// Do stops the pages of whoever asks, where they were asked to help; whom the policy pages it refuses.
func (u StopPaging) Do(ctx context.Context, by directory.Principal, refs []string) ([]Result, error) {
	return u.Deps.do(ctx, by, refs, func(_ *work, _ *incident.State, by incident.Actor) (incident.Event, error) {
		return incident.StopPaging{By: by}, nil
	})
}
