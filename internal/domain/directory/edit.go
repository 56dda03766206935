package directory

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Edit is one change of what people own: entities are inserted or replaced by their id, then the
// named ones are deleted. A policy is a new version, never a replaced one.
type Edit struct {
	By string    // who changes it, for people; "": the server by itself, which makes no edition of it
	At time.Time // with By

	Settings     *Settings
	Users        []User
	Teams        []Team
	Channels     []Channel
	Policies     []escalation.Policy
	Services     []Service
	Integrations []Integration

	DeleteUsers        []id.User
	DeleteTeams        []id.Team
	DeleteChannels     []id.Channel
	DeletePolicies     []id.Policy // hides them; versions that incidents refer to stay
	DeleteServices     []id.Service
	DeleteIntegrations []id.Integration
}
