package applyfile

import (
	"fmt"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

func (p *parser) settings(out *admin.DesiredSettings, n *yaml.Node) {
	o := p.object(n, "settings", "default_policy", "fallback")
	if v := scalar(o, "default_policy", text); v.Set {
		out.DefaultPolicy = v
	}
	if v := optList(o, "fallback", p.target); v.Set {
		out.Fallback = v
	}
}

func (p *parser) user(n *yaml.Node, path string) admin.DesiredUser {
	o := p.object(n, path, "email", "name", "time_zone", "role", "disabled", "contacts", "rules")
	u := admin.DesiredUser{
		Email: need(o, "email"), Name: scalar(o, "name", text), TimeZone: scalar(o, "time_zone", text),
		Role: scalar(o, "role", text), Disabled: scalar(o, "disabled", boolean),
		Contacts: optList(o, "contacts", p.contact),
	}
	if n, ok := o.fields["rules"]; ok {
		rules := p.object(n, join(path, "rules"), "high", "low")
		u.High, u.Low = optList(rules, "high", p.step), optList(rules, "low", p.step)
	}
	return u
}

func (p *parser) contact(n *yaml.Node, path string) admin.DesiredContact {
	o := p.object(n, path, "name", "kind", "to")
	return admin.DesiredContact{Name: need(o, "name"), Kind: need(o, "kind"), To: need(o, "to")}
}

func (p *parser) step(n *yaml.Node, path string) admin.DesiredStep {
	o := p.object(n, path, "after", "contact", "hours")
	s := admin.DesiredStep{After: scalar(o, "after", duration), Contact: need(o, "contact")}
	if h := scalar(o, "hours", hours); h.Set {
		s.Hours = &h.Value
	}
	return s
}

func hours(n *yaml.Node) (notification.Hours, error) { return notification.ParseHours(n.Value) }

func (p *parser) text(n *yaml.Node, path string) admin.Opt[string] {
	return scalarNode(p, n, path, text)
}

func (p *parser) team(n *yaml.Node, path string) admin.DesiredTeam {
	o := p.object(n, path, "name", "members")
	return admin.DesiredTeam{Name: need(o, "name"), Members: optList(o, "members", p.text)}
}

func (p *parser) channel(n *yaml.Node, path string) admin.DesiredChannel {
	o := p.object(n, path, "name", "kind", "to", "key_env", "options")
	return admin.DesiredChannel{
		Name: need(o, "name"), Kind: scalar(o, "kind", text), To: scalar(o, "to", text), KeyEnv: scalar(o, "key_env", text), Options: p.options(o),
	}
}

// options reads a mapping of any names to texts, which may have lines.
func (p *parser) options(o object) (out admin.Opt[map[string]string]) {
	n, ok := o.fields["options"]
	if !ok {
		return out
	}
	path := join(o.path, "options")
	out = admin.Opt[map[string]string]{Set: true, At: p.at(n.Line, path), Value: map[string]string{}}
	if n.Kind != yaml.MappingNode {
		p.bad(n, path, "this should be a mapping of options, not %s", kindWords(n))
		return out
	}
	for i := 0; i+1 < len(n.Content) && !p.full(); i += 2 {
		key, value := n.Content[i], p.follow(n.Content[i+1])
		if value.Kind != yaml.ScalarNode || len(value.Value) > maxLines {
			p.bad(value, join(path, key.Value), "this should be a text of at most %d bytes", maxLines)
			continue
		}
		out.Value[key.Value] = value.Value
	}
	return out
}

const maxLines = 16 << 10 // bytes

func (p *parser) policy(n *yaml.Node, path string) admin.DesiredPolicy {
	o := p.object(n, path, "name", "repeat", "levels")
	return admin.DesiredPolicy{Name: need(o, "name"), Repeat: scalar(o, "repeat", whole), Levels: optList(o, "levels", p.level)}
}

func (p *parser) level(n *yaml.Node, path string) admin.DesiredLevel {
	o := p.object(n, path, "ack_timeout", "targets")
	l := admin.DesiredLevel{At: p.at(o.line, path), Targets: list(o, "targets", p.target)}
	l.AckTimeout, l.AckTimeoutLow = p.byUrgency(o, "ack_timeout", "high", "low")
	return l
}

// byUrgency reads a duration, or a mapping with one for each of two names.
func (p *parser) byUrgency(o object, name, first, second string) (a, b admin.Opt[time.Duration]) {
	n, ok := o.fields[name]
	if !ok || n.Kind != yaml.MappingNode {
		return scalar(o, name, duration), b
	}
	both := p.object(n, join(o.path, name), first, second)
	return scalar(both, first, duration), scalar(both, second, duration)
}

// target reads {user: …}, {team: …}, {channel: …}, {schedule: …}, or the word admins.
func (p *parser) target(n *yaml.Node, path string) admin.DesiredTarget {
	if n.Kind == yaml.ScalarNode && n.Value == string(escalation.TargetAdmins) {
		return admin.DesiredTarget{Kind: escalation.TargetAdmins, At: p.at(n.Line, path)}
	}
	o := p.object(n, path, "user", "team", "channel", "schedule")
	if len(o.fields) != 1 {
		if o.fields != nil {
			p.bad(n, path, "a target is one of {user: …}, {team: …}, {channel: …} or admins")
		}
		return admin.DesiredTarget{Kind: escalation.TargetAdmins, At: p.at(n.Line, path)}
	}
	for name := range o.fields {
		v := scalar(o, name, text)
		return admin.DesiredTarget{Kind: escalation.TargetKind(name), Name: v.Value, At: v.At}
	}
	panic(fmt.Sprintf("%s: a map of one has no element", path))
}

func (p *parser) integration(n *yaml.Node, path string) admin.DesiredIntegration {
	o := p.object(n, path, "name", "kind", "key_env", "rate_limit", "burst", "allow", "disabled", "every", "grace", "transform",
		"alertmanager", "alertmanager_login_env", "alertmanager_ca", "silence")
	return admin.DesiredIntegration{
		Name: need(o, "name"), Kind: scalar(o, "kind", text), KeyEnv: scalar(o, "key_env", text),
		RateLimit: scalar(o, "rate_limit", number), Burst: scalar(o, "burst", whole),
		Allow: optList(o, "allow", p.text), Disabled: scalar(o, "disabled", boolean),
		Every: scalar(o, "every", duration), Grace: scalar(o, "grace", duration), Transform: scalar(o, "transform", lines),
		Alertmanager: optList(o, "alertmanager", p.text), LoginEnv: scalar(o, "alertmanager_login_env", text),
		CA: scalar(o, "alertmanager_ca", lines), Silence: scalar(o, "silence", boolean),
	}
}
