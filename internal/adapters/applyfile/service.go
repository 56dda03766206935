package applyfile

import (
	"errors"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

func (p *parser) service(n *yaml.Node, path string) admin.DesiredService {
	o := p.object(n, path, "name", "team", "escalation_policy", "correlate", "channels", "rules")
	s := admin.DesiredService{
		Name: need(o, "name"), Team: scalar(o, "team", text), Policy: scalar(o, "escalation_policy", text),
		Channels: optList(o, "channels", p.text),
	}
	if c, ok := o.fields["correlate"]; ok {
		s.Correlate = p.correlate(c, join(path, "correlate"))
	}
	if r, ok := o.fields["rules"]; ok {
		s.Rules = admin.Opt[incident.Rules]{Value: p.rules(r, join(path, "rules")), At: p.at(r.Line, join(path, "rules")), Set: true}
	}
	return s
}

// correlate reads one of the modes' names, or {labels: [a, b]}.
func (p *parser) correlate(n *yaml.Node, path string) admin.Opt[incident.Correlate] {
	if n.Kind != yaml.MappingNode {
		return scalarNode(p, n, path, func(n *yaml.Node) (incident.Correlate, error) {
			switch mode := incident.CorrelateMode(n.Value); mode {
			case incident.CorrelateServiceEnvSeverity:
				return incident.Correlate{}, nil // the default is stored as nothing
			case incident.CorrelateService, incident.CorrelateGroupKey, incident.CorrelateAlert:
				return incident.Correlate{Mode: mode}, nil
			default:
				return incident.Correlate{}, errors.New("write service_env_severity, service, group_key, alert or {labels: […]}")
			}
		})
	}
	o := p.object(n, path, "labels")
	out := admin.Opt[incident.Correlate]{Set: true, At: p.at(n.Line, path), Value: incident.Correlate{Mode: incident.CorrelateLabels}}
	for _, l := range list(o, "labels", p.text) {
		out.Value.Labels = append(out.Value.Labels, l.Value)
	}
	if len(out.Value.Labels) == 0 {
		p.bad(n, path, "name at least one label")
	}
	return out
}

func (p *parser) rules(n *yaml.Node, path string) incident.Rules {
	r := incident.Rules{}
	durations := []struct {
		name string
		into *time.Duration
	}{
		{"reopen_window", &r.ReopenWindow}, {"ack_remind", &r.AckRemind}, {"ack_expire", &r.AckExpire},
		{"ack_remind_low", &r.AckRemindLow}, {"grace", &r.Grace}, {"stable", &r.Stable}, {"flap_window", &r.FlapWindow},
		{"repage_gap", &r.RepageGap}, {"remind_every", &r.RemindEvery}, {"retry_every", &r.RetryEvery},
	}
	known := []string{"hold", "new_kind", "keep_open"}
	for _, d := range durations {
		known = append(known, d.name)
	}
	o := p.object(n, path, known...)
	for _, d := range durations {
		*d.into = scalar(o, d.name, positive).Value
	}
	p.hold(o, &r)
	r.NewKind = scalar(o, "new_kind", newKind).Value
	r.KeepOpen = scalar(o, "keep_open", boolean).Value
	return r
}

// hold reads a duration for both, or {high: …, warning: …}; "0s" for warnings means none, not the default.
func (p *parser) hold(o object, r *incident.Rules) {
	high, warning := p.byUrgency(o, "hold", "high", "warning")
	if n, ok := o.fields["hold"]; ok && n.Kind == yaml.ScalarNode {
		warning = high
	}
	r.HoldHigh, r.HoldWarning = high.Value, warning.Value
	if warning.Set && warning.Value == 0 {
		r.HoldWarning = -1
	}
}

func newKind(n *yaml.Node) (incident.NewKind, error) {
	switch k := incident.NewKind(n.Value); k {
	case incident.NewKindNotify, incident.NewKindPage, incident.NewKindQuiet:
		return k, nil
	}
	return "", errors.New("write notify, page or quiet")
}
