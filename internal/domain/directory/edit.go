package directory

import (
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Edit is one change of what people own: entities are inserted or replaced by their id, then the
// named ones are deleted. A policy is a new version, never a replaced one.
type Edit struct {
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
