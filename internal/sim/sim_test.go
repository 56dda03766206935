package sim_test

import (
	"bytes"
	"flag"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rouse-oncall/rouse/internal/sim"
	"github.com/rouse-oncall/rouse/internal/testkit"
)

var (
	seeds = flag.Int("seeds", 0, "how many seeds TestSeeds lives (0: 200, with ROUSE_FULL=1 2000)")
	from  = flag.Uint64("from", 1, "the first seed")
	first = flag.Bool("first", false, "end with the first seed that fails")
)

// happenings are what 200 histories must have between them to prove anything.
func happenings() []string {
	return []string{
		"crash", "outage", "pause", "jump", "clock behind", "opened while the clock is behind", "sabotage", "poison", "edit", "repaired", "alerts doubtful", "alerts late", "alerts quarantined", "answered",
		"claimed again", "accepted twice", "may repeat", "digest", "sent lost", "sent released", "sent cancelled", "sent expired",
		"entry timer_late", "entry exhausted", "entry flapping", "entry grace", "entry acknowledgement_expired",
	}
}

// TestSeeds lives a history for each seed and holds every step of it against the reliability contract.
func TestSeeds(t *testing.T) {
	t.Parallel()
	n := *seeds
	switch {
	case n > 0:
	case testkit.Full():
		n = 2000
	default:
		n = 200
	}
	var next atomic.Uint64
	var failed atomic.Bool
	var mu sync.Mutex
	seen := map[string]int{}
	var working sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		working.Go(func() { // in the order of the seeds, which t.Parallel does not keep
			for i := next.Add(1) - 1; i < uint64(n) && (!*first || !failed.Load()); i = next.Add(1) - 1 {
				t.Run(fmt.Sprint(*from+i), func(t *testing.T) {
					r := sim.Run(t, *from+i, nil)
					for _, line := range r.Wrong {
						failed.Store(true)
						t.Error(line)
					}
					mu.Lock()
					defer mu.Unlock()
					for what, k := range r.Seen {
						seen[what] += k
					}
				})
			}
		})
	}
	working.Wait()
	for _, what := range happenings() {
		if n >= 200 && !failed.Load() && seen[what] == 0 {
			t.Errorf("in %d histories there was never %q: they prove nothing of it", n, what)
		}
	}
}

// The same seed is the same history, byte for byte.
func TestReplay(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		a, b := sim.Run(t, 1000+seed, nil), sim.Run(t, 1000+seed, nil)
		if !bytes.Equal(a.Trace, b.Trace) {
			t.Errorf("seed %d: two histories", 1000+seed)
		}
	}
}
