package respond

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// SetPriority says how much incidents matter: it is shown and filtered by, and changes nothing about paging.
type SetPriority struct{ Deps Deps }

// Do sets the priority of the incidents that refs name: P1 to P5, or "" for none.
func (u SetPriority) Do(ctx context.Context, by directory.Principal, refs []string, priority string) ([]Result, error) {
	return u.Deps.do(ctx, by, refs, func(_ *work, s *incident.State, by incident.Actor) (incident.Event, error) {
		p, err := incident.ParsePriority(priority)
		if err != nil || p == s.Priority {
			return nil, err
		}
		return incident.SetPriority{By: by, To: p}, nil
	})
}
