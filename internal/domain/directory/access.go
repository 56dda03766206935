package directory

import (
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// Principal is who asks, and what they may do. Use cases check it; the zero value may nothing.
type Principal struct {
	Actor incident.Actor
	Role  Role
	User  id.User // "" for tokens that belong to nobody
	Via   string  // where they act, as of incident.Acknowledge; "" is not known
}

var ranks = map[Role]int{Viewer: 1, Responder: 2, Admin: 3}

// Require refuses whoever has less than the role.
func (p Principal) Require(r Role) error {
	if ranks[p.Role] == 0 {
		return fault.Unauthorized("auth.required", "sign in, or send an API token")
	}
	if ranks[p.Role] < ranks[r] {
		return fault.Forbidden("auth.role", "this needs the role %s; yours is %s", r, p.Role)
	}
	return nil
}
