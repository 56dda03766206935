package httpapi

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// Work is what people do with incidents besides answering them.
type Work struct {
	Snooze       respond.Snooze
	TakeOver     respond.TakeOver
	PassOn       respond.PassOn
	Reassign     respond.Reassign
	EscalateNow  respond.EscalateNow
	AddResponder respond.AddResponder
	StopPaging   respond.StopPaging
	Reopen       respond.Reopen
	SetPriority  respond.SetPriority
	AddNote      respond.AddNote
	Merge        respond.Merge
	PageNow      respond.PageNow
}

// WorkOver makes all of it of what the use cases stand on.
func WorkOver(d respond.Deps) Work {
	return Work{
		Snooze: respond.Snooze{Deps: d}, TakeOver: respond.TakeOver{Deps: d}, PassOn: respond.PassOn{Deps: d}, Reassign: respond.Reassign{Deps: d},
		EscalateNow: respond.EscalateNow{Deps: d}, AddResponder: respond.AddResponder{Deps: d}, StopPaging: respond.StopPaging{Deps: d},
		Reopen: respond.Reopen{Deps: d}, SetPriority: respond.SetPriority{Deps: d}, AddNote: respond.AddNote{Deps: d},
		Merge: respond.Merge{Deps: d}, PageNow: respond.PageNow{Deps: d},
	}
}

type whomBody struct {
	User string `json:"user,omitempty" maxLength:"200" doc:"Id or email address"`
	Team string `json:"team,omitempty" maxLength:"200" doc:"Id or name"`
}

func (b *whomBody) whom() respond.Whom {
	if b == nil {
		return respond.Whom{}
	}
	return respond.Whom{User: b.User, Team: b.Team}
}

// UntilBody is embedded: huma looks only at exported names.
type UntilBody struct {
	Until   time.Time `json:"until,omitempty" doc:"A moment within the next 30 days"`
	Minutes int       `json:"minutes,omitempty" minimum:"0" maximum:"43200" doc:"Or so many minutes from now"`
}

func (b UntilBody) until() respond.Until {
	return respond.Until{At: b.Until, For: time.Duration(b.Minutes) * time.Minute}
}

type snoozeInput struct {
	ID   string `path:"id" doc:"The incident's id or number" maxLength:"64"`
	Body struct {
		UntilBody
		Note string `json:"note,omitempty" maxLength:"2000"`
	}
}

type toInput struct {
	ID   string `path:"id" doc:"The incident's id or number" maxLength:"64"`
	Body *struct {
		To   *whomBody `json:"to,omitempty" doc:"A person or a team"`
		Note string    `json:"note,omitempty" maxLength:"2000"`
	}
}

func (in *toInput) said() (to respond.Whom, note string) {
	if in.Body == nil {
		return to, ""
	}
	return in.Body.To.whom(), in.Body.Note
}

type priorityInput struct {
	ID   string `path:"id" doc:"The incident's id or number" maxLength:"64"`
	Body struct {
		Priority string `json:"priority" enum:"P1,P2,P3,P4,P5," doc:"Empty for none"`
	}
}

type mergeInput struct {
	ID   string `path:"id" doc:"The incident's id or number" maxLength:"64"`
	Body struct {
		With []ref  `json:"with" minItems:"1" maxItems:"49"`
		Note string `json:"note,omitempty" maxLength:"2000"`
	}
}

type bulkInput struct {
	Body struct {
		Do  string `json:"do" enum:"acknowledge,resolve,snooze,take-over,pass-on,reopen,set-priority"`
		IDs []ref  `json:"ids" minItems:"1" maxItems:"500"`
		UntilBody
		To       *whomBody `json:"to,omitempty" doc:"To whom is passed on: a person or a team"`
		Priority string    `json:"priority,omitempty"`
		Note     string    `json:"note,omitempty" maxLength:"2000"`
	}
}

