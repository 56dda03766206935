package respond

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// deed makes the event that somebody's request means for one incident; nil: there is nothing to do.
type deed func(w *work, s *incident.State, by incident.Actor) (incident.Event, error)

// do takes one step with each incident that refs name.
func (d Deps) do(ctx context.Context, by directory.Principal, refs []string, of deed) ([]Result, error) {
	actor, err := acting(by)
	if err != nil {
		return nil, err
	}
	return d.each(ctx, refs, func(w *work, f *incident.Fold) (bool, error) {
		ev, err := of(w, f.State(), actor)
		if err != nil || ev == nil {
			return false, err
		}
		if err := f.Step(ev, w.in(f.State())); err != nil {
			return false, err
		}
		return true, nil
	})
}
