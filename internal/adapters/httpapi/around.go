package httpapi

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

type toldBody struct {
	Kind string   `json:"kind" enum:"user,channel"`
	ID   string   `json:"id"`
	Name string   `json:"name"`
	By   []string `json:"by" doc:"Kinds of channels, in the order of the person's rules"`
}

type nextBody struct {
	At    time.Time  `json:"at"`
	What  string     `json:"what" enum:"escalate,hold,repage,reminder,retry,ack_remind,ack_expire,grace,snooze,suppress_end" doc:"What ends or is due then"`
	Level int        `json:"level" doc:"That is paged then; 0 for none of the levels"`
	Who   []toldBody `json:"who" doc:"Is paged or told then, as far as is known now"`
}

type responderBody struct {
	ID       string     `json:"id" doc:"The user's"`
	Name     string     `json:"name"`
	AddedBy  string     `json:"added_by"`
	AddedAt  time.Time  `json:"added_at"`
	Answered *time.Time `json:"answered_at" doc:"When they answered, wanted no more pages, or it was resolved"`
}

type otherBody struct {
	ID     string `json:"id"`
	Number int64  `json:"number"`
}

// WorkBody is embedded, and so exported: it is what an incident says of the work on it.
type WorkBody struct {
	Priority     string          `json:"priority" enum:",P1,P2,P3,P4,P5" doc:"As people set it; empty where nobody has"`
	Manual       bool            `json:"manual" doc:"A person opened it: only people resolve it"`
	SnoozedUntil *time.Time      `json:"snoozed_until"`
	Silence      *silenceBody    `json:"silence" doc:"That mutes alerts of it where they come from; of several, the one that ends first"`
	Responders   []responderBody `json:"responders" doc:"People who were asked to help"`
	MergedInto   *otherBody      `json:"merged_into" doc:"Where it goes on; what is done with this one is done with that one"`
	Merged       []otherBody     `json:"merged" doc:"What goes on in it"`
	Paging       []toldBody      `json:"paging" doc:"Whose answer is waited for"`
	Next         *nextBody       `json:"next" doc:"What comes next where nobody does anything"`
}

type silenceBody struct {
	By      string    `json:"by"`
	Until   time.Time `json:"until"`
	Comment string    `json:"comment"`
	Alerts  int       `json:"alerts" doc:"How many of those that fire are silenced"`
	All     bool      `json:"all" doc:"It is open and all that fires is silenced: nobody is paged meanwhile"`
}

func workOf(s *incident.State, o *incident.Outlook) WorkBody {
	out := WorkBody{Priority: s.Priority.String(), Manual: s.Manual, Responders: []responderBody{}, Merged: []otherBody{}, Paging: tolds(o.Now)}
	if s.Snoozed() {
		out.SnoozedUntil = &s.SnoozedUntil
	}
	if n := o.Silenced; n > 0 && s.Status != incident.Resolved() {
		out.Silence = &silenceBody{o.Silence.By, o.Silence.Until, o.Silence.Comment, n, s.Suppressed}
	}
	for _, r := range s.Responders {
		out.Responders = append(out.Responders, responderBody{r.Who.ID, r.Name, r.By.Name, r.At, maybe(r.Done)})
	}
	if s.MergedInto.Number != 0 {
		out.MergedInto = &otherBody{s.MergedInto.ID, int64(s.MergedInto.Number)}
	}
	for _, m := range s.Merged {
		out.Merged = append(out.Merged, otherBody{m.ID, int64(m.Number)})
	}
	if n := o.Next; n.Kind != "" {
		out.Next = &nextBody{n.At, string(n.Kind), n.Level, tolds(n.Who)}
	}
	return out
}

func tolds(list []incident.Told) []toldBody {
	out := []toldBody{}
	for _, t := range list {
		by := t.Kinds
		if by == nil {
			by = []string{}
		}
		out = append(out, toldBody{string(t.Who.Kind), t.Who.ID, t.Name, by})
	}
	return out
}

type pastBody struct {
	ID         string     `json:"id"`
	Number     int64      `json:"number"`
	Title      string     `json:"title"`
	Status     string     `json:"status" enum:"open,acknowledged,resolved"`
	OpenedAt   time.Time  `json:"opened_at"`
	ResolvedAt *time.Time `json:"resolved_at"`
	ResolvedBy *actorBody `json:"resolved_by"`
	Assignee   string     `json:"assignee"`
}

