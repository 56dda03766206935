package insight

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// CountPages says how often people were paged, and how often at night: what on call costs whom. It is no ranking.
type CountPages struct {
	Figures   Figures
	Directory ports.Atomically[ports.Directory] // only read
	Clock     ports.Clock
}

// CountedPages are those of a time.
type CountedPages struct {
	Since, Until time.Time
	People       []PagedPerson // by name
}

// PagedPerson is how often somebody was paged.
type PagedPerson struct {
	ID          string
	Name, Email string // "" where nobody has the id any more
	Zone        string // in which their nights are
	Pages       int
	Incidents   int // that the pages were about
	NightPages  int // of high urgency, at night in their zone
	Nights      int // with such a page; a night belongs to the day on which it begins
}

// Do counts the pages of incidents that opened in the time.
func (u CountPages) Do(ctx context.Context, by directory.Principal, q FigureQuery) (CountedPages, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return CountedPages{}, err
	}
	f, _, err := q.filter(u.Clock.Now())
	if err != nil {
		return CountedPages{}, err
	}
	var names *directory.Snapshot
	err = u.Directory(ctx, func(ctx context.Context, r ports.Directory) (err error) {
		names, err = r.Current(ctx)
		return err
	})
	if err != nil {
		return CountedPages{}, err
	}
	people := map[id.User]*paged{}
	err = u.Figures.Pages(ctx, f, func(p *PageFact) {
		who, ok := people[p.User]
		if !ok {
			who = newPaged(p.User, names)
			people[p.User] = who
		}
		who.add(p)
	})
	out := CountedPages{Since: f.Since, Until: f.Until}
	for _, p := range people {
		p.Incidents, p.Nights = len(p.incidents), len(p.nights)
		out.People = append(out.People, p.PagedPerson)
	}
	slices.SortFunc(out.People, func(a, b PagedPerson) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return out, err
}

// paged is somebody whose pages are counted.
type paged struct {
	PagedPerson
	zone      *time.Location
	incidents map[id.Incident]struct{}
	nights    map[string]struct{}
}

func newPaged(who id.User, names *directory.Snapshot) *paged {
	p := &paged{
		PagedPerson: PagedPerson{ID: string(who)}, zone: time.UTC, incidents: map[id.Incident]struct{}{}, nights: map[string]struct{}{},
	}
	if u, ok := names.Users[who]; ok {
		p.Name, p.Email = cmp.Or(u.Name, u.Email), u.Email
		if zone, err := time.LoadLocation(u.TimeZone); err == nil {
			p.zone = zone
		}
	}
	p.Zone = p.zone.String()
	return p
}

func (p *paged) add(f *PageFact) {
	p.Pages++
	p.incidents[f.Incident] = struct{}{}
	if f.High && Night(f.At, p.zone) {
		p.NightPages++
		p.nights[f.At.In(p.zone).Add(-nightTo*time.Hour).Format(time.DateOnly)] = struct{}{}
	}
}
