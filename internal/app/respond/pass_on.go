package respond

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// PassOn says "not me".
type PassOn struct{ Deps Deps }

// Do passes incidents on: to whom is named, or, where nobody is, to the next level now.
func (u PassOn) Do(ctx context.Context, by directory.Principal, refs []string, to Whom, note string) ([]Result, error) {
	return u.Deps.do(ctx, by, refs, func(w *work, _ *incident.State, by incident.Actor) (incident.Event, error) {
		if to == (Whom{}) {
			return incident.PassOn{By: by, Note: note}, nil
		}
		t, err := to.target(w.people)
		return incident.PassOn{By: by, To: &t, Note: note}, err
	})
}
