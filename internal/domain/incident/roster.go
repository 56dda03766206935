package incident

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// People says who is meant and how they are reached.
type People interface {
	// Resolve says whom a target means now; people who cannot be reached are not in it.
	Resolve(t escalation.Target, now time.Time) []notification.Recipient
	Reach(r notification.Recipient) notification.Reach
	// Name is a recipient's name for people.
	Name(r notification.Recipient) string
}

// Duties says who has to be told of what.
type Duties interface {
	// Policy gives a version of a policy; one that is gone is answered by its newest.
	Policy(ref escalation.Ref) (escalation.Policy, bool)
	// PolicyOf gives the newest version of a service's policy, else of the default policy.
	PolicyOf(service id.Service) escalation.Ref
	// Fallback is told when a policy is exhausted.
	Fallback() []escalation.Target
	// ChannelsOf are told of a service's incidents without being levels.
	ChannelsOf(service id.Service) []notification.Recipient
}

// Roster is what the engine asks about people: an unchanging picture of one moment.
type Roster interface {
	People
	Duties
}
