package testkit

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// RedisServer is a private Redis. Besides Start, Stop and Kill it can be asked.
type RedisServer struct {
	*Process
	port int
}

// Redis starts a private Redis that keeps everything at once (appendonly yes, appendfsync always), unless settings
// say otherwise. Without Redis the test is skipped.
func Redis(tb TB, settings map[string]string) *RedisServer {
	tb.Helper()
	r, err := startRedis(settings)
	must(tb, err)
	tb.Cleanup(func() { must(tb, r.Close()) })
	return r
}

func startRedis(settings map[string]string) (*RedisServer, error) {
	program, err := find("redis-server")
	if err != nil {
		return nil, err
	}
	var failed error
	for range 3 { // somebody else may take the free port before the server does
		r, err := tryRedis(program, settings)
		if err == nil {
			return r, nil
		}
		failed = err
	}
	return nil, failed
}

func tryRedis(program string, settings map[string]string) (*RedisServer, error) {
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	dir, err := newFolder("redis", nil)
	if err != nil {
		return nil, err
	}
	all := map[string]string{
		"port": fmt.Sprint(port), "bind": "127.0.0.1", "dir": dir, "save": "", "daemonize": "no",
		"appendonly": "yes", "appendfsync": "always",
	}
	for name, value := range settings {
		all[name] = value
	}
	var args []string
	for name, value := range all {
		args = append(args, "--"+name)
		if words := strings.Fields(value); len(words) > 0 {
			args = append(args, words...)
		} else {
			args = append(args, "")
		}
	}
	// `find` follows links, and Debian's redis-server is redis-check-rdb under another name: what it does it sees
	// from the name by which it is called.
	argv := append([]string{filepath.Join(filepath.Dir(program), "redis-server")}, args...)
	r := &RedisServer{port: port, Process: &Process{name: "Redis", dir: dir, stop: syscall.SIGTERM, leave: "KILL", argv: argv}}
	r.ready = r.ping
	if err := r.Start(); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// URL is its address; it stays the same when the server is started again.
func (r *RedisServer) URL() string { return fmt.Sprintf("redis://127.0.0.1:%d/0", r.port) }

// ping asks until nothing is being loaded any more.
func (r *RedisServer) ping(ctx context.Context) error {
	answer, err := r.Ask(ctx, "PING")
	if err == nil && answer != "+PONG" {
		err = fmt.Errorf("redis answers %s", answer)
	}
	return err
}

// Ask sends one command and gives the first line of the answer as it is on the wire.
func (r *RedisServer) Ask(ctx context.Context, command ...string) (string, error) {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", r.port))
	if err != nil {
		return "", fmt.Errorf("connect to Redis: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(command))
	for _, word := range command {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(word), word)
	}
	if _, err := io.WriteString(conn, b.String()); err != nil {
		return "", fmt.Errorf("ask Redis: %w", err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}
