package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

type newInput[E any] struct {
	Body E
}

type editInput[E any] struct {
	Name  string `path:"name" doc:"Its id or its name (a user's email address)" maxLength:"254"`
	Since int64  `query:"edition" doc:"The edition that the change began from: where there is another by now, it is refused with 409. Left out: whatever it is"`
	Body  E
}

type dependentBody struct {
	Kind   string `json:"kind" enum:"user,team,channel,policy,service,integration,settings,incident"`
	Name   string `json:"name,omitempty"`
	What   string `json:"what" doc:"What it needs the entity for, or what becomes of it"`
	Blocks bool   `json:"blocks" doc:"The entity cannot be deleted before this is mended"`
}

type dependentList struct {
	Dependents []dependentBody `json:"dependents"`
}

// keyed is an answer that can carry the key of a new integration.
type keyed interface{ withKey(key string) }

func (b *integrationBody) withKey(key string) { b.Key = key }

// editable registers making, changing and deleting of one kind of entity, and what depends on one.
func editable[E, T any](s *server, api huma.API, kind directory.Kind, read show[T], wish func(w *wishes, e *E) admin.Desired) {
	what, path := string(kind), pathOf(string(kind))
	plural := strings.TrimPrefix(path, "/api/v1/")
	save := func(ctx context.Context, by directory.Principal, of admin.Ref, e *E) (*body[T], error) {
		// First the right to ask: what is wrong with a wish is nobody else's business.
		if err := by.Require(leastToEdit(kind, of.Name)); err != nil {
			return nil, err
		}
		var w wishes
		desired := wish(&w, e)
		if err := w.Err(); err != nil {
			return nil, err
		}
		done, err := s.d.Access.Edit.Do(ctx, by, admin.Wish{Desired: desired, Of: &of})
		if err != nil {
			return nil, err
		}
		out, err := read(ctx, by, done.ID)
		if k, ok := any(&out).(keyed); ok {
			k.withKey(done.Key)
		}
		return answer(out, err)
	}
	handle(s, api, route{Method: "POST", Path: path, ID: "create-" + what, Summary: "Make one of the " + plural, Tag: "Directory", Needs: directory.Admin, Status: http.StatusCreated},
		func(ctx context.Context, by directory.Principal, in *newInput[E]) (*body[T], error) {
			return save(ctx, by, admin.Ref{Kind: kind}, &in.Body)
		})
	handle(s, api, route{
		Method: "PATCH", Path: path + "/{name}", ID: "edit-" + what, Summary: "Change one of the " + plural + ": what is left out stays as it is",
		Tag: "Directory", Needs: leastToEdit(kind, "one"),
	}, func(ctx context.Context, by directory.Principal, in *editInput[E]) (*body[T], error) {
		return save(ctx, by, admin.Ref{Kind: kind, Name: in.Name, Since: in.Since}, &in.Body)
	})
	removable(s, api, kind)
}

// leastToEdit is the least role: whoever it is may change themselves.
func leastToEdit(kind directory.Kind, ref string) directory.Role {
	if kind == directory.KindUser && ref != "" {
		return directory.Viewer
	}
	return directory.Admin
}

func removable(s *server, api huma.API, kind directory.Kind) {
	what, path := string(kind), pathOf(string(kind))
	plural := strings.TrimPrefix(path, "/api/v1/")
	handle(s, api, route{
		Method: "GET", Path: path + "/{name}/dependents", ID: "list-" + what + "-dependents", Tag: "Directory", Needs: directory.Viewer,
		Summary: "Say what depends on one of the " + plural + ": what speaks against deleting it, and what would become of the rest",
	}, func(ctx context.Context, by directory.Principal, in *nameInput) (*body[dependentList], error) {
		list, err := s.d.Access.Remove.Ask(ctx, by, admin.Ref{Kind: kind, Name: in.Name})
		out := dependentList{Dependents: []dependentBody{}}
		for _, d := range list {
			out.Dependents = append(out.Dependents, dependentBody{string(d.Kind), d.Name, d.What, d.Blocks})
		}
		return answer(out, err)
	})
	handle(s, api, route{
		Method: "DELETE", Path: path + "/{name}", ID: "delete-" + what, Summary: "Delete one of the " + plural + ", where no page would fall through the hole",
		Tag: "Directory", Needs: directory.Admin, Status: http.StatusNoContent,
	}, func(ctx context.Context, by directory.Principal, in *nameInput) (*struct{}, error) {
		return nil, s.d.Access.Remove.Do(ctx, by, admin.Ref{Kind: kind, Name: in.Name})
	})
}

