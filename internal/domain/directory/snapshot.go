package directory

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

var _ incident.Roster = (*Snapshot)(nil)

// NewSnapshot builds the lookups. entities is taken over; policies holds every version, in any order.
// expiry gives the default expiry of a channel kind, 0 for the acknowledgement timeout; it may be nil.
func NewSnapshot(version int64, s Settings, entities Edit, expiry func(kind string) time.Duration) *Snapshot {
	snap := &Snapshot{
		Version: version, Settings: s, expiry: expiry,
		Users: index(entities.Users, func(u *User) id.User { return u.ID }), Teams: index(entities.Teams, func(t *Team) id.Team { return t.ID }),
		Channels:     index(entities.Channels, func(c *Channel) id.Channel { return c.ID }),
		Services:     index(entities.Services, func(s *Service) id.Service { return s.ID }),
		Integrations: index(entities.Integrations, func(i *Integration) id.Integration { return i.ID }),
		Policies:     index(entities.Policies, func(p *escalation.Policy) escalation.Ref { return p.Ref }),
		Current:      make(map[id.Policy]escalation.Ref), contacts: make(map[id.Contact]*User),
	}
	snap.serviceByName = reindex(snap.Services, func(s *Service) string { return s.Name })
	snap.byKeyHash = reindex(snap.Integrations, func(i *Integration) string { return i.KeyHash })
	hidden := make(map[id.Policy]bool)
	for _, p := range entities.DeletePolicies {
		hidden[p] = true
	}
	for ref := range snap.Policies {
		if !hidden[ref.ID] && ref.Version > snap.Current[ref.ID].Version {
			snap.Current[ref.ID] = ref
		}
	}
	for _, u := range snap.Users {
		for _, c := range u.Contacts {
			snap.contacts[c.ID] = u
		}
		if u.Role == Admin && !u.Disabled {
			snap.admins = append(snap.admins, u.ID)
		}
	}
	slices.Sort(snap.admins)
	snap.created, snap.zones = make(map[id.Integration]int), make(map[string]*time.Location)
	for _, svc := range snap.Services {
		if svc.CreatedBy != "" {
			snap.created[svc.CreatedBy]++
		}
	}
	for _, u := range snap.Users {
		if zone, err := time.LoadLocation(u.TimeZone); err == nil {
			snap.zones[u.TimeZone] = zone
		}
	}
	return snap
}

// Sendable says by which channel kinds this server can send; contacts and channels of others are not usable.
// It is called before the snapshot is shared. Without it every kind is sendable.
func (s *Snapshot) Sendable(kind func(kind string) bool) *Snapshot {
	s.sendable = kind
	return s
}

// Following says which kinds of channels are told of everything. It is called before the snapshot is shared. Without it
// none is.
func (s *Snapshot) Following(kind func(kind string) bool) *Snapshot {
	s.follows = kind
	return s
}

func (s *Snapshot) canSend(kind string) bool { return s.sendable == nil || s.sendable(kind) }

func index[K comparable, V any](list []V, key func(*V) K) map[K]*V {
	m := make(map[K]*V, len(list))
	for i := range list {
		m[key(&list[i])] = &list[i]
	}
	return m
}

func reindex[K, L comparable, V any](from map[K]*V, key func(*V) L) map[L]*V {
	m := make(map[L]*V, len(from))
	for _, v := range from {
		m[key(v)] = v
	}
	return m
}

// ServiceByName finds a service.
func (s *Snapshot) ServiceByName(name string) (*Service, bool) {
	v, ok := s.serviceByName[name]
	return v, ok
}

// IntegrationByKeyHash finds an integration by the hex SHA-256 of its key.
func (s *Snapshot) IntegrationByKeyHash(hash string) (*Integration, bool) {
	v, ok := s.byKeyHash[hash]
	return v, ok
}

// UserByEmail finds a user, whatever the case of the address.
func (s *Snapshot) UserByEmail(email string) (*User, bool) {
	email = strings.ToLower(email)
	for _, u := range s.Users {
		if u.Email == email {
			return u, true
		}
	}
	return nil, false
}

// ContactOf finds a contact and whose it is.
func (s *Snapshot) ContactOf(c id.Contact) (notification.Contact, *User, bool) {
	u, ok := s.contacts[c]
	if !ok {
		return notification.Contact{}, nil, false
	}
	i := slices.IndexFunc(u.Contacts, func(x notification.Contact) bool { return x.ID == c })
	return u.Contacts[i], u, true
}

// OwnerOf is whose contact a lane leads to; "" for a channel's, and where the contact is gone or not verified.
func (s *Snapshot) OwnerOf(l notification.Lane) id.User {
	c, u, ok := s.ContactOf(id.Contact(strings.TrimPrefix(string(l), "contact:")))
	if !ok || !c.Verified || u.Disabled {
		return ""
	}
	return u.ID
}

// LanesAt are the lanes of people's verified contacts of a kind at an address, sorted: several people may share one.
func (s *Snapshot) LanesAt(kind, to string) []notification.Lane {
	return s.lanes(func(c notification.Contact) bool { return c.Kind == kind && c.To == to })
}

func (s *Snapshot) lanes(which func(notification.Contact) bool) []notification.Lane {
	var out []notification.Lane
	for _, u := range s.Users {
		for _, c := range u.Contacts {
			if l := notification.ContactLane(c.ID); which(c) && s.OwnerOf(l) == u.ID {
				out = append(out, l)
			}
		}
	}
	slices.Sort(out)
	return out
}

// Lanes are those of people's verified contacts of a kind, sorted.
func (s *Snapshot) Lanes(kind string) []notification.Lane {
	return s.lanes(func(c notification.Contact) bool { return c.Kind == kind })
}

