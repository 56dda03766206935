package insight

import (
	"context"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// What a storm is: more than this many incidents opened within this time, and still unresolved.
const (
	stormOver   = 10
	stormWithin = 5 * time.Minute
	stormBack   = 24 * time.Hour // how far back is looked
	stormMost   = 2000           // incidents, and alerts, that are looked at
)

// Storm sees when many incidents open at once, and what their alerts share.
type Storm struct {
	Reader Reader
	Around Around
	Clock  ports.Clock
}

// StormCard is a storm; Incidents 0: there is none.
type StormCard struct {
	Incidents int
	Services  int
	Began     time.Time
	Newest    time.Time // when its last incident was opened
	First     Opened
	Title     string // of the first
	Service   string // name, of the first
	Alerts    int    // that fire, of those that are looked at
	Shares    []alert.Share
}

// Do looks for the newest storm of which more than ten incidents are unresolved.
func (u Storm) Do(ctx context.Context, by directory.Principal) (StormCard, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return StormCard{}, err
	}
	all, err := u.Around.Unresolved(ctx, u.Clock.Now().Add(-stormBack), stormMost)
	if err != nil {
		return StormCard{}, err
	}
	slices.Reverse(all)
	storm := newestStorm(all)
	if len(storm) == 0 {
		return StormCard{}, nil
	}
	card := StormCard{Incidents: len(storm), Began: storm[0].At, Newest: storm[len(storm)-1].At, First: storm[0]}
	services := map[id.Service]bool{}
	numbers := make([]id.Incident, len(storm))
	for i, o := range storm {
		services[o.Service], numbers[i] = true, o.Number
	}
	card.Services = len(services)
	alerts, err := u.Around.FiringIn(ctx, numbers, stormMost)
	if err != nil {
		return StormCard{}, err
	}
	card.Alerts, card.Shares = len(alerts), alert.Shares(alerts)
	first, err := u.Reader.Show(ctx, storm[0].Number.String())
	card.Title, card.Service = first.Title, first.ServiceName
	return card, err
}

// newestStorm gives the newest run of incidents, oldest first, in which any of them has enough others within the
// time; empty: none.
func newestStorm(all []Opened) []Opened {
	end := len(all)
	for end > stormOver && all[end-1].At.Sub(all[end-1-stormOver].At) > stormWithin {
		end--
	}
	if end <= stormOver {
		return nil
	}
	begin := end - 1 - stormOver
	for begin > 0 && all[begin-1+stormOver].At.Sub(all[begin-1].At) <= stormWithin {
		begin--
	}
	return all[begin:end]
}
