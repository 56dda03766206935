// Command cmd lives the history of one seed and prints it, with the product's log in between:
//
//	go run ./internal/sim/cmd --seed 59
package main

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/rouse-oncall/rouse/internal/sim"
)

func main() {
	testing.Init() // the clock of a history is a test's
	seed := flag.Uint64("seed", 1, "the history")
	flag.Parse()
	lived := testing.RunTests(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "history", F: func(t *testing.T) {
		for _, line := range sim.Run(t, *seed, func(line string) { fmt.Println(line) }).Wrong {
			t.Error(line)
		}
	}}})
	if !lived {
		os.Exit(1)
	}
}
