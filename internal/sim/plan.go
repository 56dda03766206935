package sim

import (
	"math/rand/v2"
	"time"
)

// plan says how rough a history is: each has its own mixture of faults, so that some are seen alone and some together.
type plan struct {
	faultsEnd time.Time
	crash     float64 // of a replica, at any of its steps
	cut       float64 // of a connection, at COMMIT
	slow      float64 // of a step: up to 3 s
	stuck     float64 // of a step between a claim and its record: up to 45 s, past a lease
	bad       float64 // that a provider does something else than take the message
	lostWakes float64
	sabotage  bool // rows of timers vanish
	poison    bool // an incident that cannot be read
	jumps     bool // of the database's clock
	waits     bool // a clock that was put back is left so until what was planned before is due by it
	edits     bool
	outages   bool
	pauses    bool
}

func newPlan(r *rand.Rand) plan {
	some := func(p, most float64) float64 {
		if r.Float64() < p {
			return most * r.Float64()
		}
		return 0
	}
	yes := func(p float64) bool { return r.Float64() < p }
	return plan{
		faultsEnd: epoch().Add(between(r, 8*time.Minute, 16*time.Minute)),
		crash:     some(0.6, 0.004), cut: some(0.6, 0.05), slow: some(0.7, 0.05), stuck: some(0.6, 0.3), bad: some(0.8, 0.6),
		lostWakes: some(0.5, 1), sabotage: yes(0.3), poison: yes(0.2), jumps: yes(0.25), edits: yes(0.5), outages: yes(0.5), pauses: yes(0.4),
		waits: yes(0.5),
	}
}

// quick is how long a step takes where nothing is wrong, at most.
const quick = 4 * time.Millisecond

// latency is how long a step takes.
func (p plan) latency(r *rand.Rand, sending, calm bool) time.Duration {
	x, stuck := r.Float64(), p.stuck/100
	if sending {
		stuck = p.stuck
	}
	switch {
	case calm || x >= p.slow+stuck:
		return between(r, 0, quick)
	case x < stuck:
		return between(r, 0, 45*time.Second)
	}
	return between(r, 0, 3*time.Second)
}
