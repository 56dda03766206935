package httpapi

import (
	"context"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

type forecastBody struct {
	Service  string      `json:"service,omitempty" maxLength:"200" doc:"Id or name: its rules and channels count"`
	Policy   string      `json:"policy,omitempty" maxLength:"200" doc:"Id or name; with a draft, the one that it would change"`
	Draft    *policyEdit `json:"draft,omitempty" doc:"A policy that is not saved"`
	Severity string      `json:"severity" enum:"critical,error,warning,info,none"`
	At       time.Time   `json:"at,omitempty" doc:"Now, where it is left out"`
}

type callBody struct {
	At      time.Time `json:"at"`
	After   float64   `json:"after_seconds" doc:"Since the alert"`
	Level   int       `json:"level" doc:"0: the fallback, or a channel that is told"`
	Walk    int       `json:"walk" doc:"1: the first time through the levels"`
	Kind    string    `json:"kind" enum:"user,channel"`
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	By      string    `json:"by" doc:"The kind of channel"`
	Contact string    `json:"contact,omitempty" doc:"The name of the person's contact"`
	Waits   bool      `json:"waits_for_hours" doc:"By the person's own hours"`
	Page    bool      `json:"page" doc:"It asks for an answer; else it only tells"`
}

type gapBody struct {
	At    time.Time `json:"at"`
	After float64   `json:"after_seconds"`
	What  string    `json:"what"`
}

type forecastAnswer struct {
	At        time.Time  `json:"at"`
	Calls     []callBody `json:"calls" doc:"In order of time, if nobody answers"`
	Missed    []gapBody  `json:"missed" doc:"Levels that mean nobody who can be reached"`
	Exhausted *float64   `json:"exhausted_after_seconds" doc:"When the policy ends; then the fallback is reminded"`
	Remind    float64    `json:"remind_every_seconds"`
}

func (s *server) forecastRoute(api huma.API) {
	handle(s, api, route{
		Method: "POST", Path: "/api/v1/forecast", ID: "forecast", Tag: "Directory", Needs: directory.Viewer,
		Summary: "Say who would be woken by an alert, when and how, if nobody answers; also by a policy that is not saved",
	}, func(ctx context.Context, by directory.Principal, in *newInput[forecastBody]) (*body[forecastAnswer], error) {
		sev, err := alert.ParseSeverity(in.Body.Severity)
		if err != nil {
			return nil, err
		}
		q := admin.Question{Service: in.Body.Service, Policy: in.Body.Policy, Severity: sev, At: in.Body.At}
		if d := in.Body.Draft; d != nil {
			var w wishes
			name := "the draft"
			if d.Name == nil || strings.TrimSpace(*d.Name) == "" {
				d.Name = &name
			}
			desired := policyWish(&w, d)
			if err := w.Err(); err != nil {
				return nil, err
			}
			q.Draft = &desired.Policies[0]
		}
		f, err := s.d.Access.Foresee.Do(ctx, by, q)
		if err != nil {
			return nil, err
		}
		return answer(forecastOf(f), nil)
	})
}

func forecastOf(f admin.Answered) forecastAnswer {
	after := func(t time.Time) float64 { return t.Sub(f.At).Seconds() }
	out := forecastAnswer{At: f.At, Calls: []callBody{}, Missed: []gapBody{}, Remind: f.RemindEvery.Seconds()}
	for _, c := range f.Calls {
		b := callBody{
			At: c.At, After: after(c.At), Level: c.Level, Walk: c.Walk, Kind: string(c.Who.Kind), ID: c.Who.ID, Name: c.Name, By: c.Kind,
			Waits: c.Waits, Page: c.Purpose == notification.PurposePage,
		}
		if contact, ok := strings.CutPrefix(string(c.Lane), "contact:"); ok {
			if known, _, ok := f.People.ContactOf(id.Contact(contact)); ok {
				b.Contact = known.Name
			}
		}
		out.Calls = append(out.Calls, b)
	}
	for _, m := range f.Missed {
		out.Missed = append(out.Missed, gapBody{m.At, after(m.At), m.Text})
	}
	if !f.ExhaustedAt.IsZero() {
		a := after(f.ExhaustedAt)
		out.Exhausted = &a
	}
	return out
}
