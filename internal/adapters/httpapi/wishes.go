package httpapi

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// What people send to change an entity. A field that is left out stays as it is.
type (
	userEdit struct {
		Email    *string       `json:"email,omitempty" maxLength:"254"`
		Name     *string       `json:"name,omitempty" maxLength:"254"`
		TimeZone *string       `json:"time_zone,omitempty" maxLength:"254"`
		Role     *string       `json:"role,omitempty" enum:"viewer,responder,admin"`
		Disabled *bool         `json:"disabled,omitempty"`
		Contacts []contactEdit `json:"contacts,omitempty" maxItems:"50" doc:"All of them"`
		High     []stepBody    `json:"high,omitempty" maxItems:"50" doc:"All steps for high urgency; none: the defaults"`
		Low      []stepBody    `json:"low,omitempty" maxItems:"50"`
	}
	contactEdit struct {
		ID   string `json:"id,omitempty" maxLength:"64" doc:"Of one that is there, whatever it is called now"`
		Name string `json:"name" minLength:"1" maxLength:"254"`
		Kind string `json:"kind" maxLength:"50"`
		To   string `json:"to" minLength:"1" maxLength:"2000"`
	}
	teamEdit struct {
		Name    *string  `json:"name,omitempty" maxLength:"254"`
		Members []string `json:"members,omitempty" maxItems:"1000" doc:"Email addresses or ids"`
	}
	channelEdit struct {
		Name *string `json:"name,omitempty" maxLength:"254"`
		Kind *string `json:"kind,omitempty" maxLength:"50"`
		To   *string `json:"to,omitempty" maxLength:"2000"`

		Options map[string]string `json:"options,omitempty" doc:"All of them"`
		Key     *string           `json:"key,omitempty" maxLength:"2000" doc:"By which the other end knows us; left out: as it was"`
	}
	policyEdit struct {
		Name   *string     `json:"name,omitempty" maxLength:"254"`
		Repeat *int        `json:"repeat,omitempty"`
		Levels []levelBody `json:"levels,omitempty" maxItems:"20"`
	}
	serviceEdit struct {
		Name      *string         `json:"name,omitempty" maxLength:"254"`
		Team      *string         `json:"team,omitempty" maxLength:"254" doc:"Its name; empty for none"`
		Policy    *string         `json:"escalation_policy,omitempty" maxLength:"254" doc:"Its name; empty for the default one"`
		Correlate *string         `json:"correlate,omitempty" enum:"service_env_severity,service,group_key,alert,labels"`
		Labels    []string        `json:"correlate_labels,omitempty" maxItems:"20" doc:"For labels"`
		Channels  []string        `json:"channels,omitempty" maxItems:"50" doc:"Names"`
		Rules     *rulesOfService `json:"rules,omitempty" doc:"All of them: what is empty is the default"`
	}
	integrationEdit struct {
		Name      *string  `json:"name,omitempty" maxLength:"254"`
		Kind      *string  `json:"kind,omitempty" enum:"alertmanager,prometheus,pagerduty,opsgenie,webhook,email,heartbeat" doc:"What sends; it says what a sender is told to do"`
		RateLimit *float64 `json:"rate_limit,omitempty" maximum:"1000000"`
		Burst     *int     `json:"burst,omitempty" maximum:"1000000"`
		Allow     []string `json:"allow,omitempty" maxItems:"200"`
		Disabled  *bool    `json:"disabled,omitempty"`
		Every     *string  `json:"every,omitempty" maxLength:"20" doc:"Of a heartbeat: how often it comes, like 10m"`
		Grace     *string  `json:"grace,omitempty" maxLength:"20" doc:"Of a heartbeat: by how much it may be late"`
		Transform *string  `json:"transform,omitempty" maxLength:"16384" doc:"Of a webhook, or of mail: the expression that makes alerts of what is sent"`

		Alertmanager []string `json:"alertmanager,omitempty" maxItems:"10" doc:"Of the kind alertmanager: the addresses at which it is read, all peers of a cluster"`
		Login        *string  `json:"alertmanager_login,omitempty" maxLength:"4000" doc:"user:password, or a bearer token; left out: as it was"`
		CA           *string  `json:"alertmanager_ca,omitempty" maxLength:"65536" doc:"PEM of whom to trust beside the system's authorities"`
		Silence      *bool    `json:"silence,omitempty" doc:"What somebody has acknowledged is silenced there until it is over"`
	}
)

// rulesOfService are durations like "15m0s"; empty means the default.
type rulesOfService struct {
	ReopenWindow string `json:"reopen_window,omitempty"`
	AckRemind    string `json:"ack_remind,omitempty"`
	AckExpire    string `json:"ack_expire,omitempty"`
	AckRemindLow string `json:"ack_remind_low,omitempty"`
	HoldHigh     string `json:"hold_high,omitempty"`
	HoldWarning  string `json:"hold_warning,omitempty" doc:"0s: none"`
	Grace        string `json:"grace,omitempty"`
	Stable       string `json:"stable,omitempty"`
	FlapWindow   string `json:"flap_window,omitempty"`
	RepageGap    string `json:"repage_gap,omitempty"`
	RemindEvery  string `json:"remind_every,omitempty"`
	RetryEvery   string `json:"retry_every,omitempty"`
	NewKind      string `json:"new_kind,omitempty" enum:"notify,page,quiet,"`
	KeepOpen     bool   `json:"keep_open,omitempty"`
}

