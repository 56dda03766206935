package respond

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Acknowledge takes incidents: whoever does owns them.
type Acknowledge struct{ Deps Deps }

// Do acknowledges the incidents that refs name (ids or numbers), each its own decision. One that somebody owns
// already stays theirs (Changed false), except that the pages of whoever was asked to help stop; one that is resolved
// is the conflict incident.already_resolved.
func (u Acknowledge) Do(ctx context.Context, by directory.Principal, refs []string, note string) ([]Result, error) {
	actor, err := acting(by)
	if err != nil {
		return nil, err
	}
	return u.Deps.each(ctx, refs, func(w *work, f *incident.Fold) (bool, error) {
		s := f.State()
		who := notification.Recipient{Kind: notification.ToUser, ID: actor.ID}
		if s.Status == incident.Acknowledged() && !s.Assignee.Is(actor) && !s.Asked(who) {
			return false, nil // somebody else's: the result says whose
		}
		changed := s.Status == incident.Open() || s.Status == incident.Acknowledged() && s.Asked(who)
		return changed, f.Step(incident.Acknowledge{By: actor, Via: by.Via, Note: note}, w.in(s))
	})
}
