// Package readertest says what every implementation of insight.Reader must do.
package readertest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Repos is what the suite writes with.
type Repos struct {
	Incidents  ports.Incidents
	Alerts     ports.Alerts
	Quarantine ports.Quarantine
	Catalog    ports.Catalog
}

// Store is an empty store and its reader.
type Store struct {
	Atomically ports.Atomically[Repos]
	Reader     insight.Reader
	Around     insight.Around
	Figures    insight.Figures
}

// Run is the suite.
func Run(t *testing.T, open func(t *testing.T) Store) {
	for name, test := range map[string]func(*testing.T, Store){
		"every mix of filters, page by page": lists, "one incident whole": shows,
		"what is similar and how it ended": similar, "a storm and what it shares": storm,
		"quarantine, newest first": quarantined, "counts": counts, "figures and how their incidents are found": figures,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

var viewer = directory.Principal{Role: directory.Viewer}

func at(minutes int) time.Time {
	return time.Date(2026, 11, 22, 3, minutes, 0, 0, time.UTC)
}

func (s Store) do(t *testing.T, f func(ctx context.Context, r Repos) error) {
	t.Helper()
	if err := s.Atomically(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// fill stores incidents of every kind, some opened at the same moment, and gives them.
func fill(t *testing.T, s Store, n int) []incident.State {
	r := rand.New(rand.NewPCG(1, 2))
	states := make([]incident.State, n)
	s.do(t, func(ctx context.Context, repos Repos) error {
		err := repos.Catalog.Apply(ctx, directory.Edit{
			Services: []directory.Service{{ID: "s1", Name: "web"}, {ID: "s2", Name: "db"}},
			Teams:    []directory.Team{{ID: "t1", Name: "core"}}, Users: []directory.User{{ID: "u1", Email: "ana@example.org"}},
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
			service := r.IntN(2)
			st := incident.State{
				Number: number, ID: fmt.Sprintf("id-%d", number), OpenedAt: at(r.IntN(n / 3)), UpdatedAt: at(0), Alerts: 1,
				Service: []id.Service{"s1", "s2"}[service], ServiceName: []string{"web", "db"}[service],
				Team: pick[id.Team](r, "t1", "t2", ""), Environment: pick(r, "prod", "test"),
				Severity: alert.SeverityOfRank(r.IntN(5)), Status: pick(r, incident.Open(), incident.Acknowledged(), incident.Resolved()),
				Title: pick(r, "Disk FULL", "Ärger 100%", "slow_query"), Source: incident.SourceAlert{Labels: map[string]string{"pod": fmt.Sprintf("pod-%d", r.IntN(9))}},
			}
			st.Priority = incident.Priority(r.IntN(3))
			if st.Status == incident.Acknowledged() {
				st.Assignee = incident.Actor{Kind: incident.ByUser, ID: pick(r, "u1", "u2")}
			}
			changes[i].State = st
			st.Version = 1
			states[i] = st
		}
		return repos.Incidents.Save(ctx, changes)
	})
	return states
}

// lists compares every page of random queries with what looking at each incident gives.
func lists(t *testing.T, s Store) {
	states := fill(t, s, 90)
	r := rand.New(rand.NewPCG(3, 4))
	maybe := func(values ...string) string {
		return pick(r, append(values, slices.Repeat([]string{""}, len(values))...)...)
	}
	hits := 0
	for range 400 {
		q := insight.IncidentQuery{
			Status: maybe("open", "resolved", "open,acknowledged"), Service: maybe("web", "s2", "nobody"), Environment: maybe("prod", "nowhere"),
			Severity: maybe("critical", "none"), Priority: maybe("P1", "P2", "P5", ""), Team: maybe("core", "t2"), Assignee: maybe("Ana@example.org", "u2"),
			Q: maybe("disk full", "ÄRGER", "100%", "_", "pod-3", "#7", "nothing"), Sort: maybe("opened_at", "-opened_at"), Limit: 1 + r.IntN(40),
		}
		if r.IntN(3) == 0 {
			q.Since, q.Until = at(5), at(20)
		}
		var want []id.Incident
		for i := range states {
			if matches(&q, &states[i]) {
				want = append(want, states[i].Number)
			}
		}
		slices.SortFunc(want, func(a, b id.Incident) int {
			return byOrder(&q, &states[a-states[0].Number], &states[b-states[0].Number])
		})
		if diff := cmp.Diff(want, everyPage(t, s, q)); diff != "" {
			t.Fatalf("%+v (-want +got):\n%s", q, diff)
		}
		hits += len(want)
	}
	if hits < 1000 {
		t.Errorf("only %d hits: the test shows little", hits)
	}
}

func everyPage(t *testing.T, s Store, q insight.IncidentQuery) []id.Incident {
	t.Helper()
	var got []id.Incident
	for {
		list, err := insight.ListIncidents{Reader: s.Reader}.Do(t.Context(), viewer, q)
		if err != nil {
			t.Fatal(err)
		}
		if len(list.Incidents) > q.Limit {
			t.Fatalf("%d incidents on a page of %d", len(list.Incidents), q.Limit)
		}
		for i := range list.Incidents {
			got = append(got, list.Incidents[i].Number)
		}
		if q.Cursor = list.NextCursor; q.Cursor == "" {
			return got
		}
	}
}

func matches(q *insight.IncidentQuery, s *incident.State) bool {
	names := map[string]string{"web": "s1", "core": "t1", "Ana@example.org": "u1"}
	is := func(want, have string) bool { return want == "" || want == have || names[want] == have && have != "" }
	text := strings.ToLower(s.Number.String() + "\n" + s.Title + "\n" + s.Source.Labels["pod"])
	return (q.Status == "" || slices.Contains(strings.Split(q.Status, ","), s.Status.String())) &&
		is(q.Service, string(s.Service)) && is(q.Environment, s.Environment) && is(q.Severity, s.Severity.String()) && is(q.Priority, s.Priority.String()) &&
		is(q.Team, string(s.Team)) && is(q.Assignee, s.Assignee.ID) && strings.Contains(text, strings.ToLower(q.Q)) &&
		(q.Since.IsZero() || !s.OpenedAt.Before(q.Since) && s.OpenedAt.Before(q.Until))
}

func byOrder(q *insight.IncidentQuery, a, b *incident.State) int {
	c := a.OpenedAt.Compare(b.OpenedAt)
	if c == 0 {
		c = int(a.Number - b.Number)
	}
	if q.Sort == "opened_at" {
		return c
	}
	return -c
}

func shows(t *testing.T, s Store) {
	st := incident.State{ID: "id-1", OpenedAt: at(1), UpdatedAt: at(1), Alerts: 1, Title: "x", Status: incident.Acknowledged(), AckedAt: at(2)}
	st.Source = incident.SourceAlert{Fingerprint: "f", StartsAt: at(0), Labels: map[string]string{"a": "b"}}
	st.Firing[4], st.LastFired[3] = 2, at(1)
	st.Names = []incident.SeenName{{Name: "n", At: at(1)}}
	st.Transitions = []incident.Transition{{Status: incident.Acknowledged(), At: at(2)}}
	st.Timers = []incident.Timer{{Kind: incident.TimerAckExpire, Generation: 2, DueAt: at(9)}}
	st.Round, st.Spent, st.Changes, st.Exhausted = 1, time.Minute, []time.Time{at(1)}, true
	key := notification.PageKey{Round: 1, Pass: 1, Level: 1, Recipient: notification.Recipient{Kind: notification.ToUser, ID: "u1"}}
	page := notification.Page{PageKey: key, Purpose: notification.PurposePage, Reason: "level 1", Urgency: alert.High(), Severity: alert.Error(), At: at(2)}
	entry := incident.Entry{OpenedAt: at(1), Seq: 1, At: at(1), Kind: incident.EntryOpened, Actor: incident.Actor{Kind: incident.BySystem}, Text: "opened", Data: map[string]string{"a": "b"}}
	belongs := alert.Alert{Key: alert.Key{Integration: "i", Fingerprint: "f"}, Firing: true}
	s.do(t, func(ctx context.Context, r Repos) error {
		numbers, err := r.Incidents.Reserve(ctx, 2)
		if err != nil {
			return err
		}
		st.Timers[0].Incident = numbers[0]
		st.Number, entry.Incident, page.Incident, belongs.Incident = numbers[0], numbers[0], numbers[0], numbers[0]
		withDelivery := page
		withDelivery.Deliveries = []notification.Delivery{{Page: page.PageKey, Lane: "contact:c", Kind: "sms", CreatedAt: at(2), DueAt: at(2), ExpiresAt: at(3), Status: notification.Waiting}}
		other := incident.Change{State: incident.State{Number: numbers[1], ID: "id-2", OpenedAt: at(1)}, Entries: []incident.Entry{{Seq: 1}}}
		if err := r.Incidents.Save(ctx, []incident.Change{{State: st, Entries: []incident.Entry{entry}, Pages: []notification.Page{withDelivery}}, other}); err != nil {
			return err
		}
		return r.Alerts.Save(ctx, []alert.Alert{belongs, {Key: alert.Key{Integration: "i", Fingerprint: "g"}, Incident: numbers[1]}})
	})
	for of, want := range map[string]int{"i": 2, "other": 0} {
		if got, err := s.Reader.List(t.Context(), insight.Filter{Integration: of, Limit: 9}); err != nil || len(got) != want {
			t.Errorf("%d incidents of the integration %s, want %d (%v)", len(got), of, want, err)
		}
	}
	show := insight.ShowIncident{Reader: s.Reader}
	for _, ref := range []string{"id-1", st.Number.String()} {
		got, err := show.Do(t.Context(), viewer, ref)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Pages) != 1 || len(got.Pages[0].Deliveries) != 1 || got.Pages[0].Deliveries[0].ID == 0 || got.Pages[0].Deliveries[0].Lane != "contact:c" {
			t.Fatalf("pages %+v", got.Pages)
		}
		got.Pages[0].Deliveries = nil
		st.Version, belongs.Version = 1, 1
		want := insight.Incident{State: st, Timeline: []incident.Entry{entry}, Alerts: []alert.Alert{belongs}, Pages: []notification.Page{page}}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(incident.Status{}, alert.Severity{}, alert.Urgency{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", ref, diff)
		}
	}
	if _, err := show.Do(t.Context(), viewer, "#99999"); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("an unknown one gave %v", err)
	}
}

func quarantined(t *testing.T, s Store) {
	s.do(t, func(ctx context.Context, r Repos) error {
		return r.Quarantine.Add(ctx, []alert.Quarantined{{ID: "a", At: at(1)}, {ID: "c", At: at(3), Reason: "why", Raw: "{"}, {ID: "b", At: at(2)}})
	})
	use := insight.Quarantined{Reader: s.Reader}
	for _, c := range []struct {
		before time.Time
		limit  int
		want   string
	}{{time.Time{}, 0, "cba"}, {time.Time{}, 2, "cb"}, {at(3), 10, "ba"}} {
		got, err := use.Do(t.Context(), viewer, c.before, c.limit)
		ids := ""
		for _, q := range got {
			ids += q.ID
		}
		if err != nil || ids != c.want {
			t.Errorf("before %v: %s, %v; want %s", c.before, ids, err, c.want)
		}
	}
}

func counts(t *testing.T, s Store) {
	states := fill(t, s, 60)
	want := map[insight.Count]int{}
	for _, st := range states {
		if st.Status != incident.Resolved() {
			want[insight.Count{Service: st.ServiceName, Environment: st.Environment, Severity: st.Severity, Status: st.Status}]++
		}
	}
	got, err := s.Reader.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range got {
		n := c.Incidents
		c.Incidents = 0
		if want[c] != n {
			t.Errorf("%+v: %d, want %d", c, n, want[c])
		}
		delete(want, c)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}
