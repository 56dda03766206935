package insight

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Advice is what to do about noise.
type Advice string

// The advices.
const (
	AdviceNone Advice = ""
	AdviceHold Advice = "hold" // it heals within minutes: wait before the first page
	AdviceLow  Advice = "low"  // it mostly heals by itself: it need not wake anybody
	AdviceDrop Advice = "drop" // nobody ever does anything about it
)

// Noise is an alert that opened incidents of a service.
type Noise struct {
	Alert    string
	Service  string
	Severity alert.Severity // of the newest
	Tally
	Advice Advice
	Hold   time.Duration // for AdviceHold: before the first page
	Spared int           // of the incidents, how many the hold would have kept from paging
}

// alike is the sum of what an alert opened.
type alike struct {
	sum
	newest   id.Incident
	at       time.Time
	severity alert.Severity
}

// noise looks at the alerts that opened the most incidents, and at those that nobody ever answered.
func (u Measure) noise(ctx context.Context, all map[int64]*alike) (most, unanswered []Noise, err error) {
	loud := make([]*alike, 0, len(all))
	for _, a := range all {
		loud = append(loud, a)
	}
	slices.SortFunc(loud, func(a, b *alike) int {
		return cmp.Or(cmp.Compare(b.Incidents, a.Incidents), cmp.Compare(a.newest, b.newest))
	})
	var never []*alike
	for _, a := range loud {
		if a.Answered == 0 && a.Healed >= often && !a.severity.Quiet() && len(never) < mostNoise {
			never = append(never, a)
		}
	}
	loud = loud[:min(mostNoise, len(loud))]
	var numbers []id.Incident
	for _, a := range slices.Concat(loud, never) {
		numbers = append(numbers, a.newest)
	}
	openers, err := u.Figures.Openers(ctx, numbers)
	if err != nil {
		return nil, nil, err
	}
	by := make(map[id.Incident]Opener, len(openers))
	for _, o := range openers {
		by[o.Number] = o
	}
	said := func(of []*alike) (out []Noise) {
		for _, a := range of {
			out = append(out, a.noise(by[a.newest]))
		}
		return out
	}
	return said(loud), said(never), nil
}

// When noise is noise.
const (
	mostNoise   = 30               // are listed
	often       = 3                // incidents are enough to say anything
	longestHold = 15 * time.Minute // who waits longer before the first page does not want one
)

// noise says what to do: where most heal soon, wait; where most heal, do not wake; where nobody ever answers, drop.
func (a *alike) noise(o Opener) Noise {
	n := Noise{Alert: o.Alert, Service: o.Service, Severity: a.severity, Tally: a.tally()}
	if a.Resolved < often || a.severity.Quiet() {
		return n
	}
	var hold time.Duration
	if a.Healed > 0 {
		hold = share(a.healed, 80).Truncate(time.Minute) + time.Minute // four of five of those that heal would not have paged
	}
	switch {
	case a.Healed*10 >= a.Resolved*6 && hold <= longestHold:
		n.Advice, n.Hold = AdviceHold, hold
		for _, d := range a.healed {
			if d < hold {
				n.Spared++
			}
		}
	case a.Answered == 0:
		n.Advice = AdviceDrop
	case a.Healed*10 >= a.Resolved*6 && a.severity.Urgency().IsHigh():
		n.Advice = AdviceLow
	}
	return n
}
