package httpapi

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

type entryBody struct {
	At    time.Time         `json:"at"`
	Kind  string            `json:"kind" doc:"Permanent, for programs"`
	Text  string            `json:"text"`
	Actor *actorBody        `json:"actor"`
	Data  map[string]string `json:"data,omitempty"`
}

type actorBody struct {
	Kind string `json:"kind" enum:"user,token,source,system"`
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
}

func actorOf(a incident.Actor) *actorBody {
	if a == (incident.Actor{}) {
		return nil
	}
	return &actorBody{string(a.Kind), a.ID, a.Name}
}

type entryList struct {
	Entries []entryBody `json:"entries"`
}

type alertBody struct {
	Integration  string            `json:"integration"`
	Fingerprint  string            `json:"fingerprint"`
	Name         string            `json:"name"`
	Title        string            `json:"title"`
	Severity     string            `json:"severity"`
	Firing       bool              `json:"firing"`
	Stale        bool              `json:"stale" doc:"It fires by doubt: it may be stale"`
	StartsAt     *time.Time        `json:"starts_at"`
	EndedAt      *time.Time        `json:"ended_at"`
	LastSeen     *time.Time        `json:"last_seen"`
	Received     int64             `json:"received" doc:"How often, repeats included"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	GeneratorURL string            `json:"generator_url,omitempty"`
	SilencedBy   string            `json:"silenced_by,omitempty" doc:"Who silenced it where it comes from"`
}

func alertOf(a *alert.Alert) alertBody {
	return alertBody{
		Integration: string(a.Integration), Fingerprint: a.Fingerprint, Name: a.Name, Title: a.Title, Severity: a.Severity.String(),
		Firing: a.Firing, Stale: a.Stale, StartsAt: maybe(a.Start), EndedAt: maybe(a.EndedAt), LastSeen: maybe(a.LastSeen),
		Received: a.Received, Labels: a.Labels, Annotations: a.Annotations, GeneratorURL: a.GeneratorURL, SilencedBy: a.Silence.By,
	}
}

type alertList struct {
	Alerts []alertBody       `json:"alerts"`
	Shared map[string]string `json:"shared" doc:"Labels that all of them have with the same value, where there are several"`
}

type quarantineInput struct {
	Before time.Time `query:"before" doc:"Received before; for the next page the last one's at"`
	Limit  int       `query:"limit" minimum:"0" maximum:"500" doc:"50 where it is left out"`
}

type quarantinedBody struct {
	ID          string    `json:"id"`
	Integration string    `json:"integration"`
	At          time.Time `json:"at"`
	Reason      string    `json:"reason"`
	Raw         string    `json:"raw" doc:"What was received, at most 16 KiB"`
}

type quarantineList struct {
	Quarantined []quarantinedBody `json:"quarantined"`
}

func (s *server) detailRoutes(api huma.API) {
	handle(s, api, route{
		Method: "GET", Path: "/api/v1/incidents/{id}/timeline", ID: "show-incident-timeline", Tag: "Incidents", Needs: directory.Viewer,
		Summary: "Show all that happened to an incident, the oldest first",
	}, func(ctx context.Context, by directory.Principal, in *idInput) (*body[entryList], error) {
		i, err := s.d.Incidents.Show.Do(ctx, by, in.ID)
		out := entryList{Entries: []entryBody{}}
		for _, e := range i.Timeline {
			out.Entries = append(out.Entries, entryBody{e.At, string(e.Kind), e.Text, actorOf(e.Actor), e.Data})
		}
		return answer(out, err)
	})
	handle(s, api, route{
		Method: "GET", Path: "/api/v1/incidents/{id}/alerts", ID: "list-incident-alerts", Tag: "Incidents", Needs: directory.Viewer,
		Summary: "List the alerts of an incident",
	}, func(ctx context.Context, by directory.Principal, in *idInput) (*body[alertList], error) {
		i, err := s.d.Incidents.Show.Do(ctx, by, in.ID)
		out := alertList{Alerts: []alertBody{}, Shared: alert.Shared(i.Alerts)}
		for k := range i.Alerts {
			out.Alerts = append(out.Alerts, alertOf(&i.Alerts[k]))
		}
		return answer(out, err)
	})
	handle(s, api, route{
		Method: "GET", Path: "/api/v1/quarantine", ID: "list-quarantine", Tag: "Intake", Needs: directory.Viewer,
		Summary: "List what was received and cannot be an alert, the newest first",
	}, func(ctx context.Context, by directory.Principal, in *quarantineInput) (*body[quarantineList], error) {
		list, err := s.d.Incidents.Quarantined.Do(ctx, by, in.Before, in.Limit)
		out := quarantineList{Quarantined: []quarantinedBody{}}
		for _, q := range list {
			out.Quarantined = append(out.Quarantined, quarantinedBody{q.ID, string(q.Integration), q.At, q.Reason, q.Raw})
		}
		return answer(out, err)
	})
}
