package admin

import (
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// Ref says which entity a wish is about, whatever name the wish gives it.
type Ref struct {
	Kind directory.Kind
	Name string // its id, or the name that it has now (a user's address); "" for one that is to be new
	// Since is the edition that the change began from: where there is another by now it is refused. 0: whatever it is.
	Since int64
}

// single lets a wish name its only entity anew, and keeps a new one from being one that is there.
func (p *planner) single(of Ref, n names) {
	w := p.want
	switch of.Kind {
	case directory.KindUser:
		w.Users[0].Email.Value = strings.ToLower(strings.TrimSpace(w.Users[0].Email.Value))
		settle(p, of, n.users, &w.Users[0].Email)
	case directory.KindTeam:
		settle(p, of, n.teams, &w.Teams[0].Name)
	case directory.KindChannel:
		settle(p, of, n.channels, &w.Channels[0].Name)
	case directory.KindPolicy:
		settle(p, of, n.policies, &w.Policies[0].Name)
	case directory.KindService:
		settle(p, of, n.services, &w.Services[0].Name)
	case directory.KindIntegration:
		settle(p, of, n.sources, &w.Integrations[0].Name)
	case directory.KindSettings, directory.KindIncident:
	}
	if p.refused == nil && of.Since != 0 {
		p.refused = p.snap.Unchanged(directory.Entity{Kind: of.Kind, ID: p.about}, of.Since)
	}
}

// settle finds the entity and makes its new name lead to it.
func settle[ID ~string](p *planner, of Ref, ids map[string]ID, name *Opt[string]) {
	var eid ID
	if of.Name == "" {
		if name.Value == "" && of.Kind != directory.KindUser { // no text is no address: that is said already
			p.problems.Add(name.At, "apply.missing", "this needs a name")
		}
		eid = ID(p.newID())
	} else {
		found, old, ok := p.snap.Locate(of.Kind, of.Name)
		if !ok {
			p.refused = fault.NotFound(string(of.Kind), of.Name)
			return
		}
		if !name.Set {
			*name = Opt[string]{Value: old, Set: true}
		}
		eid = ID(found)
		delete(ids, old)
	}
	p.about = string(eid)
	if _, taken := ids[name.Value]; taken {
		p.problems.Add(name.At, "directory.taken", "another one is called %q already", name.Value)
		return
	}
	ids[name.Value] = eid
}
