package respond

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// Reopen takes an answer back.
type Reopen struct{ Deps Deps }

// Do reopens what is resolved and gives back what is acknowledged; Changed is false for what is open.
func (u Reopen) Do(ctx context.Context, by directory.Principal, refs []string, note string) ([]Result, error) {
	return u.Deps.do(ctx, by, refs, func(_ *work, s *incident.State, by incident.Actor) (incident.Event, error) {
		if s.Status == incident.Open() {
			return nil, nil
		}
		return incident.Reopen{By: by, Note: note}, nil
	})
}
