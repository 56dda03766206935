package testkit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
)

// Server is a private Prometheus or Alertmanager.
type Server struct {
	*Process
	URL string // http://127.0.0.1:port, no slash at the end
}

// Prometheus starts a private Prometheus. files["prometheus.yml"] is its configuration; further files
// (rules) are put beside it. args are added to its command line. Without Prometheus the test is skipped.
//
// A young Prometheus finds its Alertmanager only after 5 s and sends an alert that began before that again
// after a minute: give "--rules.alert.resend-delay=1s" to have it sooner.
func Prometheus(tb TB, files map[string]string, args ...string) *Server {
	tb.Helper()
	s, err := startServer("prometheus", []string{"prometheus"}, files, func(dir, addr string) []string {
		return append([]string{
			"--config.file=" + filepath.Join(dir, "prometheus.yml"),
			"--storage.tsdb.path=" + filepath.Join(dir, "data"),
			"--web.listen-address=" + addr,
		}, args...)
	})
	return onLeash(tb, s, err)
}

// Alertmanager starts a private Alertmanager with no peers. files["alertmanager.yml"] is its configuration;
// further files (templates, keys) are put beside it. Without Alertmanager the test is skipped.
func Alertmanager(tb TB, files map[string]string, args ...string) *Server {
	tb.Helper()
	names := []string{"prometheus-alertmanager", "alertmanager"} // Debian's name, everybody else's
	s, err := startServer("alertmanager", names, files, func(dir, addr string) []string {
		return append([]string{
			"--config.file=" + filepath.Join(dir, "alertmanager.yml"),
			"--storage.path=" + filepath.Join(dir, "data"),
			"--web.listen-address=" + addr,
			"--cluster.listen-address=",
		}, args...)
	})
	return onLeash(tb, s, err)
}

func onLeash(tb TB, s *Server, err error) *Server {
	tb.Helper()
	must(tb, err)
	tb.Cleanup(func() { must(tb, s.Close()) })
	return s
}

func startServer(name string, programs []string, files map[string]string, args func(dir, addr string) []string) (*Server, error) {
	program, err := findAny(programs)
	if err != nil {
		return nil, err
	}
	var failed error
	for range 3 { // somebody else may take the free port before the server does
		s, err := tryServer(name, program, files, args)
		if err == nil {
			return s, nil
		}
		failed = err
	}
	return nil, failed
}

func tryServer(name, program string, files map[string]string, args func(dir, addr string) []string) (*Server, error) {
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	dir, err := newFolder(name, nil)
	if err != nil {
		return nil, err
	}
	for file, text := range files {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			return nil, errors.Join(fmt.Errorf("configure %s: %w", name, err), os.RemoveAll(dir))
		}
	}
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	s := &Server{URL: "http://" + addr, Process: &Process{
		name: name, dir: dir, stop: syscall.SIGTERM, leave: "TERM",
		argv: append([]string{program}, args(dir, addr)...),
	}}
	s.ready = func(ctx context.Context) error { return answers(ctx, s.URL+"/-/ready") }
	if err := s.Start(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func findAny(programs []string) (string, error) {
	var failed error
	for _, name := range programs {
		path, err := find(name)
		if err == nil {
			return path, nil
		}
		failed = err
	}
	return "", failed
}

func answers(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // no idle connection stays behind
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, resp.Status)
	}
	return nil
}
