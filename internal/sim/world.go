// Package sim is the deterministic simulation: the shipped engine, use cases and workers of three replicas over a
// simulated clock, a store in memory and simulated providers, with faults. One seed is one history, byte for byte.
package sim

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/memory"
	"github.com/rouse-oncall/rouse/internal/app/escalate"
	"github.com/rouse-oncall/rouse/internal/app/intake"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// replicas is how many programs work on the one database.
const replicas = 3

// epoch is when every history begins.
func epoch() time.Time { return time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC) }

// world is one history under way.
type world struct {
	seed  uint64
	plan  plan
	rng   *rand.Rand // of the scheduler: drawn from by nobody else
	began time.Time  // of the bubble's clock
	db    *memory.DB
	gate  *gate
	ctx   context.Context

	replicas [replicas]*replica
	lives    int
	queue    []*waiter
	events   []event

	providers map[string]*provider
	sources   []*source
	model     *model
	downUntil time.Time     // the database does not answer before
	dbOffset  time.Duration // of the database's clock
	dbAhead   time.Duration // the most it ever was
	calm      bool          // faults are over
	tasks     int
	edits     int
	due       due
	trace     bytes.Buffer
	verbose   func(line string)
	wrong     []string
}

type event struct {
	at  time.Time
	seq int
	do  func()
}

// Result is what a history came to.
type Result struct {
	Trace []byte
	Wrong []string       // promises that were broken, in words; empty: all held
	Seen  map[string]int // how often what happened
}

// Run lives one history. It must be called in a test, or in what testing.RunTests runs.
func Run(t *testing.T, seed uint64, say func(line string)) Result {
	var out Result
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t.Context(), seed)
		w.verbose = say
		w.live()
		out = Result{Trace: w.trace.Bytes(), Wrong: w.wrong, Seen: w.model.seen}
	})
	return out
}

func newWorld(ctx context.Context, seed uint64) *world {
	w := &world{
		seed: seed, rng: rand.New(rand.NewPCG(seed, 1)), began: time.Now(), db: memory.New(expiry), gate: newGate(), ctx: ctx,
		providers: map[string]*provider{},
	}
	w.model = newModel(w)
	w.plan = newPlan(w.rng)
	for _, kind := range kinds() {
		w.providers[kind] = &provider{w: w, kind: kind, has: map[id.Message]int{}}
	}
	return w
}

// live goes through the whole history: people are set up, things happen, faults stop, everything comes to rest.
func (w *world) live() {
	w.people()
	for i := range w.replicas {
		w.replicas[i] = w.start(i)
	}
	w.begin()
	w.until(w.plan.faultsEnd)
	if len(w.wrong) == 0 {
		w.settle()
	}
	w.end()
}

// now is the true time, which nobody but the simulator knows.
func (w *world) now() time.Time { return epoch().Add(time.Since(w.began)) }

// until lets things happen up to a moment.
func (w *world) until(end time.Time) {
	for {
		synctest.Wait() // only then nobody else writes
		if len(w.wrong) > 0 {
			return
		}
		w.admit()
		at, do := w.next()
		if at.After(end) || do == nil {
			if d := end.Sub(w.now()); d > 0 {
				w.sleep(d)
				continue
			}
			return
		}
		if d := at.Sub(w.now()); d > 0 {
			w.sleep(d)
			continue
		}
		do()
	}
}

// sleep waits, but not when somebody comes to the gate.
func (w *world) sleep(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-w.gate.arrived:
	}
}

// admit says for everybody new at the gate when they go on.
func (w *world) admit() {
	for _, x := range w.gate.take() {
		x.dice = dice(w.seed, x.name)
		x.ready = w.now()
		if x.then == nil {
			d := w.plan.latency(x.dice, x.sending, w.calm)
			if x.ready = x.ready.Add(d); d > quick {
				x.struggles(x.ready)
			}
		}
		w.queue = append(w.queue, x)
	}
}

// next is what happens next: the earliest of the gate, the events and the workers' looks.
func (w *world) next() (time.Time, func()) {
	var at time.Time
	var do func()
	first := func(t time.Time, f func()) {
		if do == nil || t.Before(at) {
			at, do = t, f
		}
	}
	for i, x := range w.queue {
		t := x.ready
		if x.of != nil && x.then == nil && !x.of.gone() && t.Before(x.of.pausedUntil) {
			t = x.of.pausedUntil
		}
		first(t, func() { w.pass(i) })
	}
	if len(w.events) > 0 {
		first(w.events[0].at, w.happen)
	}
	for _, r := range w.replicas {
		if r != nil {
			r.looks(first)
		}
	}
	return at, do
}

// pass lets one through the gate and decides what becomes of the step.
func (w *world) pass(i int) {
	x := w.queue[i]
	w.queue = slices.Delete(w.queue, i, i+1)
	if x.then != nil {
		x.then()
		return
	}
	if w.gate.hasLeft(x) {
		return
	}
	if !x.of.gone() {
		w.doom(x)
	}
	if x.of.gone() {
		x.fate = dead
	}
	if x.fate != fine {
		x.struggles(w.now())
	}
	w.say("%s %s", x.name, x.fate)
	close(x.open)
}

// due is when the database has something to do, remembered until somebody writes.
type due struct {
	fresh                  bool
	escalate, refire, look time.Time
}

func (w *world) dues() *due {
	if !w.due.fresh {
		w.due = due{true, w.db.NextTimer(escalate.Kinds()), w.db.NextTimer(intake.RefireKinds()), w.db.NextLook()}
	}
	return &w.due
}

func (w *world) nextEscalate() time.Time { return w.dues().escalate }
func (w *world) nextRefire() time.Time   { return w.dues().refire }
func (w *world) nextLook() time.Time     { return w.dues().look }

func (w *world) happen() {
	e := w.events[0]
	w.events = w.events[1:]
	e.do()
}

// after plans an event.
func (w *world) after(d time.Duration, do func()) {
	w.tasks++
	e := event{at: w.now().Add(d), seq: w.tasks, do: do}
	i, _ := slices.BinarySearchFunc(w.events, e, func(a, b event) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return a.seq - b.seq
	})
	w.events = slices.Insert(w.events, i, e)
}

// say adds a line to the trace.
func (w *world) say(format string, args ...any) {
	line := fmt.Sprintf("%12s ", time.Since(w.began).Round(time.Microsecond)) + fmt.Sprintf(format, args...)
	w.trace.WriteString(line)
	w.trace.WriteByte('\n')
	if w.verbose != nil {
		w.verbose(line)
	}
}

// broken notes that a promise does not hold; the history ends.
func (w *world) broken(promise, format string, args ...any) {
	line := promise + ": " + fmt.Sprintf(format, args...)
	w.wrong = append(w.wrong, line)
	w.say("BROKEN %s", line)
}

// between draws a duration.
func between(r *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(r.Int64N(int64(to-from)+1))
}

// end lets every goroutine go home: what is gone has no effect. Some sleep before they try again.
func (w *world) end() {
	for i, r := range w.replicas {
		if r != nil {
			w.replicas[i] = nil
			r.die()
		}
	}
	for slept := false; ; {
		synctest.Wait()
		fresh := w.gate.take()
		if len(fresh)+len(w.queue) == 0 {
			if slept {
				return
			}
			time.Sleep(time.Minute)
			slept = true
			continue
		}
		slept = false
		for _, x := range append(w.queue, fresh...) {
			if x.then == nil {
				x.fate = dead
				close(x.open)
			}
		}
		w.queue = nil
	}
}
