package testkit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A server runs under a shell that holds the read end of a pipe. When its starter closes the other end or
// dies in whatever way, the shell ends the server and removes its folder. "keep" on the pipe means that the
// server has ended already and is to start again.
const leashScript = `
dir=$1 signal=$2
shift 2
(
	sh -c 'echo $$ >"$0/pid.new" && mv "$0/pid.new" "$0/pid" && exec "$@"' "$dir" "$@"
	echo $? >"$dir/exited"
) </dev/null >>"$dir/log" 2>&1 &
word=
read -r word
[ "$word" = keep ] && exit 0
n=0
until [ -e "$dir/exited" ] || [ $n -ge 500 ]; do
	[ $n = 0 ] && kill -s "$signal" "$(cat "$dir/pid")"
	sleep 0.02
	n=$((n + 1))
done
[ -e "$dir/exited" ] || kill -s KILL "$(cat "$dir/pid")"
cd / && rm -rf "$dir"
`

const (
	startLimit = 30 * time.Second
	stopLimit  = 15 * time.Second
	pollEvery  = 10 * time.Millisecond
)

// Process is a server on a leash. Its methods are not for use by several goroutines at once.
type Process struct {
	name  string
	dir   string   // holds its data, its log, and the leash's files
	argv  []string // program and arguments
	owner *syscall.Credential
	stop  syscall.Signal              // ends it in order
	leave string                      // the name of the signal that ends it when nobody needs its data any more
	ready func(context.Context) error // nil once it answers
	cmd   *exec.Cmd
	leash *os.File
}

// newFolder makes a temporary folder that owner, where given, can write.
func newFolder(name string, owner *syscall.Credential) (string, error) {
	dir, err := os.MkdirTemp("", "rouse-"+name+"-")
	if err != nil {
		return "", fmt.Errorf("make a folder for %s: %w", name, err)
	}
	if owner != nil {
		if err := os.Chown(dir, int(owner.Uid), int(owner.Gid)); err != nil {
			return "", fmt.Errorf("give the folder of %s to its user: %w", name, err)
		}
	}
	return dir, nil
}

// Start starts the server, also after Stop and Kill, and waits until it answers.
func (p *Process) Start() error {
	for _, old := range []string{"pid", "exited"} {
		if err := os.Remove(filepath.Join(p.dir, old)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("start %s: %w", p.name, err)
		}
	}
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	defer func() { _ = r.Close() }()
	args := append([]string{"-c", leashScript, "rouse-leash", p.dir, p.leave}, p.argv...)
	cmd := exec.CommandContext(context.Background(), "sh", args...)
	cmd.Dir, cmd.Stdin = p.dir, r
	// A group of its own: a Ctrl-C in the terminal must not end the shell before it has cleaned up.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: p.owner}
	if err := cmd.Start(); err != nil {
		_ = w.Close()
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	p.cmd, p.leash = cmd, w
	if err := p.awaitReady(); err != nil {
		return errors.Join(err, p.Kill())
	}
	return nil
}

func (p *Process) awaitReady() error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	err := poll(startLimit, func() (bool, error) {
		if p.exited() {
			return false, errors.New("it ended at once")
		}
		return p.running() && p.ready(ctx) == nil, nil
	})
	if err != nil {
		return fmt.Errorf("start %s: %w; the end of its log:\n%s", p.name, err, p.tail())
	}
	return nil
}

// Stop ends the server in order, as an administrator would, and keeps its data.
func (p *Process) Stop() error { return p.halt(p.stop) }

// Kill ends the server by SIGKILL and keeps its data.
func (p *Process) Kill() error { return p.halt(syscall.SIGKILL) }

// halt ends the server, if it has not ended by itself, and lets go of the leash.
func (p *Process) halt(signal syscall.Signal) error {
	if p.leash == nil {
		return nil
	}
	sent := false
	err := poll(stopLimit, func() (bool, error) {
		if p.exited() {
			return true, nil
		}
		if !sent {
			sent = p.Signal(signal) == nil // it may be so young that it has no process id yet
		}
		return false, nil
	})
	if err != nil {
		return fmt.Errorf("stop %s: %w", p.name, err)
	}
	if _, err := p.leash.WriteString("keep\n"); err != nil {
		return fmt.Errorf("stop %s: %w", p.name, err)
	}
	return p.release()
}

// Signal sends the server a signal, e.g. SIGSTOP, SIGCONT or SIGHUP.
func (p *Process) Signal(signal syscall.Signal) error {
	pid, err := p.PID()
	if err != nil {
		return err
	}
	if err := syscall.Kill(pid, signal); err != nil {
		return fmt.Errorf("signal %s: %w", p.name, err)
	}
	return nil
}

// PID is the server's process id.
func (p *Process) PID() (int, error) {
	text, err := os.ReadFile(filepath.Join(p.dir, "pid"))
	if err != nil {
		return 0, fmt.Errorf("the process id of %s: %w", p.name, err)
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// Close ends the server and removes everything of it.
func (p *Process) Close() error {
	if p.leash == nil { // stopped before: only the folder is left
		return os.RemoveAll(p.dir)
	}
	return p.release()
}

func (p *Process) release() error {
	err := errors.Join(p.leash.Close(), p.cmd.Wait())
	p.leash, p.cmd = nil, nil
	if err != nil {
		return fmt.Errorf("end %s: %w", p.name, err)
	}
	return nil
}

func (p *Process) running() bool {
	_, err := p.PID()
	return err == nil
}

func (p *Process) exited() bool {
	_, err := os.Stat(filepath.Join(p.dir, "exited"))
	return err == nil
}

// poll asks again and again: what a foreign process does comes with no event that we could wait for.
func poll(limit time.Duration, done func() (bool, error)) error {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(pollEvery) {
		if ok, err := done(); ok || err != nil {
			return err
		}
	}
	return fmt.Errorf("no answer within %s", limit)
}

// tail is the last part of the server's log.
func (p *Process) tail() string {
	text, err := os.ReadFile(filepath.Join(p.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-2000):])
}
