package sim

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// gate is where the shipped code waits whenever it touches the outside: a transaction, a read, a provider. The
// scheduler lets one through at a time, so that only one goroutine ever runs between two of its decisions.
type gate struct {
	mu      sync.Mutex
	arrived chan struct{} // a hint: somebody new waits
	fresh   []*waiter
	seen    map[string]int
}

func newGate() *gate { return &gate{arrived: make(chan struct{}, 1), seen: map[string]int{}} }

// waiter is one goroutine at the gate, or the end of one.
type waiter struct {
	name  string // never the same twice
	of    *replica
	ready time.Time
	dice  *rand.Rand // its own: what it draws does not depend on who else draws
	fate  fate
	open  chan struct{}
	left  bool
	// sending: between a message's claim and its record, where it matters most who is late.
	sending bool
	then    func() // instead of opening: a task that is over
}

// add puts somebody at the gate.
func (g *gate) add(of *replica, name string, sending bool, then func()) *waiter {
	g.mu.Lock()
	g.seen[name]++
	w := &waiter{name: fmt.Sprintf("%s.%d", name, g.seen[name]), of: of, open: make(chan struct{}), sending: sending, then: then}
	g.fresh = append(g.fresh, w)
	g.mu.Unlock()
	select {
	case g.arrived <- struct{}{}:
	default:
	}
	return w
}

// struggles notes, of a step of sending or recording, that it is slow, stands still or fails until a moment.
func (w *waiter) struggles(until time.Time) {
	if (w.sending || strings.Contains(w.name, " deliver#")) && until.After(w.of.trouble) {
		w.of.trouble = until
	}
}

// leave is for whoever waits no longer.
func (g *gate) leave(x *waiter) {
	g.mu.Lock()
	defer g.mu.Unlock()
	x.left = true
}

func (g *gate) hasLeft(x *waiter) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return x.left
}

// take gives who has come since, in the order of their names.
func (g *gate) take() []*waiter {
	g.mu.Lock()
	defer g.mu.Unlock()
	fresh := g.fresh
	g.fresh = nil
	slices.SortFunc(fresh, func(a, b *waiter) int { return cmp.Compare(a.name, b.name) })
	return fresh
}

// dice gives randomness that depends on the seed and a name alone.
func dice(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// fate is what the scheduler decided about a step.
type fate int

const (
	fine     fate = iota
	dead          // the replica is gone: nothing it does has an effect
	away          // the database does not answer
	cutLost       // the connection broke at COMMIT; the change is not there
	cutSaved      // the connection broke at COMMIT; the change is there
)
