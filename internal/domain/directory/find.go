package directory

import (
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/escalation"
)

// Locate finds an entity by its id or its name (a user's address).
func (s *Snapshot) Locate(kind Kind, ref string) (eid, name string, ok bool) {
	switch kind {
	case KindUser:
		if v, ok := s.FindUser(ref); ok {
			return string(v.ID), v.Email, true
		}
	case KindTeam:
		if v, ok := find(s.Teams, ref, func(t *Team) string { return t.Name }); ok {
			return string(v.ID), v.Name, true
		}
	case KindChannel:
		if v, ok := find(s.Channels, ref, func(c *Channel) string { return c.Name }); ok {
			return string(v.ID), v.Name, true
		}
	case KindPolicy:
		if v, ok := s.FindPolicy(ref); ok {
			return string(v.ID), v.Name, true
		}
	case KindService:
		if v, ok := find(s.Services, ref, func(x *Service) string { return x.Name }); ok {
			return string(v.ID), v.Name, true
		}
	case KindIntegration:
		if v, ok := s.FindIntegration(ref); ok {
			return string(v.ID), v.Name, true
		}
	case KindSettings, KindIncident:
	}
	return "", "", false
}

// FindUser finds a user by id or address.
func (s *Snapshot) FindUser(ref string) (*User, bool) {
	return find(s.Users, ref, func(u *User) string { return u.Email })
}

// FindIntegration finds an integration by id or name.
func (s *Snapshot) FindIntegration(ref string) (*Integration, bool) {
	return find(s.Integrations, ref, func(i *Integration) string { return i.Name })
}

// FindPolicy finds the newest version of a policy by id or name.
func (s *Snapshot) FindPolicy(ref string) (*escalation.Policy, bool) {
	newest := make(map[string]*escalation.Policy, len(s.Current))
	for pid, ref := range s.Current {
		newest[string(pid)] = s.Policies[ref]
	}
	return find(newest, ref, func(p *escalation.Policy) string { return p.Name })
}

// find prefers the very name to one that differs in its case.
func find[ID ~string, T any](all map[ID]*T, ref string, name func(*T) string) (*T, bool) {
	if v, ok := all[ID(ref)]; ok {
		return v, true
	}
	var near *T
	for _, v := range all {
		switch n := name(v); {
		case n == ref:
			return v, true
		case strings.EqualFold(n, ref):
			near = v
		}
	}
	return near, near != nil
}
