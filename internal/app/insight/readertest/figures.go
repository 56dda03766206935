package readertest

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// begin is a month before the clocks of Europe go back.
var begin = time.Date(2026, 9, 25, 0, 0, 0, 0, time.UTC)

// told is an incident with the pages about it.
type told struct {
	incident.State
	pages []notification.Page
}

// live stores incidents of two months, with people who were paged and answered.
func live(t *testing.T, s Store, n int) []told {
	r := rand.New(rand.NewPCG(5, 6))
	all := make([]told, n)
	s.do(t, func(ctx context.Context, repos Repos) error {
		err := repos.Catalog.Apply(ctx, directory.Edit{
			Services: []directory.Service{{ID: "s1", Name: "web"}, {ID: "s2", Name: "db"}}, Teams: []directory.Team{{ID: "t1", Name: "core"}},
			Users: []directory.User{{ID: "u1", Email: "ana@example.org"}, {ID: "u2", Email: "ben@example.org"}},
		})
		if err != nil {
			return err
		}
		numbers, err := repos.Incidents.Reserve(ctx, n)
		if err != nil {
			return err
		}
		changes := make([]incident.Change, n)
		for i, number := range numbers {
			all[i] = happened(r, number)
			changes[i] = incident.Change{State: all[i].State, Pages: all[i].pages}
			all[i].Version = 1
		}
		return repos.Incidents.Save(ctx, changes)
	})
	return all
}

func happened(r *rand.Rand, number id.Incident) told {
	of := r.IntN(2)
	opened := begin.Add(time.Duration(r.Int64N(int64(60 * 24 * time.Hour)))).Truncate(time.Microsecond)
	st := incident.State{
		Number: number, ID: fmt.Sprintf("id-%d", number), OpenedAt: opened, UpdatedAt: opened, Alerts: 1,
		Service: []id.Service{"s1", "s2"}[of], ServiceName: []string{"web", "db"}[of], Team: pick[id.Team](r, "t1", ""),
		Environment: pick(r, "prod", "test"), Severity: alert.SeverityOfRank(r.IntN(5)), Title: "x",
	}
	st.Transitions = []incident.Transition{{Status: incident.Open(), At: opened}}
	if name := pick(r, "Down", "Slow", ""); name != "" {
		st.Source.Labels = map[string]string{"alertname": name}
	}
	change := func(to incident.Status) {
		last := st.Transitions[len(st.Transitions)-1].At
		st.Status = to
		st.Transitions = append(st.Transitions, incident.Transition{Status: to, At: last.Add(time.Duration(1+r.IntN(5000)) * time.Second)})
	}
	for range r.IntN(3) {
		change(incident.Acknowledged())
		st.Assignee = incident.Actor{Kind: incident.ByUser, ID: "u1"}
		change(incident.Open())
	}
	if r.IntN(4) > 0 {
		change(incident.Resolved())
		st.ResolvedAt = st.Transitions[len(st.Transitions)-1].At
		st.ResolvedBy = incident.Actor{Kind: pick(r, incident.BySource, incident.BySystem, incident.ByUser, incident.ByToken)}
		if r.IntN(6) == 0 {
			st.MergedInto = incident.Other{Number: 1, ID: "id-1"}
		}
	}
	out := told{State: st}
	for pass := range r.IntN(4) {
		out.pages = append(out.pages, notification.Page{
			PageKey: notification.PageKey{Incident: number, Round: 1, Pass: pass + 1, Level: 1, Recipient: pick(r,
				notification.Recipient{Kind: notification.ToUser, ID: "u1"}, notification.Recipient{Kind: notification.ToUser, ID: "u2"},
				notification.Recipient{Kind: notification.ToChannel, ID: "u1"},
			)},
			Purpose: pick(r, notification.PurposePage, notification.PurposePage, notification.PurposeUpdate), Urgency: pick(r, alert.High(), alert.Low()),
			At: opened.Add(time.Duration(r.IntN(36000)) * time.Second),
		})
	}
	return out
}

