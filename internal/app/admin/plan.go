package admin

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Wish is a desired configuration and the keys that it names by environment variables.
type Wish struct {
	Desired Desired
	Keys    map[string]string // values of the variables that KeyEnv names, from the machine that applies
	Of      *Ref              // where it is about one entity, which it may name anew; nil: names say which are meant
}

// Change is one thing that applying makes or alters.
type Change struct {
	Action string   `json:"action" enum:"create,update"`
	Kind   string   `json:"kind" enum:"settings,user,team,channel,escalation_policy,service,integration"`
	Name   string   `json:"name"`
	Fields []string `json:"fields,omitempty"` // that change; empty for what is new
}

// Outcome is what applying did, or would do.
type Outcome struct {
	Changes   []Change          `json:"changes"`
	Unchanged int               `json:"unchanged"`          // entities that were as desired already
	Keys      map[string]string `json:"keys,omitempty"`     // generated keys by integration: shown this once
	Warnings  []string          `json:"warnings,omitempty"` // of people whom the document names, in words
}

// Apply makes what people own as a document wants it, in one transaction: all of it or nothing.
type Apply struct {
	Store    Store
	Channels map[string]ports.ChannelDescriptor // by kind
	NewID    func() string
	Clock    ports.Clock
	// CheckExpression says why a webhook's transform cannot be used; nil: none is looked at.
	CheckExpression func(text string) error
}

// Do changes things. Problems says everything that is wrong, and then nothing was changed.
func (u Apply) Do(ctx context.Context, by directory.Principal, w Wish) (Outcome, error) {
	if err := by.Require(directory.Admin); err != nil {
		return Outcome{}, err
	}
	return one(ctx, u.Store.Write, func(ctx context.Context, r Repos) (Outcome, error) {
		snap, err := r.Catalog.Newest(ctx)
		if err != nil {
			return Outcome{}, err
		}
		out, edit, err := u.plan(snap, w)
		if err != nil || len(out.Changes) == 0 {
			return out, err
		}
		return out, r.Catalog.Apply(ctx, signed(edit, by, u.Clock.Now()))
	})
}

// signed is an edit with who makes it, and when.
func signed(e directory.Edit, by directory.Principal, now time.Time) directory.Edit {
	e.By, e.At = by.Actor.Name, now
	return e
}

// Plan says what Do would change, and what is wrong. Its outcome holds no keys.
func (u Apply) Plan(ctx context.Context, by directory.Principal, w Wish) (Outcome, error) {
	if err := by.Require(directory.Admin); err != nil {
		return Outcome{}, err
	}
	return one(ctx, u.Store.Read, func(ctx context.Context, r Repos) (Outcome, error) {
		snap, err := r.Directory.Current(ctx)
		if err != nil {
			return Outcome{}, err
		}
		out, _, err := u.plan(snap, w)
		out.Keys = nil
		return out, err
	})
}

func (u Apply) plan(snap *directory.Snapshot, w Wish) (Outcome, directory.Edit, error) {
	p := newPlanner(snap, w, u)
	return p.plan()
}

func (p *planner) plan() (Outcome, directory.Edit, error) {
	if p.refused != nil {
		return Outcome{}, directory.Edit{}, p.refused
	}
	for _, step := range []func(){p.users, p.teams, p.channels, p.policies, p.services, p.integrations, p.settings, p.keepAnAdmin} {
		step()
	}
	p.warn()
	return p.out, p.edit, p.problems.Err()
}

// warn says of the people in the wish what is allowed, and weak.
func (p *planner) warn() {
	for _, d := range p.want.Users {
		uid := p.names.users[strings.ToLower(d.Email.Value)]
		u := p.snap.Users[uid]
		if i := slices.IndexFunc(p.edit.Users, func(u directory.User) bool { return u.ID == uid }); i >= 0 {
			u = &p.edit.Users[i]
		}
		if u == nil {
			continue // what is wrong with it is said
		}
		if what, do := p.snap.Weakness(u); what != "" {
			p.out.Warnings = append(p.out.Warnings, what+": "+do)
		}
	}
}

// planner compares a wish with what there is.
type planner struct {
	snap            *directory.Snapshot
	want            Desired
	keys            map[string]string
	kinds           map[string]ports.ChannelDescriptor
	newID           func() string
	names           names
	problems        Problems
	out             Outcome
	edit            directory.Edit
	checkExpression func(text string) error
	own             bool   // people edit themselves: what they add has to be verified
	about           string // id of the entity that the wish is about
	refused         error  // there is no such entity, or it was changed meanwhile
}

