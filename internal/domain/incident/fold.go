package incident

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Fold gathers the steps that one transaction takes with one incident into one change.
type Fold struct {
	change  Change
	touched []TimerKind
	steps   int
}

// NewFold begins with what is stored (or, for a new incident, with its identity).
func NewFold(s State) *Fold { return &Fold{change: Change{State: s}} }

// State is the state so far.
func (f *Fold) State() *State { return &f.change.State }

// Steps is how many steps were taken: a fold without one needs no save.
func (f *Fold) Steps() int { return f.steps }

// Point makes a correlation key lead to this incident.
func (f *Fold) Point(key string) {
	if !slices.Contains(f.change.Point, key) {
		f.change.Point = append(f.change.Point, key)
	}
}

// Step takes one step. An error leaves everything as it was.
func (f *Fold) Step(ev Event, in Input) error {
	s, commands, err := Step(f.change.State, ev, in)
	if err != nil {
		return err
	}
	f.change.State = s
	f.steps++
	for _, c := range commands {
		f.do(c)
	}
	return nil
}

func (f *Fold) do(c Command) {
	switch c := c.(type) {
	case SetTimer:
		f.touch(c.Timer.Kind)
	case CancelTimer:
		f.touch(c.Timer.Kind)
	case SendPage:
		f.change.Pages = append(f.change.Pages, c.Page)
	case StopDeliveries:
		f.stop()
	case StopPages:
		f.stopFor(c.Recipient)
	case Record:
		f.record(c.Entry)
	}
}

func (f *Fold) touch(k TimerKind) {
	if !slices.Contains(f.touched, k) {
		f.touched = append(f.touched, k)
	}
}

// stop cancels what waits: in the store, and of the pages that this very change made.
func (f *Fold) stop() {
	f.change.Stop = true
	for i := range f.change.Pages {
		ds := f.change.Pages[i].Deliveries
		for j := range ds {
			ds[j].Status = notification.Cancelled
		}
	}
}

// stopFor cancels what waits for one recipient.
func (f *Fold) stopFor(r notification.Recipient) {
	f.change.StopFor = append(f.change.StopFor, r)
	for i := range f.change.Pages {
		if f.change.Pages[i].Recipient != r {
			continue
		}
		ds := f.change.Pages[i].Deliveries
		for j := range ds {
			ds[j].Status = notification.Cancelled
		}
	}
}

// record adds an entry; alerts that join within one change share one.
func (f *Fold) record(e Entry) {
	if e.Kind == EntryJoined {
		for i := range f.change.Entries {
			if old := &f.change.Entries[i]; old.Kind == EntryJoined {
				n, _ := strconv.Atoi(old.Data["alerts"])
				n++
				old.Data = map[string]string{"alerts": strconv.Itoa(n)}
				old.Text = fmt.Sprintf("%d alerts joined", n)
				return
			}
		}
	}
	f.change.State.Seq++
	e.Seq = f.change.State.Seq
	f.change.Entries = append(f.change.Entries, e)
}

// NextSeq takes the next number of the incident's sequence, for the history of its alerts.
func (f *Fold) NextSeq() int64 {
	f.change.State.Seq++
	return f.change.State.Seq
}

// Change is what must be saved. Timers are netted: what the state plans is set, what it touched and does not plan is cancelled.
func (f *Fold) Change() Change {
	c := f.change
	c.Set, c.Cancel = nil, nil
	for _, k := range f.touched {
		i := slices.IndexFunc(c.State.Timers, func(t Timer) bool { return t.Kind == k })
		if i < 0 {
			c.Cancel = append(c.Cancel, Timer{Incident: c.State.Number, Kind: k})
			continue
		}
		t := c.State.Timers[i]
		t.Incident = c.State.Number
		c.Set = append(c.Set, t)
	}
	return c
}
