package incident

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Roster is what the engine asks about people: an unchanging picture of one moment.
type Roster interface {
	// Resolve says whom a target means now; people who cannot be reached are not in it.
	Resolve(t escalation.Target, now time.Time) []notification.Recipient
	Reach(r notification.Recipient) notification.Reach
	Policy(ref escalation.Ref) (escalation.Policy, bool)
	PolicyOf(service id.Service) escalation.Ref
	Fallback() []escalation.Target
	// ChannelsOf are told of a service's incidents without being levels.
	ChannelsOf(service id.Service) []notification.Recipient
	// Name is a recipient's name for people.
	Name(r notification.Recipient) string
}
