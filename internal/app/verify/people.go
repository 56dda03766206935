package verify

import (
	"cmp"
	"maps"
	"slices"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// people: what the engine will ask for is there. Its service need not be: it may be deleted, and the incident goes on by
// the default policy.
func (in *Incident) people(p *directory.Snapshot, found find) {
	s := &in.State
	if s.Status == incident.Open() && !s.Quiet && s.Policy.ID != "" {
		if _, ok := p.Policy(s.Policy); !ok {
			found(People, "it escalates by the policy %s, which does not exist: only the fallback would be paged", s.Policy.ID)
		}
	}
	if s.Status == incident.Acknowledged() && s.Assignee.Kind == incident.ByUser && p.Users[id.User(s.Assignee.ID)] == nil {
		found(People, "%s acknowledged it and does not exist any more: nobody has it", cmp.Or(s.Assignee.Name, s.Assignee.ID))
	}
}

// owned: every service has a policy.
func owned(p *directory.Snapshot, found find) {
	if def := p.Settings.DefaultPolicy; def != "" && p.Current[def].ID == "" {
		found(People, "the default policy %s does not exist: what escalates by it pages the fallback alone", def)
	}
	services := slices.SortedFunc(maps.Values(p.Services), func(a, b *directory.Service) int { return cmp.Compare(a.Name, b.Name) })
	for _, svc := range services {
		if svc.Policy != "" && p.Current[svc.Policy].ID == "" {
			found(People, "the policy %s of the service %s does not exist: the default policy pages for it", svc.Policy, svc.Name)
		}
	}
}