// each pairs what is sent with what is kept.
func (b *rulesOfService) each(r *incident.Rules, do func(name string, text *string, d *time.Duration)) {
	do("reopen_window", &b.ReopenWindow, &r.ReopenWindow)
	do("ack_remind", &b.AckRemind, &r.AckRemind)
	do("ack_expire", &b.AckExpire, &r.AckExpire)
	do("ack_remind_low", &b.AckRemindLow, &r.AckRemindLow)
	do("hold_high", &b.HoldHigh, &r.HoldHigh)
	do("hold_warning", &b.HoldWarning, &r.HoldWarning)
	do("grace", &b.Grace, &r.Grace)
	do("stable", &b.Stable, &r.Stable)
	do("flap_window", &b.FlapWindow, &r.FlapWindow)
	do("repage_gap", &b.RepageGap, &r.RepageGap)
	do("remind_every", &b.RemindEvery, &r.RemindEvery)
	do("retry_every", &b.RetryEvery, &r.RetryEvery)
}

func rulesOf(r incident.Rules) rulesOfService {
	out := rulesOfService{NewKind: string(r.NewKind), KeepOpen: r.KeepOpen}
	out.each(&r, func(_ string, text *string, d *time.Duration) {
		if *d != 0 {
			*text = max(*d, 0).String()
		}
	})
	return out
}

// wishes turns what people send into what they want, and collects what is wrong with its form.
type wishes struct{ admin.Problems }

func at(field string) admin.Position { return admin.Position{Field: field} }

func opt[T any](field string, v *T) admin.Opt[T] {
	if v == nil {
		return admin.Opt[T]{At: at(field)}
	}
	return set(field, *v)
}

func set[T any](field string, v T) admin.Opt[T] {
	return admin.Opt[T]{Value: v, At: at(field), Set: true}
}

// name is a text that is not empty where it is sent.
func (w *wishes) name(field string, v *string) admin.Opt[string] {
	out := opt(field, v)
	out.Value = strings.TrimSpace(out.Value)
	if out.Set && out.Value == "" {
		w.Add(at(field), "apply.missing", "this needs a name")
	}
	return out
}

// names is nil where the list is left out.
func names(field string, list []string) admin.Opt[[]admin.Opt[string]] {
	out := admin.Opt[[]admin.Opt[string]]{At: at(field), Set: list != nil}
	for i, v := range list {
		out.Value = append(out.Value, set(fmt.Sprintf("%s[%d]", field, i), v))
	}
	return out
}

var overlong = regexp.MustCompile(`^\d{6,}(\.\d*)?(s|m|h)$`)

func (w *wishes) duration(field, text string) time.Duration {
	d, err := time.ParseDuration(cmp.Or(text, "0s"))
	if err != nil || d < 0 {
		if overlong.MatchString(text) { // it has its unit, and no clock counts so far
			w.Add(at(field), "apply.field", "%s is too long a time", text)
			return 0
		}
		w.Add(at(field), "apply.field", "%q is no duration: write it with its unit, like 30s, 15m or 2h", text)
		return 0
	}
	return d
}

func userWish(w *wishes, e *userEdit) admin.Desired {
	u := admin.DesiredUser{
		Email: opt("email", e.Email), Name: opt("name", e.Name), TimeZone: opt("time_zone", e.TimeZone), Role: opt("role", e.Role),
		Disabled: opt("disabled", e.Disabled), High: w.steps("high", e.High), Low: w.steps("low", e.Low),
	}
	u.Contacts = admin.Opt[[]admin.DesiredContact]{At: at("contacts"), Set: e.Contacts != nil}
	for i, c := range e.Contacts {
		field := fmt.Sprintf("contacts[%d].", i)
		u.Contacts.Value = append(u.Contacts.Value, admin.DesiredContact{
			ID: id.Contact(c.ID), Name: w.name(field+"name", &c.Name), Kind: set(field+"kind", c.Kind), To: set(field+"to", strings.TrimSpace(c.To)),
		})
	}
	return admin.Desired{Users: []admin.DesiredUser{u}}
}

func (w *wishes) steps(field string, list []stepBody) admin.Opt[[]admin.DesiredStep] {
	out := admin.Opt[[]admin.DesiredStep]{At: at(field), Set: list != nil}
	for i, s := range list {
		of := fmt.Sprintf("%s[%d].", field, i)
		step := admin.DesiredStep{After: set(of+"after", w.duration(of+"after", s.After)), Contact: set(of+"contact", s.Contact)}
		if s.Hours != "" {
			h, err := notification.ParseHours(s.Hours)
			if err != nil {
				w.Add(at(of+"hours"), "apply.field", "%s", err)
			}
			step.Hours = &h
		}
		out.Value = append(out.Value, step)
	}
	return out
}

