package insight

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// seen is a store of facts that the test made up.
type seen struct {
	facts []Fact
	pages []PageFact
	f     Filter
}

func (s *seen) Facts(_ context.Context, f Filter, each func(*Fact)) error {
	s.f = f
	for i := range s.facts {
		each(&s.facts[i])
	}
	return nil
}

func (s *seen) Pages(_ context.Context, f Filter, each func(*PageFact)) error {
	s.f = f
	for i := range s.pages {
		each(&s.pages[i])
	}
	return nil
}

func (s *seen) Openers(_ context.Context, numbers []id.Incident) (out []Opener, err error) {
	for _, n := range numbers {
		out = append(out, Opener{Number: n, Alert: fmt.Sprintf("alert of %s", n), Service: "web"})
	}
	return out, nil
}

type people struct{ snap *directory.Snapshot }

func (p people) Current(context.Context) (*directory.Snapshot, error) { return p.snap, nil }

func names() ports.Atomically[ports.Directory] {
	snap := &directory.Snapshot{
		Services: map[id.Service]*directory.Service{"s1": {ID: "s1", Name: "web"}, "s2": {ID: "s2", Name: "db"}},
		Teams:    map[id.Team]*directory.Team{"t1": {ID: "t1", Name: "core"}},
		Users: map[id.User]*directory.User{
			"u1": {ID: "u1", Name: "Zoe", Email: "zoe@example.org", TimeZone: "Europe/Madrid"},
			"u2": {ID: "u2", Name: "Ana", Email: "ana@example.org", TimeZone: "Asia/Singapore"},
		},
	}
	return func(ctx context.Context, do func(context.Context, ports.Directory) error) error {
		return do(ctx, people{snap})
	}
}

type fixed time.Time

func (f fixed) Now() time.Time { return time.Time(f) }

var (
	now    = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	viewer = directory.Principal{Role: directory.Viewer}
)

