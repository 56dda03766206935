package respond

import (
	"context"
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// AddNote writes on the timeline.
type AddNote struct{ Deps Deps }

// Do adds a note, also to what is resolved.
func (u AddNote) Do(ctx context.Context, by directory.Principal, refs []string, text string) ([]Result, error) {
	return u.Deps.do(ctx, by, refs, func(_ *work, _ *incident.State, by incident.Actor) (incident.Event, error) {
		if strings.TrimSpace(text) == "" {
			return nil, fault.Invalid("incident.note_empty", "a note needs a text").At("note")
		}
		return incident.Noted{Kind: incident.EntryNote, Actor: by, Text: text}, nil
	})
}
