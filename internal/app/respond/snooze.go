package respond

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// Snooze lets incidents wait until a moment: acknowledged until then.
type Snooze struct{ Deps Deps }

// Until is a moment, or some time from now. Exactly one is given.
type Until struct {
	At  time.Time
	For time.Duration
}

// Do snoozes the incidents that refs name, each its own decision. Whoever owns one keeps it.
func (u Snooze) Do(ctx context.Context, by directory.Principal, refs []string, until Until, note string) ([]Result, error) {
	if until.At.IsZero() == (until.For == 0) {
		return nil, fault.Invalid("incident.snooze_until", "say either until when or for how long").At("until")
	}
	return u.Deps.do(ctx, by, refs, func(w *work, s *incident.State, by incident.Actor) (incident.Event, error) {
		at := until.At
		if at.IsZero() {
			at = w.in(s).Now.Add(until.For)
		}
		return incident.Snooze{By: by, Until: at, Note: note}, nil
	})
}