type similarBody struct {
	Count     int        `json:"count" doc:"Incidents of the same service that the same alert opened, in 30 days, this one left out"`
	Truncated bool       `json:"truncated" doc:"There are more than 1000: the newest are counted"`
	Healed    int        `json:"healed" doc:"Ended by themselves before anybody acknowledged"`
	Answered  int        `json:"answered" doc:"Ended by themselves after somebody had acknowledged"`
	ByPeople  int        `json:"resolved_by_people"`
	Merged    int        `json:"merged"`
	Median    *float64   `json:"median_seconds" doc:"From opened to resolved; null where none is over"`
	Newest    []pastBody `json:"newest" doc:"At most 10"`
}

type shareBody struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Alerts int    `json:"alerts" doc:"That have it"`
}

type stormBody struct {
	Incidents int         `json:"incidents" doc:"Unresolved ones of the storm; 0: there is none"`
	Services  int         `json:"services"`
	Began     *time.Time  `json:"began"`
	Newest    *time.Time  `json:"newest" doc:"When the last one was opened"`
	First     *firstBody  `json:"first"`
	Alerts    int         `json:"alerts" doc:"That fire in it"`
	Shares    []shareBody `json:"shares" doc:"Labels that more than half of them share, most first"`
}

type firstBody struct {
	Number  int64     `json:"number"`
	Service string    `json:"service"`
	Title   string    `json:"title"`
	At      time.Time `json:"at"`
}

func similarOf(p *insight.SimilarPast) similarBody {
	out := similarBody{
		Count: p.Count, Truncated: p.Truncated, Healed: p.Healed, Answered: p.Answered, ByPeople: p.ByPeople, Merged: p.Merged, Newest: []pastBody{},
	}
	if p.Median > 0 {
		seconds := p.Median.Seconds()
		out.Median = &seconds
	}
	for i := range p.Newest {
		n := &p.Newest[i]
		out.Newest = append(out.Newest, pastBody{
			n.ID, int64(n.Number), n.Title, n.Status.String(), n.OpenedAt, maybe(n.ResolvedAt), actorOf(n.ResolvedBy), n.Assignee.Name,
		})
	}
	return out
}

func stormOf(c *insight.StormCard) stormBody {
	out := stormBody{Incidents: c.Incidents, Services: c.Services, Alerts: c.Alerts, Began: maybe(c.Began), Newest: maybe(c.Newest), Shares: []shareBody{}}
	if c.Incidents > 0 {
		out.First = &firstBody{int64(c.First.Number), c.Service, c.Title, c.First.At}
	}
	for _, s := range c.Shares {
		out.Shares = append(out.Shares, shareBody{s.Name, s.Value, s.Alerts})
	}
	return out
}

func (s *server) aroundRoutes(api huma.API) {
	handle(s, api, route{
		Method: "GET", Path: "/api/v1/incidents/{id}/similar", ID: "show-similar-incidents", Tag: "Incidents", Needs: directory.Viewer,
		Summary: "Show how often something like it happened in 30 days, and how that ended",
	}, func(ctx context.Context, by directory.Principal, in *idInput) (*body[similarBody], error) {
		past, err := s.d.Incidents.Similar.Do(ctx, by, in.ID)
		return answer(similarOf(&past), err)
	})
	handle(s, api, route{
		Method: "GET", Path: "/api/v1/storm", ID: "show-storm", Tag: "Incidents", Needs: directory.Viewer,
		Summary: "Show whether more than 10 incidents opened within 5 minutes and are unresolved, and what their alerts share",
	}, func(ctx context.Context, by directory.Principal, _ *struct{}) (*body[stormBody], error) {
		card, err := s.d.Incidents.Storm.Do(ctx, by)
		return answer(stormOf(&card), err)
	})
}

// ahead gives incidents on the wire, with what comes next for each.
func (s *server) ahead(ctx context.Context, states []incident.State) ([]incidentBody, error) {
	out := make([]incidentBody, 0, len(states))
	looks, err := s.d.Incidents.LookAhead.Do(ctx, states)
	if err != nil {
		return out, err
	}
	for i := range states {
		b := incidentOf(&states[i])
		b.WorkBody = workOf(&states[i], &looks[i])
		out = append(out, b)
	}
	return out, nil
}
