package respond

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// Reassign gives incidents to another.
type Reassign struct{ Deps Deps }

// Do starts a round whose level 1 is whom is named. One who cannot be reached: incident.unreachable, and nothing changes.
func (u Reassign) Do(ctx context.Context, by directory.Principal, refs []string, to Whom, note string) ([]Result, error) {
	return u.Deps.do(ctx, by, refs, func(w *work, _ *incident.State, by incident.Actor) (incident.Event, error) {
		t, err := to.target(w.people)
		return incident.Reassign{By: by, To: t, Note: note}, err
	})
}
