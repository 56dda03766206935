package httpapi

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Edited is what tells a change that came first from one that did not see it.
type Edited struct {
	Edition  int64      `json:"edition" doc:"It is another one after each change: send it with yours, which is then refused where somebody was faster"`
	EditedBy string     `json:"edited_by,omitempty" doc:"Who changed it last"`
	EditedAt *time.Time `json:"edited_at,omitempty"`
}

func (v view) edited(kind directory.Kind, eid string) Edited {
	e := v.Edition(directory.Entity{Kind: kind, ID: eid})
	return Edited{e.Version, e.By, maybe(e.At)}
}

type userBody struct {
	Edited
	ID       string        `json:"id"`
	Email    string        `json:"email"`
	Name     string        `json:"name"`
	TimeZone string        `json:"time_zone"`
	Role     string        `json:"role"`
	Disabled bool          `json:"disabled"`
	Contacts []contactBody `json:"contacts"`
	Rules    rulesBody     `json:"rules" doc:"The person's own; empty means the defaults"`
	Warning  string        `json:"warning,omitempty" doc:"Why how they are reached at high urgency may stop without anybody noticing, and what to do"`
}

type contactBody struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	To       string `json:"to" doc:"Without what of it is a secret; given back so, it stays as it is"`
	Verified bool   `json:"verified"`
	Trouble  string `json:"trouble,omitempty" doc:"Why nothing may arrive there, in words"`
	Stopped  bool   `json:"stopped,omitempty" doc:"Whoever reads there asked for nothing more: nothing is sent"`
}

type rulesBody struct {
	High []stepBody `json:"high"`
	Low  []stepBody `json:"low"`
}

type stepBody struct {
	After   string `json:"after,omitempty" example:"2m0s" doc:"After the page"`
	Contact string `json:"contact" doc:"The contact's name" maxLength:"254"`
	Hours   string `json:"hours,omitempty" example:"08:00-20:00" doc:"Only within, by the person's own clock"`
}

type teamBody struct {
	Edited
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Members []string `json:"members" doc:"Email addresses"`
}

type channelBody struct {
	Edited
	ID   string `json:"id"`
	Name string `json:"name"`
	Kind string `json:"kind"`
	To   string `json:"to" doc:"Without what of it is a secret; given back so, it stays as it is"`

	Options map[string]string `json:"options"`
	HasKey  bool              `json:"has_key" doc:"The key itself is never shown"`
}

type policyBody struct {
	Edited
	ID      string      `json:"id"`
	Version int         `json:"version"`
	Name    string      `json:"name"`
	Repeat  int         `json:"repeat"`
	Default bool        `json:"default" doc:"Used by services that name none"`
	Levels  []levelBody `json:"levels"`
}

type levelBody struct {
	AckTimeout    string       `json:"ack_timeout,omitempty" example:"15m0s" doc:"Where it is left out: 15m"`
	AckTimeoutLow string       `json:"ack_timeout_low,omitempty"`
	Targets       []targetBody `json:"targets"`
}

type targetBody struct {
	Kind string `json:"kind" enum:"user,team,channel,schedule,admins"`
	ID   string `json:"id,omitempty" maxLength:"64"`
	Name string `json:"name,omitempty" maxLength:"254" doc:"For people; where no id is sent, it says who is meant"`
}

type serviceBody struct {
	Edited
	ID        string         `json:"id"`
	Name      string         `json:"name"`
	Team      string         `json:"team,omitempty" doc:"The team's name"`
	Policy    string         `json:"escalation_policy,omitempty" doc:"The policy's name; empty means the default one"`
	Correlate string         `json:"correlate"`
	Labels    []string       `json:"correlate_labels,omitempty"`
	Channels  []string       `json:"channels" doc:"Names"`
	Rules     rulesOfService `json:"rules" doc:"Those that are not the defaults"`
	Unclaimed bool           `json:"unclaimed" doc:"Made by an alert; nobody has claimed it yet"`
}