// asks is a filter as it is asked for, and what it must find.
func asks(r *rand.Rand) (insight.IncidentQuery, func(*told) bool) {
	madrid, _ := time.LoadLocation("Europe/Madrid")
	kathmandu, _ := time.LoadLocation("Asia/Kathmandu") // ahead by 5 h 45 min
	q := insight.IncidentQuery{Limit: 40, Since: begin.AddDate(0, 0, r.IntN(20)), Until: begin.AddDate(0, 0, 25+r.IntN(40))}
	all := []func(*told) bool{func(i *told) bool { return !i.OpenedAt.Before(q.Since) && i.OpenedAt.Before(q.Until) }}
	if r.IntN(2) == 0 {
		q.Service = pick(r, "web", "s2")
		all = append(all, func(i *told) bool { return q.Service == string(i.Service) || q.Service == i.ServiceName })
		if r.IntN(2) == 0 {
			q.Alert = pick(r, "Down", "Slow", "Never")
			all = append(all, func(i *told) bool { return i.Source.Labels["alertname"] == q.Alert })
		}
	}
	if r.IntN(3) == 0 {
		q.Answered = pick(r, "yes", "no")
		all = append(all, func(i *told) bool { return answered(i) == (q.Answered == "yes") })
	}
	all = append(all, asksEnd(r, &q))
	if r.IntN(3) == 0 {
		zone := pick(r, madrid, kathmandu, time.UTC)
		day, hour := r.IntN(7), r.IntN(24)
		q.Hour, q.Zone = strconv.Itoa((day+6)%7*24+hour), zone.String()
		all = append(all, func(i *told) bool {
			local := i.OpenedAt.In(zone)
			return int(local.Weekday()) == day && local.Hour() == hour
		})
	}
	if r.IntN(2) == 0 {
		who := pick(r, id.User("u1"), "u2")
		q.Paged = map[id.User]string{"u1": "Ana@example.org", "u2": "u2"}[who]
		zone := pick(r, nil, madrid, kathmandu)
		if zone != nil {
			q.Night = zone.String()
		}
		all = append(all, func(i *told) bool {
			return slices.ContainsFunc(i.pages, func(p notification.Page) bool { return paged(&p, who) && (zone == nil || woke(&p, zone)) })
		})
	}
	if r.IntN(4) == 0 {
		q.Status, q.Severity = "resolved", "critical"
		all = append(all, func(i *told) bool { return i.Status == incident.Resolved() && i.Severity == alert.Critical() })
	}
	return q, func(i *told) bool { return !slices.ContainsFunc(all, func(f func(*told) bool) bool { return !f(i) }) }
}

// asksEnd asks at times when it was over.
func asksEnd(r *rand.Rand, q *insight.IncidentQuery) func(*told) bool {
	if r.IntN(3) > 0 {
		return func(*told) bool { return true }
	}
	since, until := q.Since, q.Since.AddDate(0, 0, 1+r.IntN(9))
	q.EndedSince, q.EndedUntil = since, until
	return func(i *told) bool {
		return i.Status == incident.Resolved() && i.MergedInto.ID == "" && !i.ResolvedAt.Before(since) && i.ResolvedAt.Before(until)
	}
}

func answered(i *told) bool {
	return slices.ContainsFunc(i.Transitions, func(t incident.Transition) bool { return t.Status == incident.Acknowledged() }) ||
		i.ResolvedBy.Kind == incident.ByUser || i.ResolvedBy.Kind == incident.ByToken
}

func paged(p *notification.Page, who id.User) bool {
	return p.Recipient == notification.Recipient{Kind: notification.ToUser, ID: string(who)} && p.Purpose == notification.PurposePage
}

func woke(p *notification.Page, zone *time.Location) bool {
	at := p.At.In(zone).Format("15:04")
	return p.Urgency == alert.High() && (at >= "22:00" || at < "07:00")
}

// figures compares lists, facts and pages with what looking at each incident gives.
func figures(t *testing.T, s Store) {
	all := live(t, s, 400)
	r := rand.New(rand.NewPCG(7, 8))
	hits := 0
	for range 300 {
		q, fits := asks(r)
		var want []id.Incident
		for i := range all {
			if fits(&all[i]) {
				want = append(want, all[i].Number)
			}
		}
		slices.SortFunc(want, func(a, b id.Incident) int {
			x, y := &all[a-all[0].Number], &all[b-all[0].Number]
			return cmp.Or(y.OpenedAt.Compare(x.OpenedAt), cmp.Compare(b, a))
		})
		if diff := gocmp.Diff(want, everyPage(t, s, q)); diff != "" {
			t.Fatalf("%+v (-want +got):\n%s", q, diff)
		}
		hits += len(want)
	}
	if hits < 2000 {
		t.Errorf("only %d hits: the test shows little", hits)
	}
	f := insight.Filter{Service: "web", Since: begin.AddDate(0, 0, 10), Until: begin.AddDate(0, 0, 50)}
	among := func(i *told) bool {
		return i.Service == "s1" && !i.OpenedAt.Before(f.Since) && i.OpenedAt.Before(f.Until)
	}
	factsOf(t, s, f, all, among)
	pagesOf(t, s, f, all, among)
	openersOf(t, s, all)
}

