package httpapi

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// Figures says how a time was.
type Figures struct {
	Measure    insight.Measure
	CountPages insight.CountPages
}

type figureInput struct {
	Since       time.Time `query:"since" doc:"Opened at or after; four weeks before until where it is left out"`
	Until       time.Time `query:"until" doc:"Opened before; now where it is left out. At most 1100 days after since"`
	Zone        string    `query:"zone" maxLength:"64" doc:"IANA name of the zone in which days and hours are; UTC where it is left out" example:"Europe/Madrid"`
	Service     string    `query:"service" doc:"Name or id"`
	Team        string    `query:"team" doc:"Name or id"`
	Environment string    `query:"environment"`
	Severity    string    `query:"severity"`
}

func (in *figureInput) query() insight.FigureQuery {
	return insight.FigureQuery{
		Since: in.Since, Until: in.Until, Zone: in.Zone, Service: in.Service, Team: in.Team, Environment: in.Environment, Severity: in.Severity,
	}
}

type spreadBody struct {
	Of  int     `json:"of" doc:"How many incidents it is of"`
	P50 float64 `json:"p50_seconds" doc:"Half took at most this long"`
	P90 float64 `json:"p90_seconds" doc:"Nine of ten took at most this long"`
}

func spreadOf(s insight.Spread) spreadBody {
	return spreadBody{s.Of, s.P50.Seconds(), s.P90.Seconds()}
}

// TallyBody is embedded: huma looks only at exported names.
type TallyBody struct {
	Incidents    int        `json:"incidents"`
	Open         int        `json:"open"`
	Acknowledged int        `json:"acknowledged"`
	Resolved     int        `json:"resolved"`
	Answered     int        `json:"answered" doc:"A person ever acknowledged or resolved it"`
	Healed       int        `json:"healed" doc:"Over, and no person ever answered"`
	ToAnswer     spreadBody `json:"to_acknowledge" doc:"From the opening to the first acknowledgement, of those that were acknowledged"`
	ToResolve    spreadBody `json:"to_resolve" doc:"From the opening to the end, of those that are over"`
}

func tallyOf(t *insight.Tally) TallyBody {
	return TallyBody{t.Incidents, t.Open, t.Acknowledged, t.Resolved, t.Answered, t.Healed, spreadOf(t.ToAnswer), spreadOf(t.ToResolve)}
}

type dayBody struct {
	Date     string `json:"date" example:"2026-03-02"`
	Opened   int    `json:"opened"`
	Resolved int    `json:"resolved" doc:"Ended on this day, of those that opened in the time"`
}

type partBody struct {
	ID   string `json:"id" doc:"Empty for what belongs to no team or service"`
	Name string `json:"name" doc:"Empty where nobody has it any more"`
	TallyBody
}

type dayLineBody struct {
	ID      string `json:"id" doc:"Of the service; empty for what belongs to none"`
	Service string `json:"service"`
	Opened  []int  `json:"opened" doc:"On each of the days"`
}

type noiseBody struct {
	Alert    string `json:"alert"`
	Service  string `json:"service"`
	Severity string `json:"severity" doc:"Of the newest"`
	TallyBody
	Advice string  `json:"advice" enum:",hold,low,drop" doc:"hold: wait before the first page; low: it need not wake anybody; drop: nobody ever does anything about it"`
	Hold   float64 `json:"hold_seconds" doc:"How long to wait, for hold"`
	Spared int     `json:"spared" doc:"Incidents that the hold would have kept from paging"`
}

type insightBody struct {
	Since       time.Time     `json:"since"`
	Until       time.Time     `json:"until"`
	Zone        string        `json:"zone"`
	All         TallyBody     `json:"all"`
	Days        []dayBody     `json:"days"`
	Services    []partBody    `json:"services"`
	Teams       []partBody    `json:"teams"`
	Hours       []int         `json:"hours" doc:"Opened in each of the 168 hours of the week, from Monday 00:00"`
	ServiceDays []dayLineBody `json:"service_days" doc:"Of the 20 services with the most incidents"`
	Noise       []noiseBody   `json:"noise" doc:"The 30 alerts that opened the most incidents"`
	Unanswered  []noiseBody   `json:"unanswered" doc:"Alerts that pages were about and nobody ever answered, at least 3 times"`
}

type pagedBody struct {
	ID         string `json:"id"`
	Name       string `json:"name" doc:"Empty where nobody has the id any more"`
	Email      string `json:"email"`
	Zone       string `json:"zone" doc:"In which their nights are"`
	Pages      int    `json:"pages"`
	Incidents  int    `json:"incidents" doc:"That the pages were about"`
	NightPages int    `json:"night_pages" doc:"Of high urgency, from 22:00 to 07:00 in their zone"`
	Nights     int    `json:"nights" doc:"With such a page"`
}

type pagesBody struct {
	Since  time.Time   `json:"since"`
	Until  time.Time   `json:"until"`
	People []pagedBody `json:"people" doc:"By name: it is no ranking"`
}

func partsOf(all []insight.Part) []partBody {
	out := make([]partBody, len(all))
	for i := range all {
		out[i] = partBody{all[i].ID, all[i].Name, tallyOf(&all[i].Tally)}
	}
	return out
}

func noiseOf(all []insight.Noise) []noiseBody {
	out := make([]noiseBody, len(all))
	for i := range all {
		n := &all[i]
		out[i] = noiseBody{n.Alert, n.Service, n.Severity.String(), tallyOf(&n.Tally), string(n.Advice), n.Hold.Seconds(), n.Spared}
	}
	return out
}

func insightOf(m *insight.Measured) insightBody {
	out := insightBody{
		Since: m.Since, Until: m.Until, Zone: m.Zone, All: tallyOf(&m.All), Days: make([]dayBody, len(m.Days)), Services: partsOf(m.Services), Teams: partsOf(m.Teams),
		Hours: m.Hours[:], ServiceDays: make([]dayLineBody, len(m.ServiceDays)), Noise: noiseOf(m.Noise), Unanswered: noiseOf(m.Unanswered),
	}
	for i, d := range m.Days {
		out.Days[i] = dayBody(d)
	}
	for i, l := range m.ServiceDays {
		out.ServiceDays[i] = dayLineBody{string(l.ID), l.Service, l.Opened}
	}
	return out
}

func (s *server) insightRoutes(api huma.API) {
	handle(s, api, route{
		Method: "GET", Path: "/api/v1/insight", ID: "show-insight", Tag: "Insight", Needs: directory.Viewer,
		Summary: "Say how a time was: how many incidents, when, how soon they were answered and over, and what is noise",
	}, func(ctx context.Context, by directory.Principal, in *figureInput) (*body[insightBody], error) {
		m, err := s.d.Figures.Measure.Do(ctx, by, in.query())
		return answer(insightOf(&m), err)
	})
	handle(s, api, route{
		Method: "GET", Path: "/api/v1/insight/pages", ID: "count-pages", Tag: "Insight", Needs: directory.Viewer,
		Summary: "Say how often people were paged, and at night, about incidents of a time",
	}, func(ctx context.Context, by directory.Principal, in *figureInput) (*body[pagesBody], error) {
		counted, err := s.d.Figures.CountPages.Do(ctx, by, in.query())
		out := pagesBody{Since: counted.Since, Until: counted.Until, People: make([]pagedBody, len(counted.People))}
		for i, p := range counted.People {
			out.People[i] = pagedBody(p)
		}
		return answer(out, err)
	})
}