func newPlanner(snap *directory.Snapshot, w Wish, u Apply) *planner {
	p := &planner{snap: snap, want: w.Desired, keys: w.Keys, kinds: u.Channels, newID: u.NewID, checkExpression: u.CheckExpression}
	p.out = Outcome{Changes: []Change{}, Keys: map[string]string{}}
	p.names = p.gather(w.Of)
	return p
}

// note records what became of an entity: new, changed in these fields, or as it was.
func (p *planner) note(kind, name string, isNew bool, fields []string) (write bool) {
	switch {
	case isNew:
		p.out.Changes = append(p.out.Changes, Change{Action: "create", Kind: kind, Name: name})
	case len(fields) > 0:
		p.out.Changes = append(p.out.Changes, Change{Action: "update", Kind: kind, Name: name, Fields: fields})
	default:
		p.out.Unchanged++
		return false
	}
	return true
}

// fields collects the names of what changes in one entity.
type fields []string

// put sets dst where the document says something else than it holds.
func put[T any](f *fields, name string, dst *T, set bool, v T) {
	if set && !same(reflect.ValueOf(*dst), reflect.ValueOf(v)) {
		*dst = v
		*f = append(*f, name)
	}
}

// same takes no slice and an empty one for the same: storing makes one into the other.
func same(a, b reflect.Value) bool {
	if a.Kind() == reflect.Slice && a.Len() == 0 && b.Len() == 0 {
		return true
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

// names leads from names to ids: of what there is and of what the document makes.
type names struct {
	users    map[string]id.User
	teams    map[string]id.Team
	channels map[string]id.Channel
	policies map[string]id.Policy
	services map[string]id.Service
	sources  map[string]id.Integration
}

func (p *planner) gather(of *Ref) names {
	n := names{
		map[string]id.User{}, map[string]id.Team{}, map[string]id.Channel{}, map[string]id.Policy{},
		map[string]id.Service{}, map[string]id.Integration{},
	}
	for k, v := range p.snap.Users {
		n.users[v.Email] = k
	}
	for k, v := range p.snap.Teams {
		n.teams[v.Name] = k
	}
	for k, v := range p.snap.Channels {
		n.channels[v.Name] = k
	}
	for k, ref := range p.snap.Current {
		n.policies[p.snap.Policies[ref].Name] = k
	}
	for k, v := range p.snap.Services {
		n.services[v.Name] = k
	}
	for k, v := range p.snap.Integrations {
		n.sources[v.Name] = k
	}
	w := p.want
	if of != nil {
		p.single(*of, n)
	}
	for i := range w.Users {
		if email, err := CheckEmail(w.Users[i].Email.Value); err == nil {
			w.Users[i].Email.Value = email
		} else {
			p.problems.AddError(w.Users[i].Email.At, err)
		}
	}
	claim(p, "user", n.users, w.Users, func(d DesiredUser) Opt[string] { return d.Email })
	claim(p, "team", n.teams, w.Teams, func(d DesiredTeam) Opt[string] { return d.Name })
	claim(p, "channel", n.channels, w.Channels, func(d DesiredChannel) Opt[string] { return d.Name })
	claim(p, "escalation policy", n.policies, w.Policies, func(d DesiredPolicy) Opt[string] { return d.Name })
	claim(p, "service", n.services, w.Services, func(d DesiredService) Opt[string] { return d.Name })
	claim(p, "integration", n.sources, w.Integrations, func(d DesiredIntegration) Opt[string] { return d.Name })
	return n
}

// claim gives new names an id and refuses names that stand in the document twice.
func claim[ID ~string, D any](p *planner, what string, ids map[string]ID, list []D, name func(D) Opt[string]) {
	first := make(map[string]Position, len(list))
	for _, d := range list {
		n := name(d)
		if at, twice := first[n.Value]; twice {
			p.problems.Add(n.At, "apply.twice", "the %s %q is in the configuration twice; first at %s", what, n.Value, at)
		}
		first[n.Value] = n.At
		if _, known := ids[n.Value]; !known {
			ids[n.Value] = ID(p.newID())
		}
	}
}

// refer gives the id of a name, or notes that there is none. Programs may name an id.
func refer[ID ~string](p *planner, what string, ids map[string]ID, name string, at Position) ID {
	if v, ok := ids[name]; ok {
		return v
	}
	for _, v := range ids {
		if string(v) == name && name != "" {
			return v
		}
	}
	p.problems.Add(at, "apply.unknown", "there is no %s %q", what, name)
	return ""
}

// optional is refer where "" means none.
func optional[ID ~string](p *planner, what string, ids map[string]ID, name Opt[string]) ID {
	if name.Value == "" {
		return ""
	}
	return refer(p, what, ids, name.Value, name.At)
}