func measure(t *testing.T, q FigureQuery, facts ...Fact) Measured {
	t.Helper()
	m, err := Measure{Figures: &seen{facts: facts}, Directory: names(), Clock: fixed(now)}.Do(t.Context(), viewer, q)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// over is an incident that was answered after so many minutes (negative: never) and lasted so many.
func over(opened time.Time, answered, lasted int) Fact {
	return Fact{
		OpenedAt: opened, Status: incident.Resolved(), Severity: alert.Error(), Service: "s1", Team: "t1",
		ToAnswer: time.Duration(answered) * time.Minute, Lasted: time.Duration(lasted) * time.Minute, Answered: answered >= 0,
	}
}

func TestHalfAndNineOfTen(t *testing.T) {
	t.Parallel()
	var facts []Fact
	for i := range 10 {
		facts = append(facts, over(now.Add(-time.Hour), i+1, 10*(i+1)))
	}
	facts = append(facts, over(now.Add(-time.Hour), -1, 5), Fact{OpenedAt: now.Add(-time.Minute), Service: "s2", ToAnswer: -1, Lasted: -1},
		Fact{OpenedAt: now.Add(-time.Minute), Status: incident.Acknowledged(), Service: "gone", ToAnswer: time.Second, Lasted: -1, Answered: true})
	m := measure(t, FigureQuery{}, facts...)
	want := Tally{
		Incidents: 13, Open: 1, Acknowledged: 1, Resolved: 11, Answered: 11, Healed: 1,
		ToAnswer: Spread{11, 5 * time.Minute, 9 * time.Minute}, ToResolve: Spread{11, 50 * time.Minute, 90 * time.Minute},
	}
	if m.All != want {
		t.Errorf("all %+v, want %+v", m.All, want)
	}
	if len(m.Services) != 3 || m.Services[0].Name != "web" || m.Services[0].Incidents != 11 || m.Services[1].ID != "gone" || m.Services[1].Name != "" || m.Services[2].Name != "db" {
		t.Errorf("services %+v", m.Services)
	}
	if len(m.Teams) != 2 || m.Teams[0].Name != "core" || m.Teams[1].ID != "" {
		t.Errorf("teams %+v", m.Teams)
	}
	if empty := measure(t, FigureQuery{}); empty.All.ToAnswer != (Spread{}) || len(empty.Days) != 29 || len(empty.Services) != 0 {
		t.Errorf("of nothing: %+v", empty)
	}
}

// What somebody was paged for by hand may be about no service: it has a line all the same, which says so.
func TestNoService(t *testing.T) {
	t.Parallel()
	m := measure(t, FigureQuery{}, Fact{OpenedAt: now.Add(-time.Minute), ToAnswer: -1, Lasted: -1})
	if len(m.Services) != 1 || m.Services[0].Name != "(no service)" || len(m.ServiceDays) != 1 || m.ServiceDays[0].ID != "" || m.ServiceDays[0].Service != "(no service)" {
		t.Errorf("services %+v, their days %+v", m.Services, m.ServiceDays)
	}
}

// Days and hours are the viewer's, on the day with 25 hours too.
func TestDaysAndHoursAreTheViewers(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time {
		moment, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	m := measure(t, FigureQuery{Zone: "Europe/Madrid", Since: at("2026-10-24T00:00:00+02:00"), Until: at("2026-10-27T00:00:00+01:00")},
		over(at("2026-10-24T23:30:00+02:00"), -1, 60), over(at("2026-10-25T02:30:00+02:00"), -1, 10), over(at("2026-10-25T02:30:00+01:00"), -1, 10),
		over(at("2026-10-26T23:59:00+01:00"), -1, 10))
	if got := fmt.Sprint(m.Days); got != "[{2026-10-24 1 0} {2026-10-25 2 3} {2026-10-26 1 0}]" {
		t.Errorf("days %s", got)
	}
	if m.Hours[6*24+2] != 2 || m.Hours[5*24+23] != 1 || m.Hours[23] != 1 {
		t.Errorf("hours %v", m.Hours)
	}
	if len(m.ServiceDays) != 1 || fmt.Sprint(m.ServiceDays[0]) != "{s1 web [1 2 1]}" {
		t.Errorf("service days %v", m.ServiceDays)
	}
}

func TestWhatIsNoise(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		severity alert.Severity
		of       [][2]int // answered after, lasted, in minutes
		advice   Advice
		hold     time.Duration
		spared   int
		never    bool
	}{
		"too few to say":         {alert.Critical(), [][2]int{{-1, 1}, {-1, 1}}, AdviceNone, 0, 0, false},
		"it heals within a hold": {alert.Critical(), [][2]int{{-1, 1}, {-1, 2}, {-1, 3}, {-1, 4}, {-1, 30}, {2, 40}}, AdviceHold, 5 * time.Minute, 4, false},
		"it heals late":          {alert.Critical(), [][2]int{{-1, 50}, {-1, 60}, {-1, 70}, {2, 40}}, AdviceLow, 0, 0, false},
		"it is low already":      {alert.Warning(), [][2]int{{-1, 50}, {-1, 60}, {-1, 70}, {2, 40}}, AdviceNone, 0, 0, false},
		"nobody ever answers":    {alert.Warning(), [][2]int{{-1, 50}, {-1, 60}, {-1, 70}}, AdviceDrop, 0, 0, true},
		"somebody answers":       {alert.Critical(), [][2]int{{1, 50}, {2, 60}, {3, 70}, {-1, 1}}, AdviceNone, 0, 0, false},
		"it pages nobody":        {alert.Info(), [][2]int{{-1, 1}, {-1, 1}, {-1, 1}}, AdviceNone, 0, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var facts []Fact
			for i, x := range c.of {
				f := over(now.Add(-time.Duration(i+1)*time.Hour), x[0], x[1])
				f.Alike, f.Number, f.Severity = 7, id.Incident(100-i), c.severity
				facts = append(facts, f)
			}
			m := measure(t, FigureQuery{}, facts...)
			if len(m.Noise) != 1 {
				t.Fatalf("noise %+v", m.Noise)
			}
			n := m.Noise[0]
			if n.Advice != c.advice || n.Hold != c.hold || n.Spared != c.spared || n.Alert != "alert of #100" || n.Incidents != len(c.of) {
				t.Errorf("%+v", n)
			}
			if never := len(m.Unanswered) == 1; never != c.never {
				t.Errorf("never answered: %+v", m.Unanswered)
			}
		})
	}
}

// A share is what sorting gives.
func TestShareIsWhatSortingGives(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		all := make([]time.Duration, 1+r.IntN(60))
		for i := range all {
			all[i] = time.Duration(r.IntN(30))
		}
		sorted := slices.Sorted(slices.Values(all))
		percent := []int{50, 80, 90, 100}[r.IntN(4)]
		if got, want := share(all, percent), sorted[(len(all)*percent+99)/100-1]; got != want {
			t.Fatalf("%d %% of %v: %d, want %d", percent, sorted, got, want)
		}
	}
}

