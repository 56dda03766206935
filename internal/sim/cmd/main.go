// Command cmd lives the history of one seed and prints it, with the product's log in between:
//
//	go run ./internal/sim/cmd --seed 59
package main

import (
	"flag"
	"fmt"
	"testing"

	"github.com/rouse-oncall/rouse/internal/sim"
)

func main() {
	seed := flag.Uint64("seed", 1, "the history")
	history := testing.InternalTest{Name: "history", F: func(t *testing.T) {
		for _, line := range sim.Run(t, *seed, func(line string) { fmt.Println(line) }).Wrong {
			t.Error(line)
		}
	}}
	// The clock of a history is a test's: without a test there is none.
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{history}, nil, nil)
}
