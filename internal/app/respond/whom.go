package respond

import (
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Whom names a person, by id or email address, or a team, by id or name. The zero value names nobody.
type Whom struct {
	User string
	Team string
}

// target is who is named: exactly one, whom people know.
func (n Whom) target(people *directory.Snapshot) (escalation.Target, error) {
	if (n.User == "") == (n.Team == "") {
		return escalation.Target{}, fault.Invalid("incident.whom", "name either a user or a team").At("to")
	}
	if n.User != "" {
		u, ok := people.Users[id.User(n.User)]
		if !ok {
			u, ok = people.UserByEmail(n.User)
		}
		if !ok {
			return escalation.Target{}, fault.NotFound("user", n.User)
		}
		return escalation.Target{Kind: escalation.TargetUser, ID: string(u.ID)}, nil
	}
	for _, t := range people.Teams {
		if string(t.ID) == n.Team || t.Name == n.Team {
			return escalation.Target{Kind: escalation.TargetTeam, ID: string(t.ID)}, nil
		}
	}
	return escalation.Target{}, fault.NotFound("team", n.Team)
}
