package insight

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// IncidentQuery is a list's request in the words of the wire.
type IncidentQuery struct {
	Status      string // open, acknowledged, resolved; several with commas
	Service     string // name or id
	Environment string
	Severity    string
	Priority    string // P1 to P5
	Team        string // name or id
	Assignee    string // email address or id
	Q           string
	Since       time.Time
	Until       time.Time
	Integration string // name or id of one from which an alert of it came
	Alert       string // name of the alert that opened it; only with a service
	Answered    string // yes or no: whether a person ever acknowledged or resolved it
	EndedSince  time.Time
	EndedUntil  time.Time
	Hour        string // 0 (Monday from 00:00) to 167 in Zone; only with Since and Until
	Zone        string // IANA name; "" is UTC
	Paged       string // email address or id of somebody who was paged
	Night       string // IANA name of the zone in which that was at night, by a page that could wake; only with Paged, Since, Until
	Sort        string // "-opened_at" (default) or "opened_at"
	Limit       int    // 1..500; 0: 50
	Cursor      string // what an earlier page gave; only with the same filters
}

// IncidentList is one page of a list.
type IncidentList struct {
	Incidents  []incident.State
	NextCursor string // "" on the last page
}

// Limits of a page.
const (
	defaultLimit = 50
	maxLimit     = 500
	maxSearch    = 200 // bytes of Q
)

// ListIncidents gives incidents page by page.
type ListIncidents struct{ Reader Reader }

// Do gives one page. What is wrong with the query is fault.Invalid; a cursor of other filters has the code cursor.filters.
func (u ListIncidents) Do(ctx context.Context, by directory.Principal, q IncidentQuery) (IncidentList, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return IncidentList{}, err
	}
	f, err := q.filter()
	if err != nil {
		return IncidentList{}, err
	}
	limit := f.Limit
	f.Limit++ // one more says whether there is a next page
	states, err := u.Reader.List(ctx, f)
	if err != nil || len(states) <= limit {
		return IncidentList{Incidents: states}, err
	}
	states = states[:limit]
	last := &states[limit-1]
	return IncidentList{Incidents: states, NextCursor: encodeCursor(q, Position{last.OpenedAt, last.Number})}, nil
}

func (q IncidentQuery) filter() (Filter, error) {
	f := Filter{
		Service: q.Service, Environment: q.Environment, Team: q.Team, Assignee: strings.ToLower(q.Assignee), Integration: q.Integration,
		Search: strings.ToLower(strings.TrimSpace(q.Q)), Since: q.Since, Until: q.Until, Order: Newest, Limit: defaultLimit,
	}
	for name := range strings.SplitSeq(q.Status, ",") {
		if name == "" {
			continue
		}
		s, err := incident.ParseStatus(name)
		if err != nil {
			return f, fault.Invalid("incidents.status", "%v", err).At("status")
		}
		f.Statuses = append(f.Statuses, s)
	}
	if q.Severity != "" {
		s, err := alert.ParseSeverity(q.Severity)
		if err != nil {
			return f, fault.Invalid("incidents.severity", "%v", err).At("severity")
		}
		f.Severity = &s
	}
	var err error
	if f.Priority, err = incident.ParsePriority(q.Priority); err != nil {
		return f, err
	}
	switch {
	case q.Sort == string(Oldest):
		f.Order = Oldest
	case q.Sort != "" && q.Sort != string(Newest):
		return f, fault.Invalid("incidents.sort", "sort must be %s or %s, not %q", Newest, Oldest, q.Sort).At("sort")
	}
	switch {
	case q.Limit < 0 || q.Limit > maxLimit:
		return f, fault.Invalid("incidents.limit", "limit must be from 1 to %d, not %d", maxLimit, q.Limit).At("limit")
	case q.Limit > 0:
		f.Limit = q.Limit
	}
	if len(f.Search) > maxSearch {
		return f, fault.Invalid("incidents.q", "q must be at most %d bytes long", maxSearch).At("q")
	}
	if err := q.narrow(&f); err != nil {
		return f, err
	}
	f.After, err = decodeCursor(q)
	return f, err
}

// longest is over how long a time hours of a zone are looked for.
const longest = 1100 * 24 * time.Hour

// narrow adds the filters by which a figure's incidents are found.
func (q *IncidentQuery) narrow(f *Filter) error {
	if f.Alert = q.Alert; q.Alert != "" && q.Service == "" {
		return fault.Invalid("incidents.alert", "alert is looked for in one service: name the service too").At("alert")
	}
	switch q.Answered {
	case "":
	case "yes", "no":
		yes := q.Answered == "yes"
		f.Answered = &yes
	default:
		return fault.Invalid("incidents.answered", "answered must be yes or no, not %q", q.Answered).At("answered")
	}
	f.EndedSince, f.EndedUntil = q.EndedSince, q.EndedUntil
	if q.Paged != "" {
		f.Paged = &Paged{User: strings.ToLower(q.Paged)}
	}
	if err := q.hour(f); err != nil {
		return err
	}
	return q.night(f)
}

// bounded: the zone's changes of a time are few.
func (q *IncidentQuery) bounded() bool {
	return !q.Since.IsZero() && q.Until.After(q.Since) && q.Until.Sub(q.Since) <= longest
}

func (q *IncidentQuery) hour(f *Filter) error {
	if q.Hour == "" {
		return nil
	}
	hour, err := strconv.Atoi(q.Hour)
	if err != nil || hour < 0 || hour >= 168 || !q.bounded() {
		return fault.Invalid("incidents.hour", "hour must be from 0 (Monday from 00:00) to 167, with since and until at most %d days apart", int(longest.Hours()/24)).At("hour")
	}
	zone, err := zoneOf(q.Zone, "zone")
	f.Hour = &HourOfWeek{hour, zone}
	return err
}

func (q *IncidentQuery) night(f *Filter) error {
	if q.Night == "" {
		return nil
	}
	if f.Paged == nil || !q.bounded() {
		return fault.Invalid("incidents.night", "night needs paged, and since and until at most %d days apart", int(longest.Hours()/24)).At("night")
	}
	zone, err := zoneOf(q.Night, "night")
	f.Paged.Night = zone
	return err
}

func zoneOf(name, field string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, fault.Invalid("insight.zone", "there is no time zone %q", name).At(field)
	}
	return zone, nil
}
