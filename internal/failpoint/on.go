//go:build failpoint

package failpoint

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

// trap is what ROUSE_FAILPOINT asks for.
type trap struct {
	point  Point
	signal syscall.Signal
	left   atomic.Int64 // passages until it acts
}

// set reads "point", "point@3" (at the third passage) or either with "=stop" (stop, and do not end).
var set = sync.OnceValue(func() *trap {
	word, how, _ := strings.Cut(os.Getenv("ROUSE_FAILPOINT"), "=")
	point, at, _ := strings.Cut(word, "@")
	t := &trap{point: Point(point), signal: syscall.SIGKILL}
	if how == "stop" {
		t.signal = syscall.SIGSTOP
	}
	n, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		n = 1
	}
	t.left.Store(n)
	return t
})

// Armed says whether it ends or stops at a moment.
func Armed() bool { return set().point != "" }

// Here ends or stops the program where ROUSE_FAILPOINT says so, and says it on standard error before.
func Here(p Point) {
	t := set()
	if t.point != p || t.left.Add(-1) != 0 {
		return
	}
	fmt.Fprintf(os.Stderr, "failpoint %s\n", p)
	signal(t.signal)
	if t.signal == syscall.SIGKILL {
		select {} // nothing after this moment happens
	}
}
