package respond

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// Resolve ends incidents. Alerts that fire on come back after grace, once.
type Resolve struct{ Deps Deps }

// Do resolves the incidents that refs name (ids or numbers), each its own decision; Changed is false for
// one that is resolved already.
func (u Resolve) Do(ctx context.Context, by directory.Principal, refs []string, note string) ([]Result, error) {
	actor, err := acting(by)
	if err != nil {
		return nil, err
	}
	return u.Deps.each(ctx, refs, func(w *work, f *incident.Fold) (bool, error) {
		if f.State().Status == incident.Resolved() {
			return false, nil
		}
		if err := f.Step(incident.Resolve{By: actor, Via: by.Via, Note: note}, w.in(f.State())); err != nil {
			return false, err
		}
		for _, a := range w.firing[f.State().Number] {
			if !a.Graced && !a.Stale {
				continue // it comes back after grace, if it still fires then
			}
			if err := w.endAlert(f, a, actor); err != nil {
				return false, err
			}
		}
		return true, nil
	})
}
