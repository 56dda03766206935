package respond

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// TakeOver makes incidents somebody's own, also where another owns them.
type TakeOver struct{ Deps Deps }

// Do takes over the incidents that refs name; Changed is false for one that is theirs already.
func (u TakeOver) Do(ctx context.Context, by directory.Principal, refs []string, note string) ([]Result, error) {
	return u.Deps.do(ctx, by, refs, func(_ *work, s *incident.State, by incident.Actor) (incident.Event, error) {
		if s.Status == incident.Acknowledged() && s.Assignee.Is(by) {
			return nil, nil
		}
		return incident.TakeOver{By: by, Note: note}, nil
	})
}
