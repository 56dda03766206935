package sim_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/rouse-oncall/rouse/internal/sim"
)

var (
	seeds = flag.Int("seeds", 0, "how many seeds TestSeeds lives (0: 200, with ROUSE_FULL=1 2000)")
	from  = flag.Uint64("from", 1, "the first seed")
)

func TestSeeds(t *testing.T) {
	n := *seeds
	switch {
	case n > 0:
	case os.Getenv("ROUSE_FULL") != "":
		n = 2000
	default:
		n = 200
	}
	for i := range uint64(n) {
		t.Run(fmt.Sprint(*from+i), func(t *testing.T) {
			t.Parallel()
			for _, line := range sim.Run(t, *from+i, nil).Wrong {
				t.Error(line)
			}
		})
	}
}

// The same seed is the same history, byte for byte.
func TestReplay(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		a, b := sim.Run(t, 1000+seed, nil), sim.Run(t, 1000+seed, nil)
		if !bytes.Equal(a.Trace, b.Trace) {
			t.Errorf("seed %d: two histories", 1000+seed)
		}
	}
}
