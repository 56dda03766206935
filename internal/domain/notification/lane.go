package notification

import (
	"cmp"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
)

// LaneRules say how messages to one contact or channel are spaced.
type LaneRules struct {
	Floor     time.Duration // between two messages; 0: none
	Burst     int           // messages in a row that need not wait for the floor; 0 and 1: the first only
	Gather    time.Duration // after a message: wait this long for more, counted from the newest
	GatherMax time.Duration // but never longer than this from the oldest
	Quiet     time.Duration // after this long without a message the next is a first one again
	Late      time.Duration // what could have gone this long ago is late: we were down
	CatchUp   time.Duration // after a digest, the next message that is no worse waits this long
	Line      time.Duration // a message keeps its line busy for as long, unless it is known to have failed; 0: any number at once
	Single    bool          // a message is of one incident: there, each has a post of its own
}

// NewLaneRules gives the rules of a channel kind with this floor and burst.
func NewLaneRules(floor time.Duration, burst int) LaneRules {
	return LaneRules{
		Floor: floor, Burst: burst, Gather: 20 * time.Second, GatherMax: time.Minute,
		Quiet: time.Minute, Late: time.Minute, CatchUp: time.Minute,
	}
}

// PostRules gives the rules of a channel kind that has a post of its own for each incident: nothing is gathered.
func PostRules(floor time.Duration) LaneRules {
	return LaneRules{Floor: floor, Burst: 1, Quiet: time.Minute, Late: time.Minute, Single: true}
}

// lead is what a page must have left of its time when it goes: a provider may take as long to answer.
const lead = 10 * time.Second

// LaneState is what a lane remembers of its messages. The zero value has had none.
type LaneState struct {
	LastAt time.Time      `json:"at,omitzero"`       // the last message
	PageAt time.Time      `json:"page_at,omitzero"`  // the last one that was a page: no page waits for an update
	Worst  alert.Severity `json:"worst,omitzero"`    // the highest paged since the floor last ran out
	ByHand bool           `json:"by_hand,omitempty"` // since then a page by hand went
	Run    int            `json:"run,omitempty"`     // pages since the floor last ran out
	Digest bool           `json:"digest,omitempty"`  // the last page was one
	BusyAt time.Time      `json:"busy_at,omitzero"`  // when something would have gone and the line was last found busy
	Faults int            `json:"faults,omitempty"`  // failures of our own in a row while composing
}

// LanePlan is what to do with a lane now.
type LanePlan struct {
	Send   []Delivery // as one message, worst first; empty: nothing now
	Digest bool       // they should have gone long ago, or one of them caused long ago
	Ready  time.Time  // when Send could have gone at the earliest
	Expire []Delivery // too old to be sent
	State  LaneState  // after sending
	NextAt time.Time  // when to look again; zero: when something new comes
}

// Plan decides what of a lane's due deliveries goes now. later is when the next of those not yet due
// is, zero if there is none. A first message goes at once; after it, what comes is gathered; messages keep
// the floor between them, which whatever is worse than all that was sent since it began breaks, and which gives way
// to a page that would be too old at its end: that goes when half of its time is over.
// Pages go before updates, never with them. A page by hand goes by itself, so that what a person says is not lost
// among what alerts say, and breaks the floor once, whatever was sent. What the lane remembers from after now counts
// as from now: the clock was put back, which must not hold pages back as long.
func (s LaneState) Plan(due []Delivery, later time.Time, r LaneRules, now time.Time) LanePlan {
	s = s.NoLater(now)
	p := LanePlan{State: s, NextAt: later}
	var byHand, pages, updates []Delivery
	for _, d := range due {
		switch {
		case !d.ExpiresAt.IsZero() && !now.Before(d.ExpiresAt):
			p.Expire = append(p.Expire, d)
		case d.Purpose == PurposeUpdate:
			updates = append(updates, d)
		case d.ByHand && !r.Single:
			byHand = append(byHand, d)
		default:
			pages = append(pages, d)
		}
	}
	waiting := slices.DeleteFunc([][]Delivery{byHand, pages, updates}, func(ds []Delivery) bool { return len(ds) == 0 })
	i := slices.IndexFunc(waiting, func(ds []Delivery) bool { return !s.ready(ds, r).After(now) })
	if i < 0 || i > 0 && waiting[i][0].Purpose == PurposeUpdate {
		p.NextAt = earliest(p.NextAt, s.next(waiting, r, now))
		return p
	}
	p.Ready, p.Send = latest(s.ready(waiting[i], r), s.BusyAt), slices.Clone(waiting[i])
	rest := slices.Delete(waiting, i, i+1)
	slices.SortStableFunc(p.Send, func(a, b Delivery) int {
		return cmp.Or(b.Rank()-a.Rank(), a.DueAt.Compare(b.DueAt), cmp.Compare(a.ID, b.ID))
	})
	if r.Single {
		return s.one(p, rest, r, now)
	}
	p.Digest = now.Sub(p.Ready) > r.Late || slices.ContainsFunc(p.Send, func(d Delivery) bool { return d.CreatedAt.Sub(d.DueAt) > r.Late })
	p.State = s.sent(p, r, now)
	p.NextAt = earliest(p.NextAt, p.State.next(rest, r, now))
	return p
}

// Busy is the plan of a lane whose line is busy: nothing goes, whatever waits, and it is not late because of that.
func (s LaneState) Busy(now time.Time) LanePlan {
	s.BusyAt = now
	return LanePlan{State: s, NextAt: now.Add(time.Second)}
}