func (s *server) keyRoute(api huma.API, read show[integrationBody]) {
	handle(s, api, route{
		Method: "POST", Path: "/api/v1/integrations/{name}/key", ID: "rotate-integration-key", Tag: "Directory", Needs: directory.Admin,
		Summary: "Give an integration a new key, shown this once: the old one is refused from then on",
	}, func(ctx context.Context, by directory.Principal, in *nameInput) (*body[integrationBody], error) {
		key, err := s.d.Access.RotateKey.Do(ctx, by, in.Name)
		if err != nil {
			return nil, err
		}
		out, err := read(ctx, by, in.Name)
		out.Key = key
		return answer(out, err)
	})
}

type settingsBody struct {
	Edited
	DefaultPolicy string       `json:"default_policy" doc:"The policy's name; it pages for services that name none"`
	Fallback      []targetBody `json:"fallback" doc:"Who is told where a policy ends without an answer; empty: all admins"`
	PublicURL     string       `json:"public_url" doc:"Where people and sources reach this server; set where it is started"`
	MailDomain    string       `json:"mail_domain" doc:"The domain at which this server takes mail as alerts, KEY@domain; empty: it takes none. Set where it is started"`
}

type settingsInput struct {
	Since int64 `query:"edition" doc:"The edition that the change began from"`
	Body  settingsEdit
}

type settingsEdit struct {
	DefaultPolicy *string      `json:"default_policy,omitempty" maxLength:"254" doc:"A policy's name or id"`
	Fallback      []targetBody `json:"fallback,omitempty" maxItems:"50"`
}

func (s *server) settingsRoutes(api huma.API) {
	read := func(ctx context.Context, by directory.Principal) (*body[settingsBody], error) {
		snap, err := s.d.Access.Directory.Do(ctx, by)
		if err != nil {
			return nil, err
		}
		v := view{Snapshot: snap}
		out := settingsBody{Edited: v.edited(directory.KindSettings, ""), Fallback: v.targets(snap.Settings.Fallback), PublicURL: s.d.Config.PublicURL, MailDomain: s.d.Config.MailDomain}
		if p, ok := snap.Policies[snap.Current[snap.Settings.DefaultPolicy]]; ok {
			out.DefaultPolicy = p.Name
		}
		return answer(out, nil)
	}
	handle(s, api, route{Method: "GET", Path: "/api/v1/settings", ID: "show-settings", Summary: "Show the installation's settings", Tag: "Directory", Needs: directory.Viewer},
		func(ctx context.Context, by directory.Principal, _ *struct{}) (*body[settingsBody], error) {
			return read(ctx, by)
		})
	handle(s, api, route{Method: "PATCH", Path: "/api/v1/settings", ID: "edit-settings", Summary: "Change the installation's settings: what is left out stays as it is", Tag: "Directory", Needs: directory.Admin},
		func(ctx context.Context, by directory.Principal, in *settingsInput) (*body[settingsBody], error) {
			if err := by.Require(directory.Admin); err != nil {
				return nil, err
			}
			var w wishes
			d := admin.DesiredSettings{DefaultPolicy: opt("default_policy", in.Body.DefaultPolicy)}
			if in.Body.Fallback != nil {
				d.Fallback = admin.Opt[[]admin.DesiredTarget]{Value: w.targets("fallback", in.Body.Fallback), Set: true}
			}
			if err := w.Err(); err != nil {
				return nil, err
			}
			if err := s.d.Access.ChangeSettings.Do(ctx, by, d, in.Since); err != nil {
				return nil, err
			}
			return read(ctx, by)
		})
	handle(s, api, route{Method: "GET", Path: "/api/v1/channel-kinds", ID: "list-channel-kinds", Summary: "List the kinds of contacts and channels", Tag: "Directory", Needs: directory.Viewer},
		func(_ context.Context, by directory.Principal, _ *struct{}) (*body[kindList], error) {
			if err := by.Require(directory.Viewer); err != nil {
				return nil, err
			}
			return answer(s.kinds(), nil)
		})
	handle(s, api, route{Method: "POST", Path: "/api/v1/channel-kinds/{name}/preview", ID: "preview-channel", Summary: "See what a made-up incident looks like by a kind of channel, with these options", Tag: "Directory", Needs: directory.Admin},
		s.previewChannel)
	handle(s, api, route{Method: "POST", Path: "/api/v1/quarantine/dismiss", ID: "dismiss-quarantined", Summary: "Remove from quarantine what somebody has looked at", Tag: "Intake", Needs: directory.Admin},
		func(ctx context.Context, by directory.Principal, in *newInput[dismissBody]) (*body[dismissedBody], error) {
			n, err := s.d.Access.Dismiss.Do(ctx, by, in.Body.IDs)
			return answer(dismissedBody{n}, err)
		})
}

