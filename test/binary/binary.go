// Package binary builds the program once for a test binary and runs it as people do.
package binary

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/testkit"
)

const (
	readyLimit = 60 * time.Second // the machine may be busy
	stopLimit  = 30 * time.Second
)

// folder is where what was built is.
var folder = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "rouse-binary-") })

// shipped makes the program as people have it, trapped the one that ends where ROUSE_FAILPOINT says.
var (
	shipped = sync.OnceValues(func() (string, error) { return build("rouse") })
	trapped = sync.OnceValues(func() (string, error) { return build("rouse-failpoint", "-tags", "failpoint") })
)

func build(name string, flags ...string) (string, error) {
	dir, err := folder()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, name)
	args := append(append([]string{"build", "-o", path}, flags...), "github.com/rouse-oncall/rouse/cmd/rouse")
	if out, err := exec.CommandContext(context.Background(), "go", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build rouse: %w\n%s", err, out)
	}
	return path, nil
}

// Main runs the tests and removes the program: for TestMain.
func Main(m *testing.M) {
	code := m.Run()
	if dir, err := folder(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// Path is where the program is.
func Path(tb testing.TB) string {
	tb.Helper()
	return must(tb, shipped)
}

func must(tb testing.TB, made func() (string, error)) string {
	tb.Helper()
	path, err := made()
	if err != nil {
		tb.Fatal(err)
	}
	return path
}

// Environment is ours without what would configure Rouse, and more.
func Environment(more ...string) []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "ROUSE_") {
			env = append(env, v)
		}
	}
	return append(env, more...)
}

// Run runs a command to its end in a folder.
func Run(tb testing.TB, dir string, env []string, args ...string) (stdout, stderr string, code int) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, Path(tb), args...)
	var out, errs bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, Environment(env...), &out, &errs
	err := cmd.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		tb.Fatalf("rouse %s: %v", strings.Join(args, " "), err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// Server is `rouse serve` in a folder of its own. Its methods are for one goroutine.
type Server struct {
	URL string
	Dir string
	Env []string // of its next start

	argv  []string // program and command
	cmd   *exec.Cmd
	ended chan exit
}

// exit is how the process ended.
type exit struct{ err error }

// New prepares a server on a free port, with these variables besides. It is stopped, and its log shown where
// the test failed, when the test ends.
func New(tb testing.TB, env ...string) *Server {
	tb.Helper()
	port, err := testkit.FreePort()
	if err != nil {
		tb.Fatal(err)
	}
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	s := &Server{URL: "http://" + addr, Dir: tb.TempDir(), argv: []string{Path(tb), "serve"}}
	s.Env = Environment(append([]string{"ROUSE_LISTEN=" + addr, "ROUSE_PUBLIC_URL=" + s.URL}, env...)...)
	tb.Cleanup(func() {
		s.Kill()
		if tb.Failed() {
			text := s.Log()
			tb.Logf("the end of the server's log:\n%s", text[max(0, len(text)-6000):])
		}
	})
	return s
}

// NewTrapped prepares one that was built with the moments of package failpoint in it.
func NewTrapped(tb testing.TB, env ...string) *Server {
	tb.Helper()
	s := New(tb, env...)
	s.argv[0] = must(tb, trapped)
	return s
}

// Under lets another program start it: the arguments say by what, and with which arguments before our own.
func (s *Server) Under(argv ...string) { s.argv = append(argv, s.argv...) }

// Use makes it another program, e.g. an older one.
func (s *Server) Use(program string) { s.argv[0] = program }

// Start starts it and waits until it is ready.
func (s *Server) Start(tb testing.TB) {
	tb.Helper()
	s.Launch(tb)
	s.AwaitReady(tb)
}

// AwaitReady waits until it is ready.
func (s *Server) AwaitReady(tb testing.TB) {
	tb.Helper()
	if err := s.awaitReady(); err != nil {
		tb.Fatalf("start rouse: %v; its log:\n%s", err, s.Log())
	}
}

// Launch starts it and does not wait.
func (s *Server) Launch(tb testing.TB) {
	tb.Helper()
	out, log := s.open(tb, "out"), s.open(tb, "log")
	defer func() { _, _ = out.Close(), log.Close() }()
	s.cmd = exec.CommandContext(context.Background(), s.argv[0], s.argv[1:]...)
	s.cmd.Dir, s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = s.Dir, s.Env, out, log
	if err := s.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	ended := make(chan exit, 1)
	s.ended = ended
	go func(cmd *exec.Cmd) { ended <- exit{cmd.Wait()} }(s.cmd)
}

func (s *Server) open(tb testing.TB, name string) *os.File {
	tb.Helper()
	f, err := os.OpenFile(filepath.Join(s.Dir, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

func (s *Server) awaitReady() error {
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for deadline := time.Now().Add(readyLimit); time.Now().Before(deadline); {
		res, err := client.Get(s.URL + "/ready") //nolint:noctx // the client has a time-out
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case how := <-s.ended:
			s.ended <- how
			return fmt.Errorf("it ended: %w", how.err)
		case <-time.After(10 * time.Millisecond): // a foreign process comes up without an event
		}
	}
	return fmt.Errorf("not ready within %s", readyLimit)
}

// Kill ends it by SIGKILL, if it runs.
func (s *Server) Kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		<-s.ended
		s.cmd = nil
	}
}

// Signal sends it a signal, e.g. SIGSTOP or SIGCONT.
func (s *Server) Signal(tb testing.TB, signal syscall.Signal) {
	tb.Helper()
	if err := s.cmd.Process.Signal(signal); err != nil {
		tb.Fatal(err)
	}
}

// PID is its process id.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// AwaitKilled waits until it was ended by SIGKILL.
func (s *Server) AwaitKilled(tb testing.TB, limit time.Duration) {
	tb.Helper()
	select {
	case how := <-s.ended:
		s.cmd = nil
		if ended, ok := errors.AsType[*exec.ExitError](how.err); !ok || ended.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL { //nolint:forcetypeassert // on every Unix
			tb.Fatalf("rouse ended otherwise: %v; its log:\n%s", how.err, s.Log())
		}
	case <-time.After(limit):
		tb.Fatalf("rouse was not killed within %s; its log:\n%s", limit, s.Log())
	}
}

// Stop ends it in order, by TERM.
func (s *Server) Stop(tb testing.TB) {
	tb.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		tb.Fatal(err)
	}
	s.Wait(tb)
}

// Wait waits for its end, which must be a good one.
func (s *Server) Wait(tb testing.TB) {
	tb.Helper()
	select {
	case how := <-s.ended:
		s.cmd = nil
		if how.err != nil {
			tb.Fatalf("rouse ended badly: %v; its log:\n%s", how.err, s.Log())
		}
	case <-time.After(stopLimit):
		tb.Fatalf("rouse did not stop within %s; its log:\n%s", stopLimit, s.Log())
	}
}

// Log is what it has logged.
func (s *Server) Log() string { return s.read("log") }

// Output is what it has printed for people.
func (s *Server) Output() string { return s.read("out") }

func (s *Server) read(name string) string {
	text, err := os.ReadFile(filepath.Join(s.Dir, name))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Eventually asks again and again until ok says yes: what a foreign process does comes with no event.
func Eventually(tb testing.TB, limit time.Duration, what string, ok func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(limit); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			tb.Fatalf("not within %s: %s", limit, what)
		}
	}
}
