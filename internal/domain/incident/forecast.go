package incident

import (
	"fmt"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Call is somebody who hears of an incident, by one step of their rules, if nobody has answered before.
type Call struct {
	At      time.Time
	Level   int // that pages; 0: none of the levels, as the fallback
	Walk    int // 1 for the first time through the levels
	Who     notification.Recipient
	Name    string
	Lane    notification.Lane // the contact or the channel
	Kind    string            // of channel, e.g. "sms"
	Waits   bool              // by the person's own hours
	Purpose notification.Purpose
	Reason  string
}

// Missed is something that a policy says and that reaches nobody.
type Missed struct {
	At   time.Time
	Text string
}

// Forecast is who is woken by an incident, when and how, if nobody ever answers and every provider takes what it is given.
type Forecast struct {
	Calls       []Call // in order of time
	Missed      []Missed
	ExhaustedAt time.Time // when the policy ends; zero: it pages nobody, or not within the horizon
	RemindEvery time.Duration
}

// A forecast looks so far, and takes so many steps at most: 20 levels ten times are 200.
const (
	forecastFor   = 14 * 24 * time.Hour
	forecastSteps = 2000
)

// Foresee runs the engine itself ahead of time: what it says is what would happen.
func Foresee(service id.Service, sev alert.Severity, at time.Time, rules Rules, roster Roster) (Forecast, error) {
	f := foreseer{in: Input{Now: at, Rules: rules, Roster: roster}, out: Forecast{RemindEvery: rules.RemindEvery}}
	f.s = State{Number: 1, ID: "forecast", Service: service}
	if err := f.step(Fired{Alert: "forecast", Severity: sev, New: true, Title: "forecast", By: source()}); err != nil {
		return Forecast{}, err
	}
	for range forecastSteps {
		ev, when, ok := f.next()
		if !ok || f.s.Exhausted || when.Sub(at) > forecastFor {
			break
		}
		f.in.Now = when
		if err := f.step(ev); err != nil {
			return Forecast{}, err
		}
	}
	slices.SortStableFunc(f.out.Calls, func(a, b Call) int { return a.At.Compare(b.At) })
	return f.out, nil
}

type foreseer struct {
	s     State
	in    Input
	out   Forecast
	taken []taken // pages whose first delivery is yet to be taken
}

type taken struct {
	page notification.Page
	by   notification.Delivery
}

func (f *foreseer) step(ev Event) error {
	fold := NewFold(f.s)
	if err := fold.Step(ev, f.in); err != nil {
		return fmt.Errorf("forecast: %w", err)
	}
	c := fold.Change()
	f.s = c.State
	for _, p := range c.Pages {
		f.page(p)
	}
	for _, e := range c.Entries {
		if e.Kind == EntryGap {
			f.out.Missed = append(f.out.Missed, Missed{e.At, e.Text})
		}
		if e.Kind == EntryExhausted {
			f.out.ExhaustedAt = e.At
		}
	}
	return nil
}

func (f *foreseer) page(p notification.Page) {
	first := -1
	for i, d := range p.Deliveries {
		if d.Status == notification.Cancelled {
			continue
		}
		f.out.Calls = append(f.out.Calls, Call{
			At: d.DueAt, Level: p.Level, Walk: f.s.Walk, Who: p.Recipient, Name: f.in.Roster.Name(p.Recipient),
			Lane: d.Lane, Kind: d.Kind, Waits: d.OwnHours, Purpose: p.Purpose, Reason: p.Reason,
		})
		if first < 0 || d.DueAt.Before(p.Deliveries[first].DueAt) {
			first = i
		}
	}
	if first >= 0 {
		f.taken = append(f.taken, taken{p, p.Deliveries[first]})
	}
}

// next is what happens next: a provider takes a page, or a timer is due. Of both at once, the provider is first.
func (f *foreseer) next() (ev Event, at time.Time, ok bool) {
	nearest := -1
	for i, t := range f.taken {
		if nearest < 0 || t.by.DueAt.Before(f.taken[nearest].by.DueAt) {
			nearest = i
		}
	}
	var timer Timer
	for _, t := range f.s.Timers {
		if !ok || t.DueAt.Before(timer.DueAt) {
			timer, ok = t, true
		}
	}
	if nearest < 0 || ok && timer.DueAt.Before(f.taken[nearest].by.DueAt) {
		return TimerDue{timer}, timer.DueAt, ok
	}
	t := f.taken[nearest]
	f.taken = slices.Delete(f.taken, nearest, nearest+1)
	return PageReported{Page: t.page.PageKey, Purpose: t.page.Purpose, Outcome: PageAccepted, By: t.by.Kind}, t.by.DueAt, true
}
