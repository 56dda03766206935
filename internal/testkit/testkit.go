// Package testkit starts the real parts that tests and the bench need: PostgreSQL, Prometheus, Alertmanager.
//
// Each is a private instance in a temporary folder on a free loopback port. It ends with the process that
// started it, also when that one is killed. No goroutine of ours is left behind, so goleak stays quiet.
package testkit

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// TB is the part of testing.TB that is needed here. (The bench is not a test and must not import testing.)
type TB interface {
	Helper()
	Cleanup(f func())
	Skipf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// ErrMissing says that a program is not installed here. The test is then skipped, unless
// ROUSE_REQUIRE_PARTS=1 says that everything must be there.
var ErrMissing = errors.New("not installed here (`make test` installs it where it may)")

// Full says whether there is time for the long forms of tests.
func Full() bool { return os.Getenv("ROUSE_FULL") == "1" }

// must ends the test where err is not nil: a skip for a missing part, otherwise a failure.
func must(tb TB, err error) {
	tb.Helper()
	judge(tb, err, os.Getenv("ROUSE_REQUIRE_PARTS") == "1")
}

func judge(tb TB, err error, required bool) {
	tb.Helper()
	switch {
	case err == nil:
	case errors.Is(err, ErrMissing) && !required:
		tb.Skipf("skipped: %v", err)
	default:
		tb.Fatalf("%v", err)
	}
}

// find gives the path of the first of these programs that is in PATH or in one of the folders
// (patterns as in filepath.Glob; the newest version, by name, wins).
func find(program string, folders ...string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return filepath.EvalSymlinks(path)
	}
	for _, pattern := range folders {
		found, err := filepath.Glob(filepath.Join(pattern, program))
		if err != nil {
			return "", fmt.Errorf("look for %s: %w", program, err)
		}
		slices.Sort(found)
		if n := len(found); n > 0 {
			return found[n-1], nil
		}
	}
	return "", fmt.Errorf("%s: %w", program, ErrMissing)
}

// FreePort gives a loopback port that was free a moment ago, from below those that systems give to outgoing
// connections: one of theirs must not sit on it while a server that was killed starts again.
func FreePort() (int, error) {
	var failed error
	for range 100 {
		port := 20000 + rand.IntN(12000)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)) //nolint:noctx // nothing to cancel: it returns at once
		if err == nil {
			return port, l.Close()
		}
		failed = err
	}
	return 0, fmt.Errorf("find a free port: %w", failed)
}
