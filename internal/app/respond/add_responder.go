package respond

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// AddResponder asks for help.
type AddResponder struct{ Deps Deps }

// Do pages a person or team additionally, whoever owns it.
func (u AddResponder) Do(ctx context.Context, by directory.Principal, refs []string, who Whom, note string) ([]Result, error) {
	return u.Deps.do(ctx, by, refs, func(w *work, _ *incident.State, by incident.Actor) (incident.Event, error) {
		t, err := who.target(w.people)
		return incident.AddResponder{By: by, Who: t, Note: note}, err
	})
}