// previewChannel shows what options make of a made-up incident.
func (s *server) previewChannel(_ context.Context, by directory.Principal, in *shownInput) (*body[shownBody], error) {
	if err := by.Require(directory.Admin); err != nil {
		return nil, err
	}
	kind, ok := s.d.Access.Apply.Channels[in.Name]
	if !ok || kind.Preview == nil {
		return nil, fault.NotFound("preview", in.Name)
	}
	text, err := kind.Preview(in.Body.Options)
	if err != nil {
		return nil, fault.Invalid("channel.option", "%s", err)
	}
	return answer(shownBody{text}, nil)
}

type shownInput struct {
	Name string `path:"name" maxLength:"50"`
	Body struct {
		Options map[string]string `json:"options"`
	}
}

type shownBody struct {
	Text string `json:"text"`
}

type dismissBody struct {
	IDs []string `json:"ids" minItems:"1" maxItems:"500"`
}

type dismissedBody struct {
	Dismissed int `json:"dismissed"`
}

type kindBody struct {
	Kind     string `json:"kind"`
	Label    string `json:"label"`
	Personal bool   `json:"personal" doc:"It may be a person's contact"`
	Shared   bool   `json:"shared" doc:"It may be a channel"`
	Sendable bool   `json:"sendable" doc:"This server can send by it"`
	Hint     string `json:"hint" doc:"What its address is called"`
	Device   bool   `json:"device" doc:"A device gives its address by itself: nobody types one"`
	Form     string `json:"form" doc:"What its address looks like"`

	Providers []providerBody `json:"providers" doc:"Who sends by it, the first choice first; empty where there is one way only"`

	Answers Answers `json:"answers,omitempty" enum:"asked,called" doc:"How what people answer there comes in: asked, this server asks for it, and nothing needs to reach it; called, the provider calls the public address. Left out: by links and this UI only"`

	Options []optionBody `json:"options"`
	Key     string       `json:"key,omitempty" doc:"What its key is called; left out: it has none"`
	Preview bool         `json:"preview" doc:"It shows what a made-up incident looks like"`
}

// Answers says how what people answer by a kind of channel comes in.
type Answers string

// The ways of answers; "" is by links and the UI alone.
const (
	AnswersAsked  Answers = "asked"  // we ask for them, or hold a connection: nothing needs to reach us
	AnswersCalled Answers = "called" // the provider calls our public address
)

type providerBody struct {
	Name    string     `json:"name"`
	Failing bool       `json:"failing" doc:"Others are asked first, by this server"`
	Since   *time.Time `json:"since" doc:"That it fails"`
	Error   string     `json:"error" doc:"Its last error, in words; it may be well since"`
}

type optionBody struct {
	Name  string `json:"name"`
	Label string `json:"label"`
	Hint  string `json:"hint"`
	Long  bool   `json:"long" doc:"A text of several lines"`
}

type kindList struct {
	Kinds []kindBody `json:"kinds"`
}

func (s *server) kinds() kindList {
	out := kindList{Kinds: []kindBody{}}
	for _, name := range slices.Sorted(maps.Keys(s.d.Access.Apply.Channels)) {
		d := s.d.Access.Apply.Channels[name]
		var address struct{ Title, Description string }
		_ = json.Unmarshal(d.Address, &address) // ours; without a title it has none
		kind := kindBody{
			Kind: d.Kind, Label: d.Label, Personal: d.Personal, Shared: d.Shared, Sendable: s.d.Access.CanSend(name),
			Hint: cmp.Or(address.Title, "Address"), Device: d.Device, Form: address.Description,
			Options: []optionBody{}, Key: d.Key, Preview: d.Preview != nil, Providers: []providerBody{},
		}
		if s.d.Access.Answers != nil && kind.Sendable {
			kind.Answers = s.d.Access.Answers(name)
		}
		if s.d.Access.Health != nil {
			for _, h := range s.d.Access.Health(name) {
				kind.Providers = append(kind.Providers, providerBody{h.Name, h.Failing, maybe(h.Since), h.Error})
			}
		}
		for _, o := range d.Options {
			kind.Options = append(kind.Options, optionBody(o))
		}
		out.Kinds = append(out.Kinds, kind)
	}
	return out
}
