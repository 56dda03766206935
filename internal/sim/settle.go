package sim

import (
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/memory"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// settle ends the faults and waits for what the contract says of a healthy system: P8, P9 and P2.
func (w *world) settle() {
	w.calm = true
	w.downUntil = time.Time{}
	clear(w.model.sick)
	if s, ok := w.unresolved(); ok && w.plan.poison {
		w.model.sick[s.Number] = true // for good: all others must be well all the same
		w.say("%s cannot be read any more", s.Number)
	}
	for n := range w.model.hurt {
		w.model.hurt[n] = w.now()
	}
	if w.dbOffset != w.dbAhead && !w.plan.waits { // somebody puts it right
		w.dbOffset, w.model.jumped = w.dbAhead, w.now()
	}
	for _, r := range w.replicas {
		if r != nil {
			r.pausedUntil = time.Time{}
			r.offset = w.dbOffset
		}
	}
	w.edit(directory.Edit{Users: users(), Channels: channels(), Policies: w.newest()})
	w.say("CALM")
	w.until(w.now().Add(150 * time.Second)) // whoever wanted to say something has
	for _, s := range w.sources {
		for _, t := range s.alerts {
			if !t.starts.IsZero() {
				w.after(0, func() { s.send([]alert.Signal{t.signal()}, func() { t.told = true }) }) // one after the other
			}
		}
	}
	w.until(w.now().Add(alert.DoubtAfter + 45*time.Second))
	if behind := w.dbAhead - w.dbOffset; behind > 0 && len(w.wrong) == 0 {
		w.model.count("clock behind")
		w.meanwhile()
		w.until(w.now().Add(behind))
	}
	if len(w.wrong) == 0 {
		w.rest()
	}
}

// late is for how long something may be due while all is well.
const late = 5 * time.Second

// meanwhile holds what came after the clock was put back against the contract: what was planned before waits until the
// clock has caught up, and nothing else may wait for it.
func (w *world) meanwhile() {
	now := w.now().Add(w.dbOffset)
	p := w.db.Picture()
	w.punctual(p, now)
	old := func(n id.Incident) bool { return !w.model.opened[n].After(w.model.jumped) }
	p.Incidents = slices.DeleteFunc(p.Incidents, func(s incident.State) bool { return old(s.Number) })
	p.Deliveries = slices.DeleteFunc(p.Deliveries, func(d notification.Delivery) bool { return old(d.Page.Incident) })
	p.Messages = slices.DeleteFunc(p.Messages, func(m ports.Bound) bool {
		return slices.ContainsFunc(m.Items, func(i notification.Item) bool { return old(i.Incident) })
	})
	w.model.counts("opened while the clock is behind", len(p.Incidents))
	w.reached(p.Incidents, now)
	w.out(p, now)
}

// rest holds what is left against the contract.
func (w *world) rest() {
	now := w.now().Add(w.dbOffset)
	p := w.db.Picture()
	w.model.look()
	w.model.counters()
	w.punctual(p, now)
	w.alertsAsTheyAre(p.Alerts)
	w.reached(p.Incidents, now)
	w.out(p, now)
}

// punctual holds what is due against P9.
func (w *world) punctual(p memory.Picture, now time.Time) {
	for _, t := range p.Timers {
		if now.Sub(t.DueAt) > late && !w.model.poisoned(t.Incident) {
			w.broken("P9", "the timer %s of %s is due since %s", t.Kind, t.Incident, now.Sub(t.DueAt))
		}
	}
	if next := w.db.NextLook(); !next.IsZero() && now.Sub(next) > late {
		w.broken("P9", "a lane or message is due since %s", now.Sub(next))
	}
}

// reached holds every incident that nobody answered against P8: somebody was reached, or it says loudly that nobody was.
func (w *world) reached(incidents []incident.State, now time.Time) {
	for i := range incidents {
		s := &incidents[i]
		waits := s.Pending(incident.TimerHold) || s.Pending(incident.TimerRepage) || now.Sub(s.UpdatedAt) <= 3*time.Minute
		if s.Status == incident.Open() && !s.Quiet && !s.Reached && !s.Exhausted && !waits && !w.model.poisoned(s.Number) {
			w.broken("P8", "%s is open, reached nobody in round %d and is not exhausted", s.Number, s.Round)
		}
	}
}

// out holds what was to be sent against P9: it is out, or will never be.
func (w *world) out(p memory.Picture, now time.Time) {
	for _, m := range p.Messages {
		if !m.Status.Final() && now.Sub(m.CreatedAt) > 6*time.Minute {
			w.broken("P9", "the message %s is %s since %s", m.ID, m.Status, now.Sub(m.CreatedAt))
		}
	}
	for _, d := range p.Deliveries {
		if d.Status == notification.Waiting && now.Sub(d.DueAt) > 3*time.Minute {
			w.broken("P9", "delivery %d of %v waits since %s", d.ID, d.Page, now.Sub(d.DueAt))
		}
	}
}

// alertsAsTheyAre holds what is stored of every alert against the truth (P2): whatever came, how often and in what order.
func (w *world) alertsAsTheyAre(stored []alert.Alert) {
	is := map[alert.Key]alert.Alert{}
	for _, a := range stored {
		is[a.Key] = a
	}
	for _, s := range w.sources {
		for _, t := range s.alerts {
			a := is[alert.Key{Integration: s.id, Fingerprint: t.name}]
			switch {
			case t.starts.IsZero():
			case !t.told && len(w.model.sick) == 0:
				w.broken("P3", "%s was not taken in", t.name)
			case t.told && a.Firing != t.firing && !w.model.poisoned(a.Incident):
				w.broken("P2", "%s fires: %v; stored: %v", t.name, t.firing, a.Firing)
			}
		}
	}
}
