package notification

import (
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Reach is how a recipient can be reached at this moment.
type Reach struct {
	Contacts []Contact      // usable ones only
	Rules    Rules          // steps that name a contact not in Contacts are skipped
	Zone     *time.Location // the person's own wall clock, for Hours; nil is UTC
	Expiry   func(kind string) time.Duration
	Channel  string        // for a channel: its kind; Contacts is empty then
	Follows  bool          // for a channel: it is told of everything
	After    time.Duration // for a channel: it is told only of incidents that are as old
}

// Usable says whether anything could be sent at all.
func (r Reach) Usable() bool { return len(r.Contacts) > 0 || r.Channel != "" }

// Expand turns a page into its deliveries: a step of the recipient's rules each. A person who has
// contacts but no rule for the urgency gets every contact at once: better twice than never.
// ackTimeout bounds what has no expiry of its own (SMS lives as long as the level has to answer). What should have
// gone at once, while we were away, has been due since then: it is caught up with in a digest.
func Expand(p Page, r Reach, ackTimeout time.Duration) []Delivery {
	if p.Recipient.Kind == ToChannel {
		d := delivery(p, r, r.Channel, ChannelLane(id.Channel(p.Recipient.ID)), ackTimeout)
		d.late(p)
		if from := p.Opened.Add(r.After); r.After > 0 && d.DueAt.Before(from) {
			d.DueAt, d.ExpiresAt = from, d.ExpiresAt.Add(from.Sub(p.At))
		}
		return []Delivery{d}
	}
	steps := usableSteps(r, r.Rules.For(p.Urgency))
	if len(steps) == 0 {
		for _, c := range r.Contacts {
			steps = append(steps, Step{Contact: c.ID})
		}
	}
	out := make([]Delivery, 0, len(steps))
	for i, s := range steps {
		c := contact(r, s)
		d := delivery(p, r, c.Kind, ContactLane(c.ID), ackTimeout)
		d.Step = i
		d.DueAt = p.At.Add(s.After)
		if s.Hours != nil {
			d.DueAt, d.OwnHours = s.Hours.Next(d.DueAt, r.Zone)
		}
		d.ExpiresAt = d.DueAt.Add(expiry(r, c.Kind, ackTimeout))
		d.late(p)
		out = append(out, d)
	}
	return out
}

// late makes a delivery that is due at once due since its page should have been.
func (d *Delivery) late(p Page) {
	if !p.Since.IsZero() && d.DueAt.Equal(p.At) {
		d.DueAt = p.Since
	}
}

func delivery(p Page, r Reach, kind string, lane Lane, ackTimeout time.Duration) Delivery {
	return Delivery{
		Page: p.PageKey, Purpose: p.Purpose, Lane: lane, Kind: kind, Urgency: p.Urgency, Severity: p.Severity, ByHand: p.ByHand,
		CreatedAt: p.At, DueAt: p.At, ExpiresAt: p.At.Add(expiry(r, kind, ackTimeout)), Status: Waiting,
	}
}

func expiry(r Reach, kind string, ackTimeout time.Duration) time.Duration {
	if r.Expiry != nil {
		if d := r.Expiry(kind); d > 0 {
			return d
		}
	}
	return ackTimeout
}

func usableSteps(r Reach, steps []Step) []Step {
	out := make([]Step, 0, len(steps))
	for _, s := range steps {
		if contact(r, s).ID != "" {
			out = append(out, s)
		}
	}
	return out
}

func contact(r Reach, s Step) Contact {
	for _, c := range r.Contacts {
		if c.ID == s.Contact {
			return c
		}
	}
	return Contact{}
}

// Next gives t where it lies within the hours, else the next start of them; waits says which.
// It thinks in wall-clock time of the zone, so a day with a clock change has its hours where people expect them.
func (h Hours) Next(t time.Time, zone *time.Location) (at time.Time, waits bool) {
	if zone == nil {
		zone = time.UTC
	}
	l := t.In(zone)
	minute := l.Hour()*60 + l.Minute()
	if minute >= h.From && minute < h.To {
		return t, false
	}
	day := l.Day()
	if minute >= h.To {
		day++
	}
	return time.Date(l.Year(), l.Month(), day, h.From/60, h.From%60, 0, 0, zone).UTC(), true
}
