package sim

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/memory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

var (
	errGone   = errors.New("this program is gone")
	errCut    = errors.New("cut before COMMIT arrived")
	errPoison = errors.New("the incident cannot be read")
)

func unavailable() error {
	return fault.Unavailable(time.Second, "store.unavailable", "the database cannot be reached at the moment")
}

func unknown() error {
	return fault.Unavailable(time.Second, "store.unknown_outcome", "the database did not say whether it was saved; send again").Because(ports.ErrUnknownOutcome)
}

func slow(err error) error {
	return fault.Unavailable(time.Second, "store.slow", "the database did not answer in time").Because(err)
}

// arriveWithin waits at the gate as long as the context lives; ok false: it did not live long enough.
func (r *replica) arriveWithin(ctx context.Context, name string) (f fate, ok bool) {
	x := r.w.gate.add(r, name, false, nil)
	select {
	case <-x.open:
		return x.fate, true
	case <-ctx.Done():
		r.w.gate.leave(x)
		return fine, false
	}
}

// arrive waits at the gate with a step of sending.
func (r *replica) arrive(name string) fate {
	x := r.w.gate.add(r, name, true, nil)
	<-x.open
	return x.fate
}

// record is what one transaction writes that the model wants to hear of.
type record struct {
	of       *replica
	use      string
	task     string // whose transaction it is
	changes  []incident.Change
	added    []ports.Bound
	messages []notification.Message
}

// report says whether a provider's later word is recorded.
func (rec *record) report() bool { return strings.Contains(rec.task, " report#") }

// atomic gives a use case its transactions: each is one step, before and after which everything may happen.
func atomic[R any](r *replica, use string, bind func(*memory.Tx, *record) R) ports.Atomically[R] {
	return func(ctx context.Context, f func(context.Context, R) error) error {
		task := r.task(ctx)
		var rec *record
		run := memory.Atomic(r.w.db, func(tx *memory.Tx) R {
			rec = &record{of: r, use: use, task: task.name}
			return bind(tx, rec)
		})
		fate, ok := r.arriveWithin(ctx, task.name+" "+use)
		if !ok {
			return slow(ctx.Err())
		}
		if fate != dead { // at the end all the dead come at once
			r.w.due.fresh = false
		}
		err := r.transact(fate, func(lost error) error {
			return run(ctx, func(ctx context.Context, repos R) error {
				if err := f(ctx, repos); err != nil {
					return err
				}
				return lost
			})
		})
		if err == nil || fate == cutSaved && errors.Is(err, ports.ErrUnknownOutcome) {
			r.w.model.committed(rec)
		}
		if use == "claim" && task.worker != nil {
			task.worker.claimed = true
		}
		switch fate, ok := r.arriveWithin(ctx, task.name+" "+use+" done"); {
		case !ok && err == nil:
			return unknown()
		case fate == dead:
			return errGone
		}
		return err
	}
}

// beat is for the note that a replica is up: so many, and so little can happen to them, that they are no steps.
func beat(r *replica) ports.Atomically[ports.Uptime] {
	note := memory.Atomic(r.w.db, (*memory.Tx).Uptime)
	return func(ctx context.Context, f func(context.Context, ports.Uptime) error) error {
		switch {
		case r.gone():
			return errGone
		case r.w.now().Before(r.w.downUntil):
			return unavailable()
		}
		r.w.due.fresh = false
		return note(ctx, f)
	}
}

// transact runs a transaction with its fate, in the store's words.
func (r *replica) transact(f fate, run func(lost error) error) error {
	switch f {
	case fine:
	case dead:
		return errGone
	case away:
		return unavailable()
	case cutLost:
		if err := run(errCut); !errors.Is(err, errCut) {
			return err
		}
		return unknown()
	case cutSaved:
		if err := run(nil); err != nil {
			return err
		}
		return unknown()
	}
	return run(nil)
}

// incidents tells the model what is saved, and hides what is poisoned.
type incidents struct {
	ports.Incidents
	rec *record
}

func (i incidents) Save(ctx context.Context, changes []incident.Change) error {
	i.rec.changes = append(i.rec.changes, changes...)
	return i.Incidents.Save(ctx, changes)
}

func (i incidents) Lock(ctx context.Context, numbers []id.Incident) (map[id.Incident]incident.State, error) {
	for _, n := range numbers {
		if i.rec.of.w.model.poisoned(n) {
			return nil, fmt.Errorf("%w: %s", errPoison, n)
		}
	}
	return i.Incidents.Lock(ctx, numbers)
}

type facts struct {
	ports.IncidentFacts
	w *world
}

func (f facts) States(ctx context.Context, numbers []id.Incident) (map[id.Incident]incident.State, error) {
	out, err := f.IncidentFacts.States(ctx, numbers)
	for n := range out {
		if f.w.model.poisoned(n) {
			delete(out, n)
		}
	}
	return out, err
}

type messages struct {
	ports.Messages
	rec *record
}

func (m messages) Add(ctx context.Context, added []ports.Bound) error {
	m.rec.added = append(m.rec.added, added...)
	return m.Messages.Add(ctx, added)
}

func (m messages) Save(ctx context.Context, saved []notification.Message) error {
	m.rec.messages = append(m.rec.messages, saved...)
	return m.Messages.Save(ctx, saved)
}

// outbox is what the sender reads between its transactions.
type outbox struct {
	ports.Outbox
	r *replica
}

func (o outbox) Recheck(ctx context.Context, m id.Message, numbers []id.Incident) (ports.Recheck, error) {
	if f := o.r.arrive(fmt.Sprintf("%s recheck %s", o.r, m)); f == dead {
		return ports.Recheck{}, errGone
	} else if f == away {
		return ports.Recheck{}, unavailable()
	}
	o.r.w.model.rechecked(o.r, m)
	return o.Outbox.Recheck(ctx, m, numbers)
}

func (o outbox) Message(ctx context.Context, m id.Message) (ports.Bound, error) {
	return o.r.w.db.Messages().Message(ctx, m)
}

func (o outbox) OfIncident(ctx context.Context, n id.Incident) ([]notification.Message, error) {
	return o.r.w.db.Messages().OfIncident(ctx, n)
}

func (o outbox) OfLane(ctx context.Context, l notification.Lane, before time.Time, limit int) ([]notification.Message, error) {
	return o.r.w.db.Messages().OfLane(ctx, l, before, limit)
}