func factOf(i *told) insight.Fact {
	fact := insight.Fact{Number: i.Number, OpenedAt: i.OpenedAt, Status: i.Status, Severity: i.Severity, Service: i.Service, Team: i.Team, ToAnswer: -1, Lasted: -1, Answered: answered(i)}
	for _, c := range slices.Backward(i.Transitions) {
		if c.Status == incident.Acknowledged() {
			fact.ToAnswer = c.At.Sub(i.OpenedAt)
		}
	}
	if i.Status == incident.Resolved() && i.MergedInto.Number == 0 {
		fact.Lasted = i.ResolvedAt.Sub(i.OpenedAt)
	}
	return fact
}

func factsOf(t *testing.T, s Store, f insight.Filter, all []told, among func(*told) bool) {
	t.Helper()
	want, got := map[id.Incident]insight.Fact{}, map[id.Incident]insight.Fact{}
	for n := range all {
		if among(&all[n]) {
			want[all[n].Number] = factOf(&all[n])
		}
	}
	kinds := map[string]int64{}
	err := s.Figures.Facts(t.Context(), f, func(fact *insight.Fact) {
		one, name := *fact, all[fact.Number-all[0].Number].Source.Labels["alertname"]
		if known, ok := kinds[name]; ok && known != one.Alike || (name == "") != (one.Alike == 0) {
			t.Errorf("what %q opened is alike %d and %d", name, known, one.Alike)
		}
		kinds[name] = one.Alike
		one.Alike = 0
		for _, d := range []*time.Duration{&one.ToAnswer, &one.Lasted} {
			if *d < 0 {
				*d = -1 // however negative
			}
		}
		got[one.Number] = one
	})
	if err != nil || len(kinds) != 3 || kinds["Down"] == kinds["Slow"] {
		t.Errorf("kinds %v, %v", kinds, err)
	}
	if diff := gocmp.Diff(want, got, gocmp.AllowUnexported(incident.Status{}, alert.Severity{})); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

func pagesOf(t *testing.T, s Store, f insight.Filter, all []told, among func(*told) bool) {
	t.Helper()
	say := func(who string, n id.Incident, high bool, at time.Time) string {
		return fmt.Sprint(who, " ", n, " ", high, " ", at.UTC().Format(time.RFC3339Nano))
	}
	var want, got []string
	for n := range all {
		for _, p := range all[n].pages {
			if among(&all[n]) && (paged(&p, "u1") || paged(&p, "u2")) {
				want = append(want, say(p.Recipient.ID, p.Incident, p.Urgency == alert.High(), p.At))
			}
		}
	}
	err := s.Figures.Pages(t.Context(), f, func(p *insight.PageFact) { got = append(got, say(string(p.User), p.Incident, p.High, p.At)) })
	slices.Sort(want)
	slices.Sort(got)
	if err != nil || len(want) < 20 || !slices.Equal(want, got) {
		t.Errorf("%d pages: %v\nwant %s\ngot  %s", len(want), err, strings.Join(want, ", "), strings.Join(got, ", "))
	}
}

func openersOf(t *testing.T, s Store, all []told) {
	t.Helper()
	got, err := s.Figures.Openers(t.Context(), []id.Incident{all[0].Number, all[7].Number, 99999})
	slices.SortFunc(got, func(a, b insight.Opener) int { return cmp.Compare(a.Number, b.Number) })
	var want []insight.Opener
	for _, i := range []*told{&all[0], &all[7]} {
		want = append(want, insight.Opener{Number: i.Number, Alert: i.Source.Labels["alertname"], Service: i.ServiceName, Severity: i.Severity})
	}
	if diff := gocmp.Diff(want, got, gocmp.AllowUnexported(alert.Severity{})); err != nil || diff != "" {
		t.Errorf("openers %v (-want +got):\n%s", err, diff)
	}
}
