package admin

import (
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

func (p *planner) users() {
	for _, d := range p.want.Users {
		uid := p.names.users[d.Email.Value]
		user := directory.User{ID: uid, Email: d.Email.Value, TimeZone: "UTC", Role: directory.Responder}
		known, exists := p.snap.Users[uid]
		if exists {
			user = *known
		}
		var f fields
		put(&f, "email", &user.Email, exists, d.Email.Value)
		put(&f, "name", &user.Name, d.Name.Set, strings.TrimSpace(d.Name.Value))
		put(&f, "time_zone", &user.TimeZone, d.TimeZone.Set, d.TimeZone.Value)
		put(&f, "role", &user.Role, d.Role.Set, directory.Role(d.Role.Value))
		put(&f, "disabled", &user.Disabled, d.Disabled.Set, d.Disabled.Value)
		if d.Contacts.Set {
			put(&f, "contacts", &user.Contacts, true, p.contacts(d.Contacts.Value, user.Contacts))
		}
		put(&f, "rules.high", &user.Rules.High, d.High.Set, p.steps(d.High, user.Contacts))
		put(&f, "rules.low", &user.Rules.Low, d.Low.Set, p.steps(d.Low, user.Contacts))
		if d.Role.Set && !user.Role.Known() {
			p.problems.Add(d.Role.At, "user.role", "unknown role %q: use viewer, responder or admin", d.Role.Value)
		}
		if _, err := time.LoadLocation(user.TimeZone); err != nil || user.TimeZone == "Local" {
			p.problems.Add(d.TimeZone.At, "user.time_zone", "there is no time zone %q", user.TimeZone)
		}
		if p.note("user", user.Email, !exists, f) {
			p.edit.Users = append(p.edit.Users, user)
		}
	}
}

// means says whether it is about an earlier contact: by its id, or where none is given by its name.
func (d DesiredContact) means(o notification.Contact) bool {
	if d.ID != "" {
		return d.ID == o.ID
	}
	return d.Name.Value == o.Name
}

// contacts keeps the ids of those that were there: what waits for them goes on.
func (p *planner) contacts(want []DesiredContact, old []notification.Contact) []notification.Contact {
	out := make([]notification.Contact, 0, len(want))
	seen := map[string]bool{}
	for _, d := range want {
		if seen[d.Name.Value] {
			p.problems.Add(d.Name.At, "apply.twice", "this person has two contacts named %q", d.Name.Value)
		}
		seen[d.Name.Value] = true
		c := notification.Contact{Name: d.Name.Value, Kind: d.Kind.Value, Verified: !p.own}
		i := slices.IndexFunc(old, func(o notification.Contact) bool { return d.means(o) && o.Kind == c.Kind })
		before := ""
		if i >= 0 {
			before = old[i].To
		}
		c.To = p.address(d.Kind, d.To, true, before)
		if i >= 0 {
			c.ID = old[i].ID
			if old[i].To == c.To {
				c.Verified = c.Verified || old[i].Verified
				c.Trouble, c.Stopped = old[i].Trouble, old[i].Stopped
			}
		} else {
			c.ID = id.Contact(p.newID())
		}
		out = append(out, c)
	}
	if p.about == "" {
		out = append(out, p.devices(old, seen)...)
	}
	return out
}

// devices are contacts that no document can name, because devices subscribe by themselves: they stay as they are.
func (p *planner) devices(old []notification.Contact, named map[string]bool) (out []notification.Contact) {
	for _, c := range old {
		if !p.kinds[c.Kind].Device || named[c.Name] {
			continue
		}
		out = append(out, c)
	}
	return out
}

func (p *planner) steps(want Opt[[]DesiredStep], contacts []notification.Contact) []notification.Step {
	var out []notification.Step
	for _, d := range want.Value {
		i := slices.IndexFunc(contacts, func(c notification.Contact) bool { return c.Name == d.Contact.Value })
		if i < 0 {
			p.problems.Add(d.Contact.At, "apply.unknown", "this person has no contact %q", d.Contact.Value)
			continue
		}
		if d.After.Value < 0 || d.After.Value > 24*time.Hour {
			p.problems.Add(d.After.At, "user.rule_after", "a step comes from 0s to 24h after the page")
		}
		out = append(out, notification.Step{After: d.After.Value, Contact: contacts[i].ID, Hours: d.Hours})
	}
	return out
}

// address checks an address by its kind of channel and gives it as it is stored. What is shown in place of the one
// before, which may be a secret, means that one.
func (p *planner) address(kind, to Opt[string], personal bool, before string) string {
	d, ok := p.kinds[kind.Value]
	if !ok || (personal && !d.Personal) || (!personal && !d.Shared) {
		p.problems.Add(kind.At, "channel.kind", "there is no kind of %s %q: use %s", contactOrChannel(personal), kind.Value, p.kindNames(personal))
		return to.Value
	}
	switch {
	case before != "" && to.Value == d.Shown(before):
		return before
	case d.Check == nil:
		return to.Value
	}
	addr, err := d.Check(to.Value)
	if err != nil {
		p.problems.Add(to.At, "channel.to", "%s", err)
	}
	return addr
}

func contactOrChannel(personal bool) string {
	if personal {
		return "contact"
	}
	return "channel"
}

func (p *planner) kindNames(personal bool) string {
	var out []string
	for k, d := range p.kinds {
		if (personal && d.Personal) || (!personal && d.Shared) {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func (p *planner) teams() {
	for _, d := range p.want.Teams {
		tid := p.names.teams[d.Name.Value]
		team := directory.Team{ID: tid, Name: d.Name.Value}
		known, exists := p.snap.Teams[tid]
		if exists {
			team = *known
		}
		var f fields
		put(&f, "name", &team.Name, exists, d.Name.Value)
		if d.Members.Set {
			var members []id.User
			for _, m := range d.Members.Value {
				uid := refer(p, "user", p.names.users, strings.ToLower(m.Value), m.At)
				if !slices.Contains(members, uid) {
					members = append(members, uid)
				}
			}
			put(&f, "members", &team.Members, true, members)
		}
		if p.note("team", team.Name, !exists, f) {
			p.edit.Teams = append(p.edit.Teams, team)
		}
	}
}

func (p *planner) channels() {
	for _, d := range p.want.Channels {
		cid := p.names.channels[d.Name.Value]
		c := directory.Channel{ID: cid, Name: d.Name.Value}
		known, exists := p.snap.Channels[cid]
		if exists {
			c = *known
		}
		var f fields
		put(&f, "name", &c.Name, exists, d.Name.Value)
		if d.Kind.Set || d.To.Set || !exists {
			kind, to := d.Kind, d.To
			if !kind.Set {
				kind = Opt[string]{Value: c.Kind, At: d.Name.At}
			}
			if !to.Set {
				to = Opt[string]{Value: c.To, At: d.Name.At}
			}
			before := ""
			if kind.Value == c.Kind {
				before = c.To
			}
			addr := p.address(kind, to, false, before)
			put(&f, "kind", &c.Kind, true, kind.Value)
			put(&f, "to", &c.To, true, addr)
		}
		p.chosen(d, &c, &f)
		if p.note("channel", c.Name, !exists, f) {
			p.edit.Channels = append(p.edit.Channels, c)
		}
	}
}

// chosen sets a channel's options and key, as far as its kind has them.
func (p *planner) chosen(d DesiredChannel, c *directory.Channel, f *fields) {
	kind := p.kinds[c.Kind]
	put(f, "options", &c.Options, d.Options.Set && len(c.Options)+len(d.Options.Value) > 0, d.Options.Value)
	key := d.Key
	if d.KeyEnv.Set {
		if key = (Opt[string]{Value: p.keys[d.KeyEnv.Value], Set: true, At: d.KeyEnv.At}); key.Value == "" {
			p.problems.Add(key.At, "channel.key_env", "the environment variable %s is not set where the configuration is applied", d.KeyEnv.Value)
		}
	}
	put(f, "key", &c.Key, key.Set, key.Value)
	for name := range c.Options {
		if !slices.ContainsFunc(kind.Options, func(o ports.ChannelOption) bool { return o.Name == name }) {
			p.problems.Add(d.Options.At, "channel.option", "a channel of the kind %s has no option %q", c.Kind, name)
		}
	}
	switch {
	case c.Key != "" && kind.Key == "":
		p.problems.Add(key.At, "channel.key", "a channel of the kind %s has no key", c.Kind)
	case c.Key == "" && kind.KeyMust:
		p.problems.Add(key.At, "channel.key", "a channel of the kind %s needs a key (key_env in a file): %s", c.Kind, kind.Key)
	}
	p.after(d, c)
	if kind.CheckOptions != nil {
		if err := kind.CheckOptions(c.Options); err != nil {
			p.problems.Add(d.Options.At, "channel.option", "%s", err)
		}
	}
}

// after looks at how long a channel waits, an option that means the same of every kind.
func (p *planner) after(d DesiredChannel, c *directory.Channel) {
	after, set := c.Options[directory.OptionAfter]
	if !set {
		return
	}
	if t, err := time.ParseDuration(after); err != nil || t < 0 || t > 24*time.Hour {
		p.problems.Add(d.Options.At, "channel.option", "after: %q is not a duration from 0s to 24h, such as 15m", after)
	}
}

// keepAnAdmin refuses a document that would lock everybody out.
func (p *planner) keepAnAdmin() {
	if len(p.problems) > 0 {
		return // with what is wrong it would say what nobody asked for
	}
	admins := map[id.User]bool{}
	for uid, u := range p.snap.Users {
		admins[uid] = u.Role == directory.Admin && !u.Disabled
	}
	had := anyTrue(admins)
	for _, u := range p.edit.Users {
		admins[u.ID] = u.Role == directory.Admin && !u.Disabled
	}
	if had && !anyTrue(admins) {
		p.problems.Add(p.want.Users[0].Email.At, "apply.last_admin", "this would leave nobody with the role admin")
	}
}

func anyTrue[K comparable](m map[K]bool) bool {
	for _, v := range m {
		if v {
			return true
		}
	}
	return false
}
