package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is one private Rouse, with a fake provider.
type server struct {
	addr     string
	provider *provider
	binary   string
	database string // as ROUSE_DATABASE_URL
	dir      string // its configuration and its log
	env      []string
	drop     func()
	cmd      *exec.Cmd
	ended    chan error // buffered
}

const (
	readyLimit = 30 * time.Second
	stopLimit  = 25 * time.Second // more than the server gives itself
)

// prepare makes everything that a server on a fresh database needs, and does not start it. Without a
// fixture it has no configuration. close removes it.
func (r *run) prepare(ctx context.Context, f *fixture) (*server, error) {
	database, drop, err := r.db.fresh(ctx)
	if err != nil {
		return nil, fmt.Errorf("make a database: %w", err)
	}
	s := &server{binary: r.Binary, database: database, drop: drop}
	if s.dir, err = os.MkdirTemp(r.dir, "server-"); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if s.addr, err = freeAddress(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if s.provider, err = startProvider(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.env = append(plainEnvironment(), "ROUSE_LISTEN="+s.addr, "ROUSE_PUBLIC_URL=http://"+s.addr, "ROUSE_DATABASE_URL="+database,
		"ROUSE_TWILIO_URL="+s.provider.url(), "ROUSE_ADMIN_TOKEN="+adminToken, "ROUSE_KEY_BENCH="+integrationKey, "ROUSE_KEY_NOISY="+noisyKey, "ROUSE_LOG_LEVEL=info")
	if f == nil {
		return s, nil
	}
	switch {
	case f.limited && r.Quick:
		s.env = append(s.env, "ROUSE_INTAKE_BURST=200") // the storm that a sender has the right to is sooner over
	case !f.limited:
		s.env = append(s.env, "ROUSE_INTAKE_RATE=1e9", "ROUSE_INTAKE_BURST=1000000000")
	}
	config := filepath.Join(s.dir, "config")
	s.env = append(s.env, "ROUSE_CONFIG_DIR="+config)
	err = errors.Join(os.Mkdir(config, 0o700), os.WriteFile(filepath.Join(config, "bench.yaml"), []byte(f.yaml()), 0o600))
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// plainEnvironment is ours without what would configure a server, but for the profiler.
func plainEnvironment() []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "ROUSE_") || strings.HasPrefix(v, "ROUSE_PROFILER=") {
			env = append(env, v)
		}
	}
	return env
}

// serve starts a server on a fresh database and waits until it is ready.
func (r *run) serve(ctx context.Context, f fixture) (*server, error) {
	s, err := r.prepare(ctx, &f)
	if err != nil {
		return nil, err
	}
	if _, err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// start starts the process and says how long it took until it was ready.
func (s *server) start(ctx context.Context) (time.Duration, error) {
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(s.binary, "serve") //nolint:noctx // it is stopped in order, by stop
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = s.env, s.dir, log, log
	// A group of its own: a Ctrl-C must reach it through us, after its load has ended.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start the server: %w", err)
	}
	s.cmd, s.ended = cmd, make(chan error, 1)
	go func() { s.ended <- cmd.Wait() }()
	if err := s.awaitReady(ctx); err != nil {
		return 0, fmt.Errorf("start the server: %w; the end of its log:\n%s", err, s.tail())
	}
	return time.Since(began), nil
}

func (s *server) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	request := get(s.addr, "/ready", adminToken)
	for {
		if _, err := once(ctx, s.addr, request); err == nil {
			return nil
		}
		select {
		case err := <-s.ended:
			s.ended <- err
			return fmt.Errorf("it ended at once: %w", err)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}

// stop ends the process in order, and by force where it does not end.
func (s *server) stop() error {
	if s.cmd == nil {
		return nil
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case err := <-s.ended:
		s.cmd = nil
		if err != nil {
			return fmt.Errorf("the server ended badly: %w; the end of its log:\n%s", err, s.tail())
		}
		return nil
	case <-time.After(stopLimit):
		_ = s.cmd.Process.Kill()
		s.cmd = nil
		return fmt.Errorf("the server did not stop in %s: %w", stopLimit, <-s.ended)
	}
}

// close stops the server and removes what it had.
func (s *server) close() error {
	err := s.stop()
	if s.provider != nil {
		s.provider.close()
	}
	s.drop()
	return errors.Join(err, os.RemoveAll(s.dir))
}

func (s *server) log() string {
	text, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (s *server) tail() string {
	text := s.log()
	return text[max(0, len(text)-2000):]
}

// resident gives the memory that the process holds, in bytes.
func (s *server) resident() (float64, error) {
	if runtime.GOOS == "linux" {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
		if err != nil {
			return 0, err
		}
		return kilobytes(text, regexp.MustCompile(`VmRSS:\s+(\d+) kB`))
	}
	text, err := exec.Command("ps", "-o", "rss=", "-p", strconv.Itoa(s.cmd.Process.Pid)).Output() //nolint:noctx // returns at once
	if err != nil {
		return 0, err
	}
	return kilobytes(text, regexp.MustCompile(`(\d+)`))
}

func kilobytes(text []byte, pattern *regexp.Regexp) (float64, error) {
	m := pattern.FindSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("no memory size in %q", text)
	}
	kb, err := strconv.ParseFloat(string(m[1]), 64)
	return kb * 1024, err
}

// metric gives the sum of a metric's samples over all labels.
func (s *server) metric(ctx context.Context, name string) (float64, error) {
	body, err := once(ctx, s.addr, get(s.addr, "/metrics", adminToken))
	if err != nil {
		return 0, err
	}
	sum, found := 0.0, false
	for line := range bytes.Lines(body) {
		rest, ok := bytes.CutPrefix(line, []byte(name))
		if !ok || len(rest) == 0 || rest[0] != ' ' && rest[0] != '{' {
			continue
		}
		fields := bytes.Fields(rest)
		v, err := strconv.ParseFloat(string(fields[len(fields)-1]), 64)
		if err != nil {
			return 0, fmt.Errorf("metric %s: %w", name, err)
		}
		sum, found = sum+v, true
	}
	if !found {
		return 0, fmt.Errorf("%s exports no metric %s", http.MethodGet+" /metrics", name)
	}
	return sum, nil
}
