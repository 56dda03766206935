package sim

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/memory"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// unresolved picks an incident that somebody should care about; false where there is none.
func (w *world) unresolved() (incident.State, bool) {
	var open []incident.State
	for _, s := range w.db.Picture().Incidents {
		if s.Status != incident.Resolved() {
			open = append(open, s)
		}
	}
	if len(open) == 0 {
		return incident.State{}, false
	}
	return open[w.rng.IntN(len(open))], true
}

// sabotage takes the rows of an incident's timers away, some or all.
func (w *world) sabotage() {
	s, ok := w.unresolved()
	if !ok {
		return
	}
	var gone []incident.Timer
	for _, t := range s.Timers {
		if w.rng.Float64() < 0.7 {
			t.Incident = s.Number
			gone = append(gone, t)
		}
	}
	err := memory.Atomic(w.db, (*memory.Tx).Timers)(w.ctx, func(ctx context.Context, r ports.Timers) error { return r.Cancel(ctx, gone) })
	if err != nil {
		w.broken("setup", "%v", err)
	}
	w.due.fresh = false
	w.model.hurt[s.Number] = w.now()
	w.model.count("sabotage")
	w.say("%d timers of %s vanish", len(gone), s.Number)
}

// poison makes an incident unreadable for a while.
func (w *world) poison() {
	if s, ok := w.unresolved(); ok {
		w.model.sick[s.Number] = true
		w.model.count("poison")
		w.say("%s cannot be read", s.Number)
		w.after(between(w.rng, 10*time.Second, 4*time.Minute), func() {
			if !w.calm {
				delete(w.model.sick, s.Number)
				w.say("%s can be read again", s.Number)
			}
		})
	}
}

// editSomething changes what people own while incidents refer to it.
func (w *world) editSomething() {
	us := users()
	var e directory.Edit
	switch w.rng.IntN(6) {
	case 0:
		u := us[w.rng.IntN(len(us))]
		u.Disabled = w.rng.Float64() < 0.6
		e.Users = []directory.User{u}
	case 1:
		u := us[w.rng.IntN(3)]
		u.Contacts = u.Contacts[:w.rng.IntN(len(u.Contacts)+1)]
		e.Users = []directory.User{u}
	case 2:
		e.Teams = []directory.Team{{ID: "team", Name: "team", Members: []id.User{us[w.rng.IntN(len(us))].ID, us[w.rng.IntN(len(us))].ID}}}
	case 3:
		p := policies()[w.rng.IntN(3)]
		p.Version = 2 + w.edits
		p.Levels = p.Levels[:1+w.rng.IntN(len(p.Levels))]
		p.Repeat = w.rng.IntN(2)
		e.Policies = []escalation.Policy{p}
	case 4:
		e.DeleteChannels = []id.Channel{"ops"}
	default:
		e.Users, e.Channels = us, channels()
	}
	w.edits++
	w.model.count("edit")
	w.say("edit %+v", e)
	w.edit(e)
}
