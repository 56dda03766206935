package directory

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// DefaultRules are a person's rules where they made none: for high urgency push at once, SMS after
// 1 min, calls after 2 and 4, and email at once beside them; for low urgency email by day.
// Steps close up where a kind is missing, so that the first one is always at once.
func DefaultRules(contacts []notification.Contact) notification.Rules {
	var r notification.Rules
	loud := []struct {
		kind  string
		after time.Duration
	}{{"push", 0}, {"ntfy", 0}, {"gotify", 0}, {"pushover", 0}, {"sms", time.Minute}, {"voice", 2 * time.Minute}, {"voice", 4 * time.Minute}}
	day := &notification.Hours{From: 8 * 60, To: 20 * 60}
	for _, l := range loud {
		for _, c := range contacts {
			if c.Kind == l.kind {
				r.High = append(r.High, notification.Step{After: l.after, Contact: c.ID})
			}
		}
	}
	for _, c := range contacts {
		if c.Kind == "email" {
			r.High = append(r.High, notification.Step{Contact: c.ID})
			r.Low = append(r.Low, notification.Step{Contact: c.ID, Hours: day})
		}
	}
	if len(r.Low) == 0 {
		for _, c := range contacts {
			r.Low = append(r.Low, notification.Step{Contact: c.ID, Hours: day})
		}
	}
	return closeUp(r)
}

// closeUp moves the high steps forward so that the first loud one is at once.
func closeUp(r notification.Rules) notification.Rules {
	if len(r.High) == 0 {
		return r
	}
	first := r.High[0].After
	for i := range r.High {
		r.High[i].After = max(0, r.High[i].After-first)
	}
	return r
}

// NoService is what an incident says of its service that is about none: somebody was paged by hand.
const NoService = "(no service)"

// Names of services that Rouse itself makes.
const (
	Unsorted = "unsorted" // alerts that name no service, or one too many
	Own      = "rouse"    // what Rouse has to say about itself
)
