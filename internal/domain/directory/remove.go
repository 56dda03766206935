package directory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Dependent is something that is concerned when an entity is deleted.
type Dependent struct {
	Kind   Kind   // of what is concerned; KindSettings for the installation's settings
	Name   string // its name; "" for the settings
	What   string // what it needs the entity for, or what becomes of it: a sentence's part
	Blocks bool   // there would be a hole through which a page falls: mend it first
}

// KindIncident are incidents, which nobody owns for good.
const KindIncident Kind = "incident"

// KindSettings are the installation's settings, which are not deleted.
const KindSettings Kind = "settings"

// Removal is what deleting an entity takes, and whom it concerns.
type Removal struct {
	Entity     Entity // that is deleted
	Edit       Edit
	Dependents []Dependent // what blocks first, then by name
}

// Unresolved adds how many unresolved incidents the service has that is deleted, or the person.
func (r *Removal) Unresolved(n int) {
	words := map[Kind][2]string{
		KindService: {"1 unresolved incident of it stays, and escalates by the default policy from its next round on", "%d unresolved incidents of it stay, and escalate by the default policy from their next round on"},
		KindUser:    {"1 unresolved incident is theirs: it waits until the acknowledgement ends, unless somebody takes it over", "%d unresolved incidents are theirs: they wait until the acknowledgement ends, unless somebody takes them over"},
	}
	what := words[r.Entity.Kind][0]
	if n > 1 {
		what = fmt.Sprintf(words[r.Entity.Kind][1], n)
	}
	if n > 0 {
		r.Dependents = append(r.Dependents, Dependent{Kind: KindIncident, What: what})
	}
}

// Blocked gives the words of what speaks against it; empty where nothing does.
func (r Removal) Blocked() []string {
	var out []string
	for _, d := range r.Dependents {
		if d.Blocks {
			out = append(out, d.What)
		}
	}
	return out
}

// Remove plans the deletion of an entity; false where there is none. What blocks it is for the caller to heed.
func (s *Snapshot) Remove(kind Kind, ref string) (Removal, bool) {
	eid, name, ok := s.Locate(kind, ref)
	if !ok {
		return Removal{}, false
	}
	r := remover{s: s, name: name}
	r.Entity = Entity{kind, eid}
	switch kind {
	case KindUser:
		r.user(id.User(eid))
	case KindTeam:
		r.team(id.Team(eid))
	case KindChannel:
		r.channel(id.Channel(eid))
	case KindPolicy:
		r.policy(id.Policy(eid))
	case KindService:
		r.service(id.Service(eid))
	case KindIntegration:
		r.integration(id.Integration(eid))
	case KindSettings, KindIncident:
	}
	slices.SortFunc(r.Dependents, func(a, b Dependent) int {
		if c := -compareBool(a.Blocks, b.Blocks); c != 0 {
			return c
		}
		return strings.Compare(a.What, b.What)
	})
	return r.Removal, true
}

type remover struct {
	Removal
	s    *Snapshot
	name string
}

func (r *remover) concerns(blocks bool, kind Kind, name, format string, args ...any) {
	r.Dependents = append(r.Dependents, Dependent{Kind: kind, Name: name, What: fmt.Sprintf(format, args...), Blocks: blocks})
}

// paged notes who pages a target: without it a level may have nobody.
func (r *remover) paged(t escalation.Target, whom string) {
	for _, ref := range r.s.Current {
		p := r.s.Policies[ref]
		for i, l := range p.Levels {
			if slices.Contains(l.Targets, t) {
				r.concerns(true, KindPolicy, p.Name, "the policy %s pages %s at level %d", p.Name, whom, i+1)
			}
		}
	}
	if slices.Contains(r.s.Settings.Fallback, t) {
		r.concerns(true, KindSettings, "", "the fallback tells %s", whom)
	}
}

func (r *remover) user(uid id.User) {
	u := r.s.Users[uid]
	r.Edit.DeleteUsers = []id.User{uid}
	if u.Role == Admin && !u.Disabled && len(r.s.admins) == 1 {
		r.concerns(true, KindUser, r.name, "nobody would be admin any more")
	}
	r.paged(escalation.Target{Kind: escalation.TargetUser, ID: string(uid)}, r.name)
	for _, t := range r.s.Teams {
		if !slices.Contains(t.Members, uid) {
			continue
		}
		left := *t
		left.Members = slices.DeleteFunc(slices.Clone(t.Members), func(m id.User) bool { return m == uid })
		r.Edit.Teams = append(r.Edit.Teams, left)
		r.concerns(false, KindTeam, t.Name, "the team %s loses a member", t.Name)
		if len(left.Members) == 0 {
			r.paged(escalation.Target{Kind: escalation.TargetTeam, ID: string(t.ID)}, "the team "+t.Name+", which would have nobody,")
		}
	}
}

func (r *remover) team(tid id.Team) {
	r.Edit.DeleteTeams = []id.Team{tid}
	r.paged(escalation.Target{Kind: escalation.TargetTeam, ID: string(tid)}, "the team "+r.name)
	for _, svc := range r.s.Services {
		if svc.Team == tid {
			left := *svc
			left.Team = ""
			r.Edit.Services = append(r.Edit.Services, left)
			r.concerns(false, KindService, svc.Name, "the service %s has no owner then", svc.Name)
		}
	}
}

func (r *remover) channel(cid id.Channel) {
	r.Edit.DeleteChannels = []id.Channel{cid}
	r.paged(escalation.Target{Kind: escalation.TargetChannel, ID: string(cid)}, "the channel "+r.name)
	for _, svc := range r.s.Services {
		if slices.Contains(svc.Channels, cid) {
			left := *svc
			left.Channels = slices.DeleteFunc(slices.Clone(svc.Channels), func(c id.Channel) bool { return c == cid })
			r.Edit.Services = append(r.Edit.Services, left)
			r.concerns(false, KindService, svc.Name, "incidents of the service %s are not told there any more", svc.Name)
		}
	}
}

func (r *remover) policy(pid id.Policy) {
	r.Edit.DeletePolicies = []id.Policy{pid}
	if r.s.Settings.DefaultPolicy == pid {
		r.concerns(true, KindSettings, "", "it is the default policy: choose another one in the settings")
	}
	for _, svc := range r.s.Services {
		if svc.Policy == pid {
			r.concerns(true, KindService, svc.Name, "the service %s escalates by it", svc.Name)
		}
	}
}

func (r *remover) service(sid id.Service) {
	r.Edit.DeleteServices = []id.Service{sid}
	if r.name == Own || r.name == Unsorted {
		r.concerns(true, KindService, r.name, "Rouse itself needs it")
		return
	}
	r.concerns(false, KindService, r.name, "an alert that names it makes it anew, unclaimed, by the default policy")
}

func (r *remover) integration(iid id.Integration) {
	r.Edit.DeleteIntegrations = []id.Integration{iid}
	r.concerns(false, KindIntegration, r.name, "whoever sends with its key is refused")
	r.concerns(false, KindIntegration, r.name, "its alerts that fire now fire until people resolve them")
	for _, other := range r.s.Integrations {
		if other.ID != iid && !other.Disabled {
			return
		}
	}
	r.concerns(false, KindIntegration, r.name, "nobody can send alerts any more")
}
