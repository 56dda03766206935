package insight

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// FigureQuery says of which incidents figures are wanted, in the words of the wire.
type FigureQuery struct {
	Since       time.Time // zero: four weeks before Until
	Until       time.Time // zero: now
	Zone        string    // in which days and hours are; "" is UTC
	Service     string    // name or id
	Team        string    // name or id
	Environment string
	Severity    string
}

const fourWeeks = 28 * 24 * time.Hour

// filter gives the incidents, and the zone of days and hours.
func (q FigureQuery) filter(now time.Time) (Filter, *time.Location, error) {
	until := q.Until
	if until.IsZero() {
		until = now
	}
	since := q.Since
	if since.IsZero() {
		since = until.Add(-fourWeeks)
	}
	f, err := IncidentQuery{Service: q.Service, Team: q.Team, Environment: q.Environment, Severity: q.Severity, Since: since, Until: until}.filter()
	if err != nil {
		return f, nil, err
	}
	if !until.After(since) || until.Sub(since) > longest {
		return f, nil, fault.Invalid("insight.period", "until must come after since, by at most %d days", int(longest.Hours()/24)).At("until")
	}
	zone, err := zoneOf(q.Zone, "zone")
	return f, zone, err
}

// Measure says how a time was: how many incidents, how soon people answered, when, and what is noise.
type Measure struct {
	Figures   Figures
	Directory ports.Atomically[ports.Directory] // only read
	Clock     ports.Clock
}

// Measured is what it says.
type Measured struct {
	Since, Until time.Time
	Zone         string
	All          Tally
	Days         []Day // every day of the time, also those without an incident
	Services     []Part
	Teams        []Part    // with one without a name for what belongs to no team
	Hours        [168]int  // opened in each hour of the week; 0 is Monday from 00:00
	ServiceDays  []DayLine // of the services with the most incidents, at most 20
	Noise        []Noise   // of the alerts that opened the most incidents, at most 30
	Unanswered   []Noise   // alerts that pages were about and nobody ever answered, at most 30
}

// Tally counts incidents.
type Tally struct {
	Incidents    int
	Open         int
	Acknowledged int
	Resolved     int
	Answered     int // by a person, ever
	Healed       int // over, and no person ever answered
	ToAnswer     Spread
	ToResolve    Spread
}

// Spread is how long something took: half of them at most P50, nine of ten at most P90. There are none where Of is 0.
type Spread struct {
	Of       int
	P50, P90 time.Duration
}

// Day counts what opened and what ended on a day in the zone; of those that opened in the time.
type Day struct {
	Date             string // 2026-03-02
	Opened, Resolved int
}

// Part is the tally of a service or a team.
type Part struct {
	ID, Name string // Name "" where nobody has it any more
	Tally
}

// DayLine counts what opened of a service on each of the days.
type DayLine struct {
	ID      id.Service // "" is no service
	Service string     // its name, or its id where nobody has it any more
	Opened  []int
}

// mostLines is for how many services their days are given.
const mostLines = 20

// Do looks at all incidents that opened in the time. What is wrong with the query is fault.Invalid.
func (u Measure) Do(ctx context.Context, by directory.Principal, q FigureQuery) (Measured, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return Measured{}, err
	}
	f, zone, err := q.filter(u.Clock.Now())
	if err != nil {
		return Measured{}, err
	}
	m := newMeasuring(f, zone)
	if err := u.Figures.Facts(ctx, f, m.add); err != nil {
		return Measured{}, err
	}
	var names *directory.Snapshot
	err = u.Directory(ctx, func(ctx context.Context, r ports.Directory) (err error) {
		names, err = r.Current(ctx)
		return err
	})
	if err != nil {
		return Measured{}, err
	}
	out := m.measured(names)
	out.Noise, out.Unanswered, err = u.noise(ctx, m.alerts)
	return out, err
}

// measuring adds facts up.
type measuring struct {
	f        Filter
	zone     *time.Location
	all      sum
	shifts   []Shift
	first    int64 // the first day, in days since 1970
	days     []Day
	services map[id.Service]*sum
	teams    map[id.Team]*sum
	lines    map[id.Service][]int
	hours    [168]int
	alerts   map[int64]*alike
}

// sum is a tally that grows.
type sum struct {
	Tally
	toAnswer, lasted []time.Duration
	healed           []time.Duration // how long what healed lasted
}

func newMeasuring(f Filter, zone *time.Location) *measuring {
	m := &measuring{
		f: f, zone: zone, services: map[id.Service]*sum{}, teams: map[id.Team]*sum{}, lines: map[id.Service][]int{}, alerts: map[int64]*alike{},
	}
	m.shifts = Shifts(zone, f.Since, f.Until.AddDate(1, 0, 0)) // most are over by then
	m.first = m.local(f.Since) / (24 * microsecondsOfHour)
	for d := m.first; d <= m.local(f.Until.Add(-1))/(24*microsecondsOfHour); d++ {
		m.days = append(m.days, Day{Date: time.Unix(d*24*3600, 0).UTC().Format(time.DateOnly)})
	}
	return m
}