type integrationBody struct {
	Edited
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Kind      string     `json:"kind"`
	RateLimit float64    `json:"rate_limit" doc:"Requests per second; 0: the default"`
	Burst     int        `json:"burst"`
	Allow     []string   `json:"allow" doc:"Networks that may send; empty: all"`
	Disabled  bool       `json:"disabled"`
	Every     string     `json:"every,omitempty" doc:"Of a heartbeat: how often it comes"`
	Grace     string     `json:"grace,omitempty" doc:"Of a heartbeat: by how much it may be late"`
	Transform string     `json:"transform,omitempty" doc:"Of a webhook, or of mail: the expression that makes alerts of what is sent"`
	FirstAt   *time.Time `json:"first_at" doc:"When the first alert came"`
	LastAt    *time.Time `json:"last_at" doc:"When the last one came, to the minute"`
	Key       string     `json:"key,omitempty" doc:"Shown once: when it is new, or was changed"`

	Alertmanager []string   `json:"alertmanager" doc:"Of the kind alertmanager: where it is read"`
	HasLogin     bool       `json:"has_alertmanager_login" doc:"The login itself is never shown"`
	CA           string     `json:"alertmanager_ca,omitempty"`
	Silence      bool       `json:"silence" doc:"What somebody has acknowledged is silenced there"`
	ReadAt       *time.Time `json:"alertmanager_read_at" doc:"When all of its Alertmanagers last answered"`
	ReadError    string     `json:"alertmanager_error,omitempty" doc:"Why the last reading failed, in words"`
}

// view turns entities into what the API shows: names where people read names.
type view struct {
	*directory.Snapshot
	heard map[id.Integration]ports.Hearing
	looks map[id.Integration]ports.Look
	kinds map[string]ports.ChannelDescriptor // say what of an address is a secret
}

func (v view) user(u *directory.User) userBody {
	out := userBody{
		Edited: v.edited(directory.KindUser, string(u.ID)), ID: string(u.ID), Email: u.Email, Name: u.Name, TimeZone: u.TimeZone, Role: string(u.Role), Disabled: u.Disabled,
		Contacts: []contactBody{}, Rules: rulesBody{High: steps(u, u.Rules.High), Low: steps(u, u.Rules.Low)},
	}
	if what, do := v.Weakness(u); what != "" {
		out.Warning = what + ": " + do
	}
	for _, c := range u.Contacts {
		out.Contacts = append(out.Contacts, v.contact(c))
	}
	return out
}

func (v view) contact(c notification.Contact) contactBody {
	return contactBody{string(c.ID), c.Name, c.Kind, v.kinds[c.Kind].Shown(c.To), c.Verified, c.Trouble, c.Stopped}
}

func steps(u *directory.User, list []notification.Step) []stepBody {
	out := make([]stepBody, 0, len(list))
	for _, s := range list {
		name := string(s.Contact)
		for _, c := range u.Contacts {
			if c.ID == s.Contact {
				name = c.Name
			}
		}
		b := stepBody{After: s.After.String(), Contact: name}
		if h := s.Hours; h != nil {
			b.Hours = h.String()
		}
		out = append(out, b)
	}
	return out
}

func (v view) team(t *directory.Team) teamBody {
	out := teamBody{Edited: v.edited(directory.KindTeam, string(t.ID)), ID: string(t.ID), Name: t.Name, Members: []string{}}
	for _, m := range t.Members {
		if u, ok := v.Users[m]; ok {
			out.Members = append(out.Members, u.Email)
		}
	}
	return out
}

func (v view) channel(c *directory.Channel) channelBody {
	out := channelBody{
		Edited: v.edited(directory.KindChannel, string(c.ID)), ID: string(c.ID), Name: c.Name, Kind: c.Kind, To: v.kinds[c.Kind].Shown(c.To),
		Options: map[string]string{}, HasKey: c.Key != "",
	}
	maps.Copy(out.Options, c.Options)
	return out
}

func (v view) policy(p *escalation.Policy) policyBody {
	out := policyBody{Edited: v.edited(directory.KindPolicy, string(p.ID)), ID: string(p.ID), Version: p.Version, Name: p.Name, Repeat: p.Repeat, Default: p.ID == v.Settings.DefaultPolicy}
	for _, l := range p.Levels {
		b := levelBody{AckTimeout: l.AckTimeout.String(), Targets: v.targets(l.Targets)}
		if l.AckTimeoutLow > 0 {
			b.AckTimeoutLow = l.AckTimeoutLow.String()
		}
		out.Levels = append(out.Levels, b)
	}
	return out
}

func (v view) targets(list []escalation.Target) []targetBody {
	out := []targetBody{}
	for _, t := range list {
		out = append(out, targetBody{Kind: string(t.Kind), ID: t.ID, Name: v.targetName(t)})
	}
	return out
}

func (v view) targetName(t escalation.Target) string {
	switch t.Kind {
	case escalation.TargetUser:
		return v.Name(notification.Recipient{Kind: notification.ToUser, ID: t.ID})
	case escalation.TargetChannel:
		return v.Name(notification.Recipient{Kind: notification.ToChannel, ID: t.ID})
	case escalation.TargetTeam:
		if team, ok := v.Teams[id.Team(t.ID)]; ok {
			return team.Name
		}
	case escalation.TargetSchedule, escalation.TargetAdmins:
	}
	return ""
}

