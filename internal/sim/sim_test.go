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
	var working sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		working.Go(func() { // in the order of the seeds, which t.Parallel does not keep
			for i := next.Add(1) - 1; i < uint64(n) && (!*first || !failed.Load()); i = next.Add(1) - 1 {
				t.Run(fmt.Sprint(*from+i), func(t *testing.T) {
					if !holds(t, *from+i) {
						failed.Store(true)
					}
				})
			}
		})
	}
	working.Wait()
}

func holds(t *testing.T, seed uint64) bool {
	wrong := sim.Run(t, seed, nil).Wrong
	for _, line := range wrong {
		t.Error(line)
	}
	return len(wrong) == 0
}

// Seeds that failed once, for what they found.
func TestSeedsThatFailedOnce(t *testing.T) {
	t.Parallel()
	for seed, found := range map[uint64]string{
		292: "a provider that does not have a message yet was not asked again",
	} {
		t.Run(found, func(t *testing.T) { holds(t, seed) })
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
