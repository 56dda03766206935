package sim_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/rouse-oncall/rouse/internal/sim"
)

func TestDbg(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("SEED"))
	var f func(string)
	if os.Getenv("V") != "" {
		f = func(l string) { fmt.Println(l) }
	}
	r := sim.Run(t, uint64(n), f)
	if d := os.Getenv("OUT"); d != "" {
		os.WriteFile(d, r.Trace, 0o600)
		r = sim.Run(t, uint64(n), f)
		os.WriteFile(d+"2", r.Trace, 0o600)
	}
	fmt.Println(r.Steps, len(r.Trace), r.Wrong, r.Seen)
}
