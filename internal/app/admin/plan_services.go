package admin

import (
	"cmp"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

func (p *planner) policies() {
	for _, d := range p.want.Policies {
		pid := p.names.policies[d.Name.Value]
		var old escalation.Policy
		ref, exists := p.snap.Current[pid]
		if exists {
			old = *p.snap.Policies[ref]
		} else {
			ref.ID, old.Repeat = pid, escalation.DefaultRepeat
		}
		levels, repeat := old.Levels, old.Repeat
		if d.Levels.Set {
			levels = p.levels(d.Levels.Value)
		}
		if d.Repeat.Set {
			repeat = d.Repeat.Value
		}
		var f fields
		if exists && d.Name.Value != old.Name {
			f = append(f, "name")
		}
		if !reflect.DeepEqual(levels, old.Levels) {
			f = append(f, "levels")
		}
		if repeat != old.Repeat {
			f = append(f, "repeat")
		}
		if !p.note("escalation_policy", d.Name.Value, !exists, f) {
			continue
		}
		ref.Version++ // versions never change: incidents may run by the last one
		policy, err := escalation.NewPolicy(ref, d.Name.Value, levels, repeat)
		if err != nil {
			p.problems.AddError(policyFault(d, err), err)
		}
		p.edit.Policies = append(p.edit.Policies, policy)
	}
}

// policyFault is where a policy's error is to be mended.
func policyFault(d DesiredPolicy, err error) Position {
	switch fault.Of(err).Code {
	case "policy.repeat":
		return d.Repeat.At
	case "policy.levels":
		return cmp.Or(d.Levels.At, d.Name.At)
	}
	return d.Name.At
}

func (p *planner) levels(want []DesiredLevel) []escalation.Level {
	out := make([]escalation.Level, 0, len(want))
	for _, d := range want {
		timeout := escalation.DefaultAckTimeout
		if d.AckTimeout.Set {
			timeout = d.AckTimeout.Value
		}
		l, err := escalation.NewLevel(timeout, d.AckTimeoutLow.Value, p.targets(d.Targets))
		if err != nil {
			at := d.At
			if fault.Of(err).Code == "policy.ack_timeout" {
				at = cmp.Or(d.AckTimeout.At, d.AckTimeoutLow.At, d.At)
			}
			p.problems.AddError(at, err)
		}
		out = append(out, l)
	}
	return out
}

func (p *planner) targets(want []DesiredTarget) []escalation.Target {
	var out []escalation.Target
	for _, d := range want {
		t := escalation.Target{Kind: d.Kind}
		switch d.Kind {
		case escalation.TargetUser:
			t.ID = string(refer(p, "user", p.names.users, strings.ToLower(d.Name), d.At))
		case escalation.TargetTeam:
			t.ID = string(refer(p, "team", p.names.teams, d.Name, d.At))
		case escalation.TargetChannel:
			t.ID = string(refer(p, "channel", p.names.channels, d.Name, d.At))
		case escalation.TargetSchedule:
			p.problems.Add(d.At, "apply.schedules", "schedules are not in this version yet: name a user, a team or a channel")
		case escalation.TargetAdmins:
		}
		out = append(out, t)
	}
	return out
}

func (p *planner) services() {
	for _, d := range p.want.Services {
		sid := p.names.services[d.Name.Value]
		s := directory.Service{ID: sid, Name: d.Name.Value}
		known, exists := p.snap.Services[sid]
		if exists {
			s = *known
		}
		var f fields
		put(&f, "name", &s.Name, exists, d.Name.Value)
		put(&f, "team", &s.Team, d.Team.Set, optional(p, "team", p.names.teams, d.Team))
		put(&f, "escalation_policy", &s.Policy, d.Policy.Set, optional(p, "escalation policy", p.names.policies, d.Policy))
		put(&f, "correlate", &s.Correlate, d.Correlate.Set, d.Correlate.Value)
		put(&f, "rules", &s.Rules, d.Rules.Set, d.Rules.Value)
		if d.Channels.Set {
			var list []id.Channel
			for _, c := range d.Channels.Value {
				list = append(list, refer(p, "channel", p.names.channels, c.Value, c.At))
			}
			put(&f, "channels", &s.Channels, true, list)
		}
		put(&f, "unclaimed", &s.Unclaimed, true, false) // who writes it down claims it
		if p.note("service", s.Name, !exists, f) {
			p.edit.Services = append(p.edit.Services, s)
		}
	}
}

func (p *planner) integrations() {
	hashes := map[string]string{}
	for _, i := range p.snap.Integrations {
		hashes[i.KeyHash] = i.Name
	}
	for _, d := range p.want.Integrations {
		iid := p.names.sources[d.Name.Value]
		in := directory.Integration{ID: iid, Name: d.Name.Value, Kind: directory.Alertmanager}
		known, exists := p.snap.Integrations[iid]
		if exists {
			in = *known
		}
		var f fields
		put(&f, "name", &in.Name, exists, d.Name.Value)
		put(&f, "kind", &in.Kind, d.Kind.Set, directory.IntegrationKind(d.Kind.Value))
		put(&f, "rate_limit", &in.RateLimit, d.RateLimit.Set, d.RateLimit.Value)
		put(&f, "burst", &in.Burst, d.Burst.Set, d.Burst.Value)
		put(&f, "disabled", &in.Disabled, d.Disabled.Set, d.Disabled.Value)
		put(&f, "every", &in.Every, d.Every.Set, d.Every.Value)
		put(&f, "grace", &in.Grace, d.Grace.Set, d.Grace.Value)
		put(&f, "transform", &in.Transform, d.Transform.Set, d.Transform.Value)
		if d.Allow.Set {
			put(&f, "allow", &in.Allow, true, p.networks(d.Allow.Value))
		}
		p.api(d, &in, &f)
		p.key(d, &in, exists, &f, hashes)
		p.checkIntegration(d, in)
		if p.note("integration", in.Name, !exists, f) {
			p.edit.Integrations = append(p.edit.Integrations, in)
		}
	}
}

// key sets an integration's key: the one that the document names, or a new one for a new integration.
func (p *planner) key(d DesiredIntegration, in *directory.Integration, exists bool, f *fields, hashes map[string]string) {
	key := p.keys[d.KeyEnv.Value]
	switch {
	case d.KeyEnv.Set && key == "":
		p.problems.Add(d.KeyEnv.At, "integration.key_env", "the environment variable %s is not set where the configuration is applied", d.KeyEnv.Value)
		return
	case d.KeyEnv.Set && in.Kind == directory.Email && !goodAddress(key):
		p.problems.Add(d.KeyEnv.At, "integration.key", "mail comes to KEY@domain: a key has 16 to 64 small letters and digits; the one in %s has not", d.KeyEnv.Value)
		return
	case d.KeyEnv.Set && !goodKey(key):
		p.problems.Add(d.KeyEnv.At, "integration.key", "a key has 16 to 200 printable characters without spaces; the one in %s has not", d.KeyEnv.Value)
		return
	case !d.KeyEnv.Set && exists:
		return
	case !d.KeyEnv.Set:
		key = NewKey(in.Kind)
		p.out.Keys[in.Name] = key
	}
	hash := HashSecret(key)
	if other, taken := hashes[hash]; taken && other != in.Name {
		p.problems.Add(d.KeyEnv.At, "integration.key_taken", "the integration %q has the same key", other)
	}
	hashes[hash] = in.Name
	put(f, "key", &in.KeyHash, true, hash)
}

func goodKey(key string) bool {
	printable := !strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' })
	return len(key) >= 16 && len(key) <= 200 && printable
}

// goodAddress says whether a key can be the part of a mail's address before the @, whoever passes it on.
func goodAddress(key string) bool {
	plain := !strings.ContainsFunc(key, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return len(key) >= 16 && len(key) <= 64 && plain
}

// networks checks CIDRs; a plain address means itself.
func (p *planner) networks(want []Opt[string]) []string {
	var out []string
	for _, w := range want {
		prefix, err := netip.ParsePrefix(w.Value)
		if addr, plain := netip.ParseAddr(w.Value); plain == nil {
			prefix, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			p.problems.Add(w.At, "integration.allow", "%q is neither an IP address nor a network like 10.0.0.0/8", w.Value)
			continue
		}
		out = append(out, prefix.Masked().String())
	}
	slices.Sort(out)
	return out
}

func (p *planner) settings() {
	var f fields
	s, d := p.snap.Settings, p.want.Settings
	if d.DefaultPolicy.Set {
		put(&f, "default_policy", &s.DefaultPolicy, true, refer(p, "escalation policy", p.names.policies, d.DefaultPolicy.Value, d.DefaultPolicy.At))
	}
	if d.Fallback.Set {
		put(&f, "fallback", &s.Fallback, true, p.targets(d.Fallback.Value))
	}
	if len(f) > 0 {
		p.note("settings", "settings", false, f)
		p.edit.Settings = &s
	}
}