func (v view) service(s *directory.Service) serviceBody {
	out := serviceBody{
		Edited: v.edited(directory.KindService, string(s.ID)), ID: string(s.ID), Name: s.Name, Correlate: cmp.Or(string(s.Correlate.Mode), "service_env_severity"),
		Labels: s.Correlate.Labels, Channels: []string{}, Unclaimed: s.Unclaimed, Rules: rulesOf(s.Rules),
	}
	if t, ok := v.Teams[s.Team]; ok {
		out.Team = t.Name
	}
	if p, ok := v.Policies[v.Current[s.Policy]]; ok {
		out.Policy = p.Name
	}
	for _, c := range s.Channels {
		if ch, ok := v.Channels[c]; ok {
			out.Channels = append(out.Channels, ch.Name)
		}
	}
	return out
}

func (v view) integration(i *directory.Integration) integrationBody {
	return integrationBody{
		Edited: v.edited(directory.KindIntegration, string(i.ID)), ID: string(i.ID), Name: i.Name, Kind: string(i.Kind), RateLimit: i.RateLimit, Burst: i.Burst,
		Allow: append([]string{}, i.Allow...), Disabled: i.Disabled, Transform: i.Transform,
		Every: span(i.Every), Grace: span(i.Grace), FirstAt: maybe(v.heard[i.ID].First), LastAt: maybe(v.heard[i.ID].Last),
		Alertmanager: append([]string{}, i.API.URLs...), HasLogin: i.API.Login != "", CA: i.API.CA, Silence: i.API.Silence,
		ReadAt: maybe(v.looks[i.ID].Good), ReadError: v.looks[i.ID].Error,
	}
}

// span is a duration, empty where there is none.
func span(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

func (s *server) directoryRoutes(api huma.API) {
	users := collection(s, api, "user", func(v view) (out []userBody) {
		for _, u := range v.Users {
			out = append(out, v.user(u))
		}
		return out
	}, func(b userBody) (string, string) { return b.ID, b.Email })
	editable(s, api, directory.KindUser, users, userWish)
	teams := collection(s, api, "team", func(v view) (out []teamBody) {
		for _, t := range v.Teams {
			out = append(out, v.team(t))
		}
		return out
	}, func(b teamBody) (string, string) { return b.ID, b.Name })
	editable(s, api, directory.KindTeam, teams, teamWish)
	channels := collection(s, api, "channel", func(v view) (out []channelBody) {
		for _, c := range v.Channels {
			out = append(out, v.channel(c))
		}
		return out
	}, func(b channelBody) (string, string) { return b.ID, b.Name })
	editable(s, api, directory.KindChannel, channels, channelWish)
	policies := collection(s, api, "policy", func(v view) (out []policyBody) {
		for _, ref := range v.Current {
			out = append(out, v.policy(v.Policies[ref]))
		}
		return out
	}, func(b policyBody) (string, string) { return b.ID, b.Name })
	editable(s, api, directory.KindPolicy, policies, policyWish)
	services := collection(s, api, "service", func(v view) (out []serviceBody) {
		for _, x := range v.Services {
			out = append(out, v.service(x))
		}
		return out
	}, func(b serviceBody) (string, string) { return b.ID, b.Name })
	editable(s, api, directory.KindService, services, serviceWish)
	integrations := collection(s, api, "integration", func(v view) (out []integrationBody) {
		for _, i := range v.Integrations {
			out = append(out, v.integration(i))
		}
		return out
	}, func(b integrationBody) (string, string) { return b.ID, b.Name })
	editable(s, api, directory.KindIntegration, integrations, integrationWish)
	s.keyRoute(api, integrations)
	s.previewRoute(api)
	s.settingsRoutes(api)
	s.forecastRoute(api)
	s.resetRoute(api)
}

type linkBody struct {
	Path string `json:"path" doc:"To open in a browser; it works once, for 24 hours" example:"/password?token=…"`
}

func (s *server) resetRoute(api huma.API) {
	handle(s, api, route{
		Method: "POST", Path: "/api/v1/users/{name}/password-link", ID: "create-password-link", Tag: "Access",
		Summary: "Make a one-time link by which a user chooses a password", Needs: directory.Admin, Status: http.StatusCreated,
	}, func(ctx context.Context, by directory.Principal, in *nameInput) (*body[linkBody], error) {
		secret, err := s.d.Access.ResetUser.Do(ctx, by, in.Name)
		return answer(linkBody{Path: "/password?token=" + secret}, err)
	})
}
