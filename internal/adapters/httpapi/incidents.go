package httpapi

import (
	"cmp"
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// Incidents shows incidents and lets people answer them.
type Incidents struct {
	List        insight.ListIncidents
	Show        insight.ShowIncident
	Quarantined insight.Quarantined
	LookAhead   insight.LookAhead
	Similar     insight.Similar
	Count       insight.CountUnresolved
	Storm       insight.Storm
	Received    insight.ShowReceived
	Work        Work
	Acknowledge respondFunc
	Resolve     respondFunc
	Healthy     func(ctx context.Context, by directory.Principal, service, environment string) ([]respond.Result, error)
}

// incidentBody is an incident on the wire; the names of its fields are for good.
type incidentBody struct {
	ID          string       `json:"id"`
	Number      int64        `json:"number" doc:"The short number that people say: #4821"`
	Title       string       `json:"title"`
	Service     string       `json:"service"`
	Environment string       `json:"environment"`
	Severity    string       `json:"severity" enum:"critical,error,warning,info,none"`
	Status      string       `json:"status" enum:"open,acknowledged,resolved"`
	Assignee    *string      `json:"assignee" doc:"The name of whoever acknowledged it"`
	SourceAlert sourceBody   `json:"source_alert" doc:"The first alert, for good"`
	AlertsCount int          `json:"alerts_count"`
	Timeline    []transition `json:"timeline" doc:"Status changes; the full timeline has its own path"`
	RunbookURL  string       `json:"runbook_url"`
	OpenedAt    time.Time    `json:"opened_at"`
	AckedAt     *time.Time   `json:"acknowledged_at"`
	ResolvedAt  *time.Time   `json:"resolved_at"`
	ResolvedBy  *actorBody   `json:"resolved_by" doc:"Null while nobody has: also where it healed by itself"`
	UpdatedAt   time.Time    `json:"updated_at"`
	Version     int64        `json:"version" doc:"Grows with every change; the stream tells it"`
	Team        string       `json:"team,omitempty" doc:"The team's id"`
	Exhausted   bool         `json:"exhausted" doc:"Everybody was paged and nobody answered"`
	Flapping    bool         `json:"flapping"`
	WorkBody
}

type sourceBody struct {
	Fingerprint string            `json:"fingerprint"`
	StartsAt    *time.Time        `json:"startsAt"`
	Labels      map[string]string `json:"labels"`
}

type transition struct {
	Status    string    `json:"status" enum:"open,acknowledged,resolved"`
	Timestamp time.Time `json:"timestamp"`
}

func incidentOf(s *incident.State) incidentBody {
	out := incidentBody{
		ID: s.ID, Number: int64(s.Number), Title: s.Title, Service: s.ServiceName, Environment: s.Environment,
		Severity: s.Severity.String(), Status: s.Status.String(),
		SourceAlert: sourceBody{Fingerprint: s.Source.Fingerprint, StartsAt: maybe(s.Source.StartsAt), Labels: s.Source.Labels},
		AlertsCount: s.Alerts, Timeline: []transition{}, RunbookURL: s.Runbook,
		OpenedAt: s.OpenedAt, AckedAt: ackedAt(s), ResolvedAt: maybe(s.ResolvedAt), ResolvedBy: actorOf(s.ResolvedBy), UpdatedAt: s.UpdatedAt, Version: s.Version,
		Team: string(s.Team), Exhausted: s.Exhausted, Flapping: s.Flapping,
	}
	if s.Assignee.Name != "" {
		out.Assignee = &s.Assignee.Name
	}
	if out.SourceAlert.Labels == nil {
		out.SourceAlert.Labels = map[string]string{}
	}
	for _, t := range s.Transitions {
		out.Timeline = append(out.Timeline, transition{t.Status.String(), t.At})
	}
	return out
}

type incidentList struct {
	Incidents  []incidentBody `json:"incidents"`
	NextCursor *string        `json:"next_cursor" doc:"For the next page, with the same filters; null on the last"`
}

type listInput struct {
	Status      string    `query:"status" doc:"open, acknowledged or resolved; several with commas"`
	Service     string    `query:"service" doc:"Name or id"`
	Environment string    `query:"environment"`
	Env         string    `query:"env" doc:"The same as environment"`
	Severity    string    `query:"severity"`
	Priority    string    `query:"priority" doc:"P1 to P5"`
	Team        string    `query:"team" doc:"Name or id"`
	Assignee    string    `query:"assignee" doc:"Email address or id"`
	Q           string    `query:"q" doc:"Part of the number, title, service, environment or a label's value"`
	Since       time.Time `query:"since" doc:"Opened at or after"`
	Until       time.Time `query:"until" doc:"Opened before"`
	Integration string    `query:"integration" maxLength:"254" doc:"Name or id of one from which an alert of it came"`
	Alert       string    `query:"alert" maxLength:"1000" doc:"Name of the alert that opened it; only with a service"`
	EndedSince  time.Time `query:"ended_since" doc:"Only what was over at this moment or later, be it in no other incident"`
	EndedUntil  time.Time `query:"ended_until" doc:"Only what was over before this moment"`
	Answered    string    `query:"answered" doc:"yes or no: whether a person ever acknowledged or resolved it"`
	Hour        string    `query:"hour" doc:"Opened in this hour of the week, 0 (Monday from 00:00) to 167 in zone; only with since and until"`
	Zone        string    `query:"zone" maxLength:"64" doc:"IANA name; UTC where it is left out" example:"Europe/Madrid"`
	Paged       string    `query:"paged" maxLength:"254" doc:"Email address or id of somebody who was paged"`
	Night       string    `query:"night" maxLength:"64" doc:"Only where that was by a page of high urgency from 22:00 to 07:00 in this zone; only with paged, since and until" example:"Europe/Madrid"`
	Sort        string    `query:"sort" doc:"-opened_at (the newest first, the default) or opened_at"`
	Limit       int       `query:"limit" doc:"1 to 500; 50 where it is left out"`
	Cursor      string    `query:"cursor" doc:"next_cursor of the page before, with the same filters"`
}

func (in *listInput) query() insight.IncidentQuery {
	return insight.IncidentQuery{
		Status: in.Status, Service: in.Service, Environment: cmp.Or(in.Environment, in.Env), Severity: in.Severity, Priority: in.Priority, Team: in.Team,
		Assignee: in.Assignee, Q: in.Q, Since: in.Since, Until: in.Until,
		Alert: in.Alert, Integration: in.Integration, Answered: in.Answered, EndedSince: in.EndedSince, EndedUntil: in.EndedUntil,
		Hour: in.Hour, Zone: in.Zone, Paged: in.Paged, Night: in.Night, Sort: in.Sort, Limit: in.Limit, Cursor: in.Cursor,
	}
}

func (s *server) incidentRoutes(api huma.API) {
	for _, prefix := range []string{"", "/api/v1"} {
		handle(s, api, route{
			Method: "GET", Path: prefix + "/incidents", ID: "list-incidents" + suffix(prefix), Tag: "Incidents", Needs: directory.Viewer,
			Summary: "List incidents, the newest first",
		}, func(ctx context.Context, by directory.Principal, in *listInput) (*body[incidentList], error) {
			list, err := s.d.Incidents.List.Do(ctx, by, in.query())
			if err != nil {
				return nil, err
			}
			var out incidentList
			out.Incidents, err = s.ahead(ctx, list.Incidents)
			if list.NextCursor != "" {
				out.NextCursor = &list.NextCursor
			}
			return answer(out, err)
		})
		handle(s, api, route{
			Method: "GET", Path: prefix + "/incidents/{id}", ID: "show-incident" + suffix(prefix), Tag: "Incidents", Needs: directory.Viewer,
			Summary: "Show an incident by its id or number",
		}, func(ctx context.Context, by directory.Principal, in *idInput) (*body[incidentBody], error) {
			i, err := s.d.Incidents.Show.Do(ctx, by, in.ID)
			if err != nil {
				return nil, err
			}
			list, err := s.ahead(ctx, []incident.State{i.State})
			if err != nil {
				return nil, err
			}
			return answer(list[0], nil)
		})
	}
	s.detailRoutes(api)
	s.aroundRoutes(api)
	s.workRoutes(api)
}

// ackedAt is when it was acknowledged, where that holds: what is open again is nobody's.
func ackedAt(s *incident.State) *time.Time {
	if s.Status == incident.Open() {
		return nil
	}
	return maybe(s.AckedAt)
}