func teamWish(w *wishes, e *teamEdit) admin.Desired {
	return admin.Desired{Teams: []admin.DesiredTeam{{Name: w.name("name", e.Name), Members: names("members", e.Members)}}}
}

func channelWish(w *wishes, e *channelEdit) admin.Desired {
	return admin.Desired{Channels: []admin.DesiredChannel{{
		Name: w.name("name", e.Name), Kind: opt("kind", e.Kind), To: opt("to", e.To), Key: opt("key", e.Key),
		Options: admin.Opt[map[string]string]{Value: e.Options, At: at("options"), Set: e.Options != nil},
	}}}
}

func policyWish(w *wishes, e *policyEdit) admin.Desired {
	p := admin.DesiredPolicy{Name: w.name("name", e.Name), Repeat: opt("repeat", e.Repeat), Levels: w.levels(e.Levels)}
	return admin.Desired{Policies: []admin.DesiredPolicy{p}}
}

func (w *wishes) levels(list []levelBody) admin.Opt[[]admin.DesiredLevel] {
	out := admin.Opt[[]admin.DesiredLevel]{At: at("levels"), Set: list != nil}
	for i, l := range list {
		of := fmt.Sprintf("levels[%d]", i)
		d := admin.DesiredLevel{At: at(of), Targets: w.targets(of+".targets", l.Targets)}
		if l.AckTimeout != "" {
			d.AckTimeout = set(of+".ack_timeout", w.duration(of+".ack_timeout", l.AckTimeout))
		}
		if l.AckTimeoutLow != "" {
			d.AckTimeoutLow = set(of+".ack_timeout_low", w.duration(of+".ack_timeout_low", l.AckTimeoutLow))
		}
		out.Value = append(out.Value, d)
	}
	return out
}

func (w *wishes) targets(field string, list []targetBody) []admin.DesiredTarget {
	known := []escalation.TargetKind{escalation.TargetUser, escalation.TargetTeam, escalation.TargetChannel, escalation.TargetSchedule, escalation.TargetAdmins}
	var out []admin.DesiredTarget
	for i, t := range list {
		of := fmt.Sprintf("%s[%d]", field, i)
		kind := escalation.TargetKind(t.Kind)
		if !slices.Contains(known, kind) {
			w.Add(at(of), "apply.field", "a target is a user, a team, a channel or admins, not %q", t.Kind)
			continue
		}
		out = append(out, admin.DesiredTarget{Kind: kind, Name: cmp.Or(t.ID, t.Name), At: at(of)})
	}
	return out
}

func serviceWish(w *wishes, e *serviceEdit) admin.Desired {
	s := admin.DesiredService{
		Name: w.name("name", e.Name), Team: opt("team", e.Team), Policy: opt("escalation_policy", e.Policy), Channels: names("channels", e.Channels),
	}
	if e.Correlate != nil {
		s.Correlate = set("correlate", w.correlate(*e.Correlate, e.Labels))
	}
	if e.Rules != nil {
		s.Rules = set("rules", w.rules(e.Rules))
	}
	return admin.Desired{Services: []admin.DesiredService{s}}
}

// correlate keeps the default as nothing.
func (w *wishes) correlate(mode string, labels []string) incident.Correlate {
	switch m := incident.CorrelateMode(mode); m {
	case incident.CorrelateServiceEnvSeverity:
		return incident.Correlate{}
	case incident.CorrelateLabels:
		if len(labels) == 0 {
			w.Add(at("correlate_labels"), "apply.field", "name at least one label")
		}
		return incident.Correlate{Mode: m, Labels: labels}
	default:
		return incident.Correlate{Mode: m}
	}
}

func (w *wishes) rules(b *rulesOfService) incident.Rules {
	r := incident.Rules{NewKind: incident.NewKind(b.NewKind), KeepOpen: b.KeepOpen}
	b.each(&r, func(name string, text *string, d *time.Duration) { *d = w.duration("rules."+name, *text) })
	if b.HoldWarning != "" && r.HoldWarning == 0 {
		r.HoldWarning = -1
	}
	return r
}

func integrationWish(w *wishes, e *integrationEdit) admin.Desired {
	return admin.Desired{Integrations: []admin.DesiredIntegration{{
		Name: w.name("name", e.Name), RateLimit: opt("rate_limit", e.RateLimit), Burst: opt("burst", e.Burst),
		Allow: names("allow", e.Allow), Disabled: opt("disabled", e.Disabled), Kind: opt("kind", e.Kind),
		Every: w.maybe("every", e.Every), Grace: w.maybe("grace", e.Grace), Transform: opt("transform", e.Transform),
		Alertmanager: names("alertmanager", e.Alertmanager), Login: opt("alertmanager_login", e.Login), CA: opt("alertmanager_ca", e.CA), Silence: opt("silence", e.Silence),
	}}}
}

// maybe is a duration where one is sent.
func (w *wishes) maybe(field string, text *string) admin.Opt[time.Duration] {
	if text == nil {
		return admin.Opt[time.Duration]{At: at(field)}
	}
	return set(field, w.duration(field, *text))
}