// Zone is a person's time zone, UTC where none is known by that name.
func (s *Snapshot) Zone(u *User) *time.Location {
	if zone := s.zones[u.TimeZone]; zone != nil {
		return zone
	}
	return time.UTC
}

// Resolve says whom a target means now, sorted, without people who cannot be reached.
func (s *Snapshot) Resolve(t escalation.Target, _ time.Time) []notification.Recipient {
	switch t.Kind {
	case escalation.TargetChannel:
		if r := (notification.Recipient{Kind: notification.ToChannel, ID: t.ID}); s.Reach(r).Usable() {
			return []notification.Recipient{r}
		}
		return nil
	case escalation.TargetUser:
		return s.users([]id.User{id.User(t.ID)})
	case escalation.TargetTeam:
		if team, ok := s.Teams[id.Team(t.ID)]; ok {
			return s.users(team.Members)
		}
		return nil
	case escalation.TargetAdmins:
		return s.users(s.admins)
	case escalation.TargetSchedule:
		return nil // schedules are not kept yet: such a level resolves to nobody and says so
	}
	return nil
}

func (s *Snapshot) users(ids []id.User) []notification.Recipient {
	var out []notification.Recipient
	for _, uid := range ids {
		r := notification.Recipient{Kind: notification.ToUser, ID: string(uid)}
		if s.Reach(r).Usable() {
			out = append(out, r)
		}
	}
	return out
}

// Fallback is who is told when a policy is exhausted.
func (s *Snapshot) Fallback() []escalation.Target {
	if len(s.Settings.Fallback) > 0 {
		return s.Settings.Fallback
	}
	return []escalation.Target{{Kind: escalation.TargetAdmins}}
}

// Policy gives a version of a policy; a version that is gone is answered by the newest one.
func (s *Snapshot) Policy(ref escalation.Ref) (escalation.Policy, bool) {
	if ref.ID == probePolicy {
		return *probeSteps(), true
	}
	p, ok := s.Policies[ref]
	if !ok {
		p, ok = s.Policies[s.Current[ref.ID]]
	}
	if !ok {
		return escalation.Policy{}, false
	}
	return *p, true
}

// PolicyOf gives the newest version of a service's policy, else of the default policy.
func (s *Snapshot) PolicyOf(service id.Service) escalation.Ref {
	if service == probeService {
		return probeSteps().Ref
	}
	if svc, ok := s.Services[service]; ok && svc.Policy != "" {
		if ref, ok := s.Current[svc.Policy]; ok {
			return ref
		}
	}
	return s.Current[s.Settings.DefaultPolicy]
}

// RulesOf gives a service's rules, defaults filled.
func (s *Snapshot) RulesOf(service id.Service) incident.Rules {
	if svc, ok := s.service(service); ok {
		return svc.Rules.WithDefaults()
	}
	return incident.Rules{}.WithDefaults()
}

// ChannelsOf gives the channels that are told of a service's incidents.
func (s *Snapshot) ChannelsOf(service id.Service) []notification.Recipient {
	svc, ok := s.Services[service]
	if !ok {
		return nil
	}
	var out []notification.Recipient
	for _, c := range svc.Channels {
		if r := (notification.Recipient{Kind: notification.ToChannel, ID: string(c)}); s.Reach(r).Usable() {
			out = append(out, r)
		}
	}
	return out
}

// Reach says how a recipient can be reached; not Usable for whoever is gone, disabled or without a contact.
func (s *Snapshot) Reach(r notification.Recipient) notification.Reach {
	if r.Kind == notification.ToChannel {
		if c, ok := s.Channel(id.Channel(r.ID)); ok && s.canSend(c.Kind) {
			return notification.Reach{Channel: c.Kind, After: c.after(), Follows: s.follows != nil && s.follows(c.Kind), Expiry: s.expiry}
		}
		return notification.Reach{}
	}
	u, ok := s.Users[id.User(r.ID)]
	if !ok {
		return notification.Reach{}
	}
	return s.reach(u)
}

func (s *Snapshot) reach(u *User) notification.Reach {
	if u.Disabled {
		return notification.Reach{}
	}
	usable := slices.DeleteFunc(slices.Clone(u.Contacts), func(c notification.Contact) bool { return !c.Verified || c.Stopped || !s.canSend(c.Kind) })
	rules, def := u.Rules, DefaultRules(usable)
	if len(rules.High) == 0 {
		rules.High = def.High
	}
	if len(rules.Low) == 0 {
		rules.Low = def.Low
	}
	return notification.Reach{Contacts: usable, Rules: rules, Zone: s.Zone(u), Expiry: s.expiry}
}

// ReachesAnybody says whether anybody or any channel can be reached at all.
func (s *Snapshot) ReachesAnybody() bool {
	for u := range s.Users {
		if s.Reach(notification.Recipient{Kind: notification.ToUser, ID: string(u)}).Usable() {
			return true
		}
	}
	for c := range s.Channels {
		if s.Reach(notification.Recipient{Kind: notification.ToChannel, ID: string(c)}).Usable() {
			return true
		}
	}
	return false
}

// Name is a recipient's name for people.
func (s *Snapshot) Name(r notification.Recipient) string {
	if u, ok := s.Users[id.User(r.ID)]; ok && r.Kind == notification.ToUser {
		return cmp.Or(u.Name, u.Email)
	}
	if c, ok := s.Channel(id.Channel(r.ID)); ok && r.Kind == notification.ToChannel {
		return c.Name
	}
	return r.ID
}

// CreatedBy is how many services the alerts of an integration have created.
func (s *Snapshot) CreatedBy(i id.Integration) int { return s.created[i] }