func (m *measuring) add(f *Fact) {
	local := m.local(f.OpenedAt)
	day := m.day(local)
	m.days[day].Opened++
	m.hours[(local/microsecondsOfHour+hoursToThursday)%168]++
	if f.Lasted >= 0 {
		if end := m.day(m.local(f.OpenedAt.Add(f.Lasted))); end < len(m.days) {
			m.days[end].Resolved++
		}
	}
	line := m.lines[f.Service]
	if line == nil {
		line = make([]int, len(m.days))
		m.lines[f.Service] = line
	}
	line[day]++
	m.all.add(f)
	entry(m.services, f.Service).add(f)
	entry(m.teams, f.Team).add(f)
	if f.Alike == 0 {
		return
	}
	a := entry(m.alerts, f.Alike)
	a.add(f)
	if a.newest == 0 || f.OpenedAt.After(a.at) {
		a.newest, a.at, a.severity = f.Number, f.OpenedAt, f.Severity
	}
}

const (
	microsecondsOfHour = int64(time.Hour / time.Microsecond)
	hoursToThursday    = 72 // 1970 began on one
)

// local is the microseconds that have passed since 1970 by the zone's clock: reading a calendar for each of many
// incidents would cost more than all else.
func (m *measuring) local(t time.Time) int64 {
	for _, s := range m.shifts {
		if s.Until.IsZero() || t.Before(s.Until) {
			return t.UnixMicro() + s.By.Microseconds()
		}
	}
	return t.UnixMicro() // never: the last shift has no end
}

// day is the number of a day; days have 23 to 25 hours.
func (m *measuring) day(local int64) int { return int(local/(24*microsecondsOfHour) - m.first) }

func entry[K comparable, V any](m map[K]*V, k K) *V {
	v := m[k]
	if v == nil {
		v = new(V)
		m[k] = v
	}
	return v
}

func (s *sum) add(f *Fact) {
	s.Incidents++
	switch f.Status {
	case incident.Open():
		s.Open++
	case incident.Acknowledged():
		s.Acknowledged++
	case incident.Resolved():
		s.Resolved++
	}
	if f.ToAnswer >= 0 {
		s.toAnswer = append(s.toAnswer, f.ToAnswer)
	}
	if f.Lasted >= 0 {
		s.lasted = append(s.lasted, f.Lasted)
	}
	switch {
	case f.Answered:
		s.Answered++
	case f.Status == incident.Resolved():
		s.Healed++
		s.healed = append(s.healed, max(0, f.Lasted))
	}
}

func (s *sum) tally() Tally {
	s.ToAnswer, s.ToResolve = spread(s.toAnswer), spread(s.lasted)
	return s.Tally
}

// spread orders what it is given anew.
func spread(all []time.Duration) Spread {
	if len(all) == 0 {
		return Spread{}
	}
	return Spread{len(all), share(all, 50), share(all, 90)}
}

// share is the smallest of them that so many per cent are no greater than. It finds its place without sorting all.
func share(all []time.Duration, percent int) time.Duration {
	want := (len(all)*percent+99)/100 - 1
	for len(all) > 1 {
		pivot := middle(all[0], all[len(all)/2], all[len(all)-1])
		less, more := 0, len(all)
		for i := 0; i < more; {
			switch v := all[i]; {
			case v < pivot:
				all[i], all[less] = all[less], v
				less++
				i++
			case v > pivot:
				more--
				all[i], all[more] = all[more], v
			default:
				i++
			}
		}
		switch {
		case want < less:
			all = all[:less]
		case want >= more:
			all, want = all[more:], want-more
		default:
			return pivot
		}
	}
	return all[0]
}

func middle(a, b, c time.Duration) time.Duration {
	return max(min(a, b), min(max(a, b), c))
}

func (m *measuring) measured(names *directory.Snapshot) Measured {
	out := Measured{Since: m.f.Since, Until: m.f.Until, Zone: m.zone.String(), All: m.all.tally(), Days: m.days, Hours: m.hours}
	service := func(of id.Service) string {
		if of == "" {
			return directory.NoService
		}
		if s, ok := names.Services[of]; ok {
			return s.Name
		}
		return ""
	}
	for of, s := range m.services {
		out.Services = append(out.Services, Part{string(of), service(of), s.tally()})
	}
	for of, s := range m.teams {
		p := Part{ID: string(of), Tally: s.tally()}
		if t, ok := names.Teams[of]; ok {
			p.Name = t.Name
		}
		out.Teams = append(out.Teams, p)
	}
	for _, parts := range [][]Part{out.Services, out.Teams} {
		slices.SortFunc(parts, func(a, b Part) int {
			return cmp.Or(cmp.Compare(b.Incidents, a.Incidents), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
		})
	}
	for _, p := range out.Services[:min(mostLines, len(out.Services))] {
		out.ServiceDays = append(out.ServiceDays, DayLine{id.Service(p.ID), cmp.Or(p.Name, p.ID), m.lines[id.Service(p.ID)]})
	}
	return out
}
