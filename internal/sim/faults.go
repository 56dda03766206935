package sim

import (
	"strings"
	"time"
)

func (f fate) String() string {
	return [...]string{"", "dead", "database away", "cut, lost", "cut, saved"}[f]
}

// doom decides what becomes of a step.
func (w *world) doom(x *waiter) {
	if w.now().Before(w.downUntil) {
		x.fate = away
		return
	}
	if w.calm {
		return
	}
	p := x.dice.Float64()
	switch {
	case p < w.plan.crash:
		w.crash(x.of, "at "+x.name)
	case p > 1-w.plan.cut && !strings.Contains(x.name, " done."):
		x.fate = cutLost
		if p > 1-w.plan.cut/2 {
			x.fate = cutSaved
		}
	}
}

// crash ends a replica in the middle of whatever it does; another life begins later.
func (w *world) crash(r *replica, why string) {
	if w.replicas[r.n] != r {
		return
	}
	w.model.count("crash")
	w.say("%s CRASHES %s", r, why)
	w.replicas[r.n] = nil
	r.die()
	w.after(between(w.rng, time.Second, 40*time.Second), func() { w.replicas[r.n] = w.start(r.n) })
}

// begin plans what happens to the world until the faults end.
func (w *world) begin() {
	w.newSources()
	again := func(on bool, from, to time.Duration, do func()) {
		if !on {
			return
		}
		var next func()
		next = func() {
			if w.calm {
				return
			}
			do()
			w.after(between(w.rng, from, to), next)
		}
		w.after(between(w.rng, from, to), next)
	}
	again(w.plan.outages, 2*time.Minute, 8*time.Minute, w.outage)
	again(w.plan.pauses, time.Minute, 5*time.Minute, w.pause)
	again(w.plan.jumps, 3*time.Minute, 10*time.Minute, w.jump)
	again(w.plan.sabotage, time.Minute, 4*time.Minute, w.sabotage)
	again(w.plan.poison, 2*time.Minute, 6*time.Minute, w.poison)
	again(w.plan.edits, 30*time.Second, 3*time.Minute, w.editSomething)
	again(true, 20*time.Second, 40*time.Second, w.sync)
}

// outage is a failover: for a while the database answers nobody.
func (w *world) outage() {
	d := between(w.rng, time.Second, time.Minute)
	if w.rng.Float64() < 0.3 {
		d = between(w.rng, time.Minute, 6*time.Minute)
	}
	w.downUntil = w.now().Add(d)
	w.model.count("outage")
	w.say("the database is away for %s", d)
}

// pause stops a whole replica, past its leases, and lets it go on as if nothing had been.
func (w *world) pause() {
	if r := w.anyReplica(); r != nil {
		d := between(w.rng, time.Second, 90*time.Second)
		r.pausedUntil = w.now().Add(d)
		w.model.count("pause")
		w.say("%s is paused for %s", r, d)
	}
}

// jump moves the clock that all follow; they find out one by one.
func (w *world) jump() {
	most := time.Hour
	if w.plan.waits {
		most /= 2 // to be waited for
	}
	d := between(w.rng, -most, most)
	w.dbOffset += d
	w.dbAhead = max(w.dbAhead, w.dbOffset)
	w.model.jumped = w.now()
	w.model.count("jump")
	w.say("the database's clock jumps by %s", d)
	w.sync()
}

// sync lets every replica measure the database's clock, as each does every 30 s.
func (w *world) sync() {
	for _, r := range w.replicas {
		if r == nil {
			continue
		}
		w.after(between(w.rng, 0, 30*time.Second), func() {
			if off := w.dbOffset + between(w.rng, -50*time.Millisecond, 50*time.Millisecond); (r.offset - off).Abs() > time.Second {
				w.model.jumped = w.now()
				r.offset = off
				w.say("%s corrects its clock to %s", r, off)
			}
		})
	}
}