// one keeps of a plan what is of its worst incident, as it happened. There is no digest: a post shows what is true now.
func (s LaneState) one(p LanePlan, rest [][]Delivery, r LaneRules, now time.Time) LanePlan {
	of := p.Send[0].Page.Incident
	other := func(d Delivery) bool { return d.Page.Incident != of }
	if others := slices.DeleteFunc(slices.Clone(p.Send), func(d Delivery) bool { return !other(d) }); len(others) > 0 {
		rest = append([][]Delivery{others}, rest...)
	}
	p.Send = slices.DeleteFunc(p.Send, other)
	slices.SortStableFunc(p.Send, func(a, b Delivery) int { return cmp.Or(a.DueAt.Compare(b.DueAt), cmp.Compare(a.ID, b.ID)) })
	p.State = s.sent(p, r, now)
	p.NextAt = earliest(p.NextAt, p.State.next(rest, r, now))
	return p
}

// next is when to look again at what waits: pages, if any, then updates, which wait for them.
func (s LaneState) next(waiting [][]Delivery, r LaneRules, now time.Time) time.Time {
	var t time.Time
	for i, ds := range waiting {
		t = earliest(t, firstExpiry(ds))
		if i == 0 || ds[0].Purpose == PurposePage {
			t = earliest(t, latest(s.ready(ds, r), now))
		}
	}
	return t
}

// ready is the earliest moment at which these, all pages or all updates, may go as one message.
func (s LaneState) ready(waiting []Delivery, r LaneRules) time.Time {
	first, newest := waiting[0].DueAt, waiting[0].DueAt
	var breaks time.Time
	for _, d := range waiting {
		first, newest = earliest(first, d.DueAt), latest(newest, d.DueAt)
		if d.Severity.Above(s.Worst) || d.ByHand && !s.ByHand {
			breaks = earliest(breaks, d.DueAt)
		}
	}
	last, floor, free := s.PageAt, s.floor(r), s.Run < r.Burst
	if waiting[0].Purpose == PurposeUpdate {
		last, floor, free, breaks = s.LastAt, r.Floor, false, time.Time{}
	}
	if last.IsZero() || free {
		return first
	}
	at := first
	if first.Before(last.Add(r.Quiet)) && !waiting[0].ByHand {
		at = earliest(newest.Add(r.Gather), first.Add(r.GatherMax))
	}
	at = latest(at, last.Add(floor))
	return earliest(at, breaks, atHalf(waiting, at.Add(lead)))
}

// atHalf is when half of the time is over of the first page that is too old by then; zero: none is.
func atHalf(waiting []Delivery, by time.Time) time.Time {
	var t time.Time
	for _, d := range waiting {
		if d.Purpose == PurposePage && !d.ExpiresAt.IsZero() && d.ExpiresAt.Before(by) {
			t = earliest(t, d.DueAt.Add(d.ExpiresAt.Sub(d.DueAt)/2))
		}
	}
	return t
}

func (s LaneState) floor(r LaneRules) time.Duration {
	if s.Digest {
		return max(r.Floor, r.CatchUp)
	}
	return r.Floor
}

// sent is the state after sending a plan's message. Worst and Run begin anew once floor and gathering have run out.
func (s LaneState) sent(p LanePlan, r LaneRules, now time.Time) LaneState {
	if p.Send[0].Purpose == PurposeUpdate {
		s.LastAt, s.Faults = now, 0
		return s
	}
	out := LaneState{LastAt: now, PageAt: now, Worst: p.Send[0].Severity, ByHand: p.Send[0].ByHand, Run: 1, Digest: p.Digest}
	if !s.PageAt.IsZero() && now.Before(s.PageAt.Add(max(s.floor(r), r.GatherMax))) {
		out.Run, out.ByHand = s.Run+1, s.ByHand || out.ByHand
		if s.Worst.Above(out.Worst) {
			out.Worst = s.Worst
		}
	}
	return out
}

func firstExpiry(ds []Delivery) time.Time {
	var t time.Time
	for _, d := range ds {
		t = earliest(t, d.ExpiresAt)
	}
	return t
}

// earliest gives the earliest of the times that are set.
func earliest(times ...time.Time) time.Time {
	var out time.Time
	for _, t := range times {
		if !t.IsZero() && (out.IsZero() || t.Before(out)) {
			out = t
		}
	}
	return out
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Rests says until when a lane sends nothing whatever waits in it, worst being the severity of the worst that is
// due and expires when the first of it is too old: within the floor, only what is worse than all that was sent goes, or
// would be too old at its end, or is by hand, of which this is not asked. Zero: what waits decides; see Plan.
func (s LaneState) Rests(worst alert.Severity, expires time.Time, r LaneRules, now time.Time) time.Time {
	last := noLater(s.PageAt, now)
	until := last.Add(r.Floor)
	short := !expires.IsZero() && expires.Before(until.Add(r.Gather+lead))
	if last.IsZero() || s.Run < r.Burst || worst.Above(s.Worst) || short || !now.Before(until) {
		return time.Time{}
	}
	return until
}

// NoLater counts what the lane remembers from after now as from now. Where that is not kept, it counts from every now
// anew, and the lane rests until a clock that was put back has caught up.
func (s LaneState) NoLater(now time.Time) LaneState {
	s.LastAt, s.PageAt, s.BusyAt = noLater(s.LastAt, now), noLater(s.PageAt, now), noLater(s.BusyAt, now)
	return s
}

func noLater(t, now time.Time) time.Time {
	if t.After(now) {
		return now
	}
	return t
}
