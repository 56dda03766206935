package insight

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// Figures reads what figures are made of: the narrow facts of many incidents, one after the other in no order. What
// they mean is said here, once for every store.
type Figures interface {
	// Facts gives a fact of each incident that the filter lets through, whatever its order and limit.
	Facts(ctx context.Context, f Filter, each func(*Fact)) error
	// Pages gives each page of a person that was made for an incident that the filter lets through.
	Pages(ctx context.Context, f Filter, each func(*PageFact)) error
	// Openers gives what opened these incidents, in no order.
	Openers(ctx context.Context, numbers []id.Incident) ([]Opener, error)
}

// Fact is what figures need to know of an incident.
type Fact struct {
	Number   id.Incident
	OpenedAt time.Time
	Status   incident.Status
	Severity alert.Severity
	Service  id.Service
	Team     id.Team       // "" where it has none
	Alike    int64         // the same for incidents of one service that the same alert opened; 0 where no alert did
	ToAnswer time.Duration // until somebody first acknowledged it; negative: nobody has
	Lasted   time.Duration // from its opening to its end; negative: it goes on, perhaps in another
	Answered bool          // a person ever acknowledged or resolved it
}

// PageFact is one page of a person: asking for an answer, not an update.
type PageFact struct {
	User     id.User
	Incident id.Incident
	At       time.Time
	High     bool // it could wake
}

// Opener is the alert that opened an incident.
type Opener struct {
	Number   id.Incident
	Alert    string
	Service  string // its name
	Severity alert.Severity
}

// The hours of a night, in which nobody should be paged.
const (
	nightFrom = 22
	nightTo   = 7
)

// Night says whether it is night in a zone: from 22:00 to 07:00.
func Night(t time.Time, zone *time.Location) bool {
	h := t.In(zone).Hour()
	return h >= nightFrom || h < nightTo
}

// HourOfWeek is one of the 168 hours of a week in a zone; 0 is Monday from 00:00.
type HourOfWeek struct {
	Hour int
	Zone *time.Location
}

// Is says whether a moment is in it.
func (h *HourOfWeek) Is(t time.Time) bool { return hourOfWeek(t.In(h.Zone)) == h.Hour }

func hourOfWeek(t time.Time) int { return (int(t.Weekday())+6)%7*24 + t.Hour() }

// Shift is the time that a zone is ahead of UTC, until a moment.
type Shift struct {
	Until time.Time // exclusive; zero: from then on
	By    time.Duration
}

// Shifts are those of a zone from one moment to another.
func Shifts(zone *time.Location, from, to time.Time) []Shift {
	var out []Shift
	for t := from; ; {
		local := t.In(zone)
		_, seconds := local.Zone()
		_, end := local.ZoneBounds()
		s := Shift{By: time.Duration(seconds) * time.Second}
		if end.IsZero() || !end.Before(to) {
			return append(out, s)
		}
		s.Until = end.UTC()
		out, t = append(out, s), end
	}
}

// Paged asks for incidents of which somebody was paged.
type Paged struct {
	User  string         // email address or id
	Night *time.Location // nil: whenever; else by a page that could wake, at night there
}