func TestTheLoudestAlertsAreFirst(t *testing.T) {
	t.Parallel()
	var facts []Fact
	for kind := range int64(40) {
		for range kind + 1 {
			f := over(now.Add(-time.Hour), -1, 20)
			f.Alike, f.Number = kind+1, id.Incident(kind+1)
			facts = append(facts, f)
		}
	}
	m := measure(t, FigureQuery{}, facts...)
	if len(m.Noise) != 30 || m.Noise[0].Incidents != 40 || m.Noise[29].Incidents != 11 || len(m.Unanswered) != 30 {
		t.Errorf("%d are said, %d never", len(m.Noise), len(m.Unanswered))
	}
	if !slices.IsSortedFunc(m.Noise, func(a, b Noise) int { return b.Incidents - a.Incidents }) {
		t.Error("they are in no order")
	}
}

func TestPagesOfPeople(t *testing.T) {
	t.Parallel()
	page := func(who id.User, n id.Incident, at string, high bool) PageFact {
		moment, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		return PageFact{User: who, Incident: n, At: moment, High: high}
	}
	s := &seen{pages: []PageFact{
		page("u1", 1, "2026-10-20T23:00:00+02:00", true), page("u1", 1, "2026-10-21T06:59:00+02:00", true), // one night
		page("u1", 2, "2026-10-21T22:00:00+02:00", true), page("u1", 3, "2026-10-22T03:00:00+02:00", false), page("u1", 3, "2026-10-22T07:00:00+02:00", true),
		page("u2", 4, "2026-10-20T23:00:00+02:00", true), // 05:00 there
		page("u9", 4, "2026-10-20T23:00:00Z", true),
	}}
	got, err := CountPages{Figures: s, Directory: names(), Clock: fixed(now)}.Do(t.Context(), viewer, FigureQuery{Service: "web"})
	if err != nil {
		t.Fatal(err)
	}
	want := []PagedPerson{
		{ID: "u9", Zone: "UTC", Pages: 1, Incidents: 1, NightPages: 1, Nights: 1},
		{ID: "u2", Name: "Ana", Email: "ana@example.org", Zone: "Asia/Singapore", Pages: 1, Incidents: 1, NightPages: 1, Nights: 1},
		{ID: "u1", Name: "Zoe", Email: "zoe@example.org", Zone: "Europe/Madrid", Pages: 5, Incidents: 3, NightPages: 3, Nights: 2},
	}
	if !slices.Equal(got.People, want) {
		t.Errorf("%+v", got.People)
	}
	if s.f.Service != "web" || !s.f.Until.Equal(now) || !s.f.Since.Equal(now.AddDate(0, 0, -28)) {
		t.Errorf("asked for %+v", s.f)
	}
}

func TestWhatIsWrongWithAFigureIsSaid(t *testing.T) {
	t.Parallel()
	u := Measure{Figures: &seen{}, Directory: names(), Clock: fixed(now)}
	pages := CountPages{Figures: &seen{}, Directory: names(), Clock: fixed(now)}
	for code, q := range map[string]FigureQuery{
		"insight.zone":       {Zone: "Mars/Base"},
		"insight.period":     {Since: now, Until: now},
		"incidents.severity": {Severity: "loud"},
	} {
		_, err := u.Do(t.Context(), viewer, q)
		if fault.Of(err).Code != code {
			t.Errorf("%+v: %v", q, err)
		}
		if _, err := pages.Do(t.Context(), viewer, q); fault.Of(err).Code != code {
			t.Errorf("%+v: %v", q, err)
		}
	}
	if _, err := u.Do(t.Context(), viewer, FigureQuery{Since: now.AddDate(-4, 0, 0)}); fault.Of(err).Code != "insight.period" {
		t.Errorf("four years: %v", err)
	}
	if _, err := u.Do(t.Context(), directory.Principal{}, FigureQuery{}); !fault.Is(err, fault.KindUnauthorized) {
		t.Errorf("nobody: %v", err)
	}
	if _, err := pages.Do(t.Context(), directory.Principal{}, FigureQuery{}); !fault.Is(err, fault.KindUnauthorized) {
		t.Errorf("nobody: %v", err)
	}
}