type pageInput struct {
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"The same for every attempt to send it: it pages once"`
	Body struct {
		Title    string     `json:"title" doc:"What is wrong" maxLength:"800"`
		Text     string     `json:"text,omitempty" maxLength:"2000"`
		Service  string     `json:"service,omitempty" maxLength:"200" doc:"Name; without one the default policy goes on after whom you page"`
		Severity string     `json:"severity,omitempty" doc:"warning, error or critical, which is the default"`
		Priority string     `json:"priority,omitempty"`
		To       []whomBody `json:"to" minItems:"1" maxItems:"20"`
	}
}

func (s *server) workRoutes(api huma.API) {
	w := s.d.Incidents.Work
	s.noted(api, "take-over", "Make an incident yours, whoever owns it", w.TakeOver.Do)
	s.noted(api, "escalate", "Page the next level now", w.EscalateNow.Do)
	s.noted(api, "reopen", "Reopen what is resolved, or give back what is acknowledged", w.Reopen.Do)
	s.noted(api, "note", "Write on an incident's timeline", w.AddNote.Do)
	s.noted(api, "stop-paging", "Get no more pages of an incident that you were asked to help with",
		func(ctx context.Context, by directory.Principal, refs []string, _ string) ([]respond.Result, error) {
			return w.StopPaging.Do(ctx, by, refs)
		})
	s.toSomebody(api, "pass-on", "Say \"not me\": to whom is named, else the next level is paged now", w.PassOn.Do)
	s.toSomebody(api, "reassign", "Start a round whose first level is whom is named", w.Reassign.Do)
	s.toSomebody(api, "responders", "Page somebody additionally", w.AddResponder.Do)
	handle(s, api, verb("snooze", "Let an incident wait: acknowledged until a moment"),
		func(ctx context.Context, by directory.Principal, in *snoozeInput) (*body[results], error) {
			return single(w.Snooze.Do(ctx, by, []string{in.ID}, in.Body.until(), in.Body.Note))
		})
	handle(s, api, verb("priority", "Say how much an incident matters"),
		func(ctx context.Context, by directory.Principal, in *priorityInput) (*body[results], error) {
			return single(w.SetPriority.Do(ctx, by, []string{in.ID}, in.Body.Priority))
		})
	handle(s, api, verb("merge", "Make one of several incidents: the most severe, then the oldest goes on"),
		func(ctx context.Context, by directory.Principal, in *mergeInput) (*body[results], error) {
			list, err := w.Merge.Do(ctx, by, append([]string{in.ID}, texts(in.Body.With)...), in.Body.Note)
			return answer(resultsOf(list), err)
		})
	s.manyRoutes(api)
}

// manyRoutes are about no incident that there is, or about several.
func (s *server) manyRoutes(api huma.API) {
	handle(s, api, route{
		Method: "POST", Path: "/api/v1/incidents", ID: "page-now", Tag: "Incidents", Needs: directory.Responder, Status: 201,
		Summary: "Page people or teams now: opens an incident without an alert",
	}, func(ctx context.Context, by directory.Principal, in *pageInput) (*body[resultBody], error) {
		p := respond.Page{Title: in.Body.Title, Text: in.Body.Text, Service: in.Body.Service, Severity: in.Body.Severity, Priority: in.Body.Priority, Key: in.Key}
		for _, to := range in.Body.To {
			p.To = append(p.To, to.whom())
		}
		r, err := s.d.Incidents.Work.PageNow.Do(ctx, by, p)
		return answer(resultOf(&r), err)
	})
	handle(s, api, route{
		Method: "POST", Path: "/api/v1/incidents/bulk", ID: "change-incidents", Tag: "Incidents", Needs: directory.Responder,
		Summary: "Do the same with several incidents, each its own decision",
	}, s.bulk)
}

func (s *server) bulk(ctx context.Context, by directory.Principal, in *bulkInput) (*body[results], error) {
	i, refs := s.d.Incidents, texts(in.Body.IDs)
	var list []respond.Result
	var err error
	switch in.Body.Do {
	case "acknowledge":
		list, err = i.Acknowledge(ctx, by, refs, in.Body.Note)
	case "resolve":
		list, err = i.Resolve(ctx, by, refs, in.Body.Note)
	case "snooze":
		list, err = i.Work.Snooze.Do(ctx, by, refs, in.Body.until(), in.Body.Note)
	case "take-over":
		list, err = i.Work.TakeOver.Do(ctx, by, refs, in.Body.Note)
	case "pass-on":
		list, err = i.Work.PassOn.Do(ctx, by, refs, in.Body.To.whom(), in.Body.Note)
	case "reopen":
		list, err = i.Work.Reopen.Do(ctx, by, refs, in.Body.Note)
	case "set-priority":
		list, err = i.Work.SetPriority.Do(ctx, by, refs, in.Body.Priority)
	default:
		err = fault.Invalid("request.invalid", "%q is nothing to do with incidents", in.Body.Do).At("do")
	}
	return answer(resultsOf(list), err)
}

func verb(path, summary string) route {
	return route{Method: "POST", Path: "/api/v1/incidents/{id}/" + path, ID: path + "-incident", Tag: "Incidents", Needs: directory.Responder, Summary: summary}
}

// noted registers a verb that takes nothing but a note.
func (s *server) noted(api huma.API, path, summary string, do respondFunc) {
	handle(s, api, verb(path, summary), func(ctx context.Context, by directory.Principal, in *noteInput) (*body[results], error) {
		note := ""
		if in.Body != nil {
			note = in.Body.Note
		}
		return single(do(ctx, by, []string{in.ID}, note))
	})
}

// toSomebody registers a verb that takes a person or a team.
func (s *server) toSomebody(api huma.API, path, summary string, do func(context.Context, directory.Principal, []string, respond.Whom, string) ([]respond.Result, error)) {
	handle(s, api, verb(path, summary), func(ctx context.Context, by directory.Principal, in *toInput) (*body[results], error) {
		to, note := in.said()
		return single(do(ctx, by, []string{in.ID}, to, note))
	})
}

func texts(refs []ref) []string {
	out := make([]string, len(refs))
	for i, r := range refs {
		out[i] = string(r)
	}
	return out
}
