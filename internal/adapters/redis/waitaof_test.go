package redis_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/redis"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// newer stands for a Redis 7.2 where there is an older one: over a real socket it answers what the buffer says, and
// WAITAOF as that is documented. It waits until what its own connection wrote is flushed: where that is nothing, not at all.
type newer struct {
	appendonly  bool
	appendfsync string // always, everysec, no
	info        string // of memory; "" where it may not be asked
	config      bool   // it shows its settings
	readonly    bool

	listener net.Listener
	serving  sync.WaitGroup
	mu       sync.Mutex
	written  int           // writes
	flushed  int           // of them
	flush    chan struct{} // closed at the next flush
	entries  map[string]bool
}

const keepsAll, keepsNew = "maxmemory:0\r\nmaxmemory_policy:noeviction\r\n", "maxmemory:1000\r\nmaxmemory_policy:allkeys-lru\r\n"

func (n *newer) start(t *testing.T) *redis.Client {
	t.Helper()
	var err error
	n.listener, err = net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	n.flush, n.entries = make(chan struct{}), map[string]bool{}
	n.serving.Go(func() {
		for {
			conn, err := n.listener.Accept()
			if err != nil {
				return
			}
			n.serving.Go(func() { n.serve(conn) })
		}
	})
	c, err := redis.New("redis://" + n.listener.Addr().String())
	ok(t, err)
	t.Cleanup(func() {
		ok(t, errors.Join(c.Close(), n.listener.Close()))
		n.serving.Wait()
	})
	return c
}

// serve answers one command after the other until the client goes.
func (n *newer) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	own := 0 // the last write of this connection
	for {
		command, err := read(in)
		if err != nil {
			return
		}
		if _, err := io.WriteString(conn, n.answer(command, &own)); err != nil {
			return
		}
	}
}

func read(in *bufio.Reader) ([]string, error) {
	number := func() (int, error) {
		line, err := in.ReadString('\n')
		if err != nil {
			return 0, err
		}
		return strconv.Atoi(strings.TrimSpace(line[1:]))
	}
	words, err := number()
	command := make([]string, 0, 8)
	for range words {
		var size int
		if size, err = number(); err != nil {
			return nil, err
		}
		word := make([]byte, size+2)
		if _, err = io.ReadFull(in, word); err != nil {
			return nil, err
		}
		command = append(command, string(word[:size]))
	}
	return command, err
}

func bulk(s string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(s), s) }

func (n *newer) answer(command []string, own *int) string {
	switch strings.ToLower(command[0]) {
	case "ping":
		return "+PONG\r\n"
	case "set", "eval":
		if n.readonly {
			return "-READONLY You can't write against a read only replica.\r\n"
		}
		entry := n.write(own, command[0] == "eval")
		if entry == "" {
			return "+OK\r\n"
		}
		return bulk(entry)
	case "xdel":
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.entries, command[2])
		return ":1\r\n"
	case "info":
		if n.info == "" {
			return "-NOPERM User default has no permissions to run the 'info' command\r\n"
		}
		return bulk(n.info)
	case "config":
		if !n.config {
			return "-ERR unknown command 'CONFIG', with args beginning with: 'GET'\r\n"
		}
		set := map[string]string{"appendonly": map[bool]string{true: "yes", false: "no"}[n.appendonly], "appendfsync": n.appendfsync, "no-appendfsync-on-rewrite": "no"}
		return "*2\r\n" + bulk(command[2]) + bulk(set[command[2]])
	case "waitaof":
		return n.wait(command, *own)
	}
	return fmt.Sprintf("-ERR unknown command '%s'\r\n", command[0])
}

// write notes a write, and flushes as it is set to.
func (n *newer) write(own *int, entry bool) string {
	n.mu.Lock()
	n.written++
	*own = n.written
	name := ""
	if entry {
		name = fmt.Sprintf("1-%d", n.written)
		n.entries[name] = true
	}
	n.mu.Unlock()
	switch n.appendfsync {
	case "always":
		n.sync()
	case "everysec": // a tenth of a second, so that nobody waits for long
		time.AfterFunc(100*time.Millisecond, n.sync)
	}
	return name
}

func (n *newer) sync() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.flushed = n.written
	close(n.flush)
	n.flush = make(chan struct{})
}

func (n *newer) wait(command []string, own int) string {
	if !n.appendonly {
		return "-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.\r\n"
	}
	limit, err := strconv.Atoi(command[3])
	if err != nil {
		return "-ERR timeout is not an integer or out of range\r\n"
	}
	over := time.After(time.Duration(limit) * time.Millisecond)
	for {
		n.mu.Lock()
		done, flush := n.flushed >= own, n.flush
		n.mu.Unlock()
		if done {
			return "*2\r\n:1\r\n:0\r\n"
		}
		select {
		case <-flush:
		case <-over:
			return "*2\r\n:0\r\n:0\r\n"
		}
	}
}

// What Redis 7.2 and newer says of its disk counts, whatever its settings; what it may throw away does not.
func TestWhatWaitaofSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		server *newer
		words  string // "" where it keeps
	}{
		"always":                     {&newer{appendonly: true, appendfsync: "always", info: keepsAll, config: true}, ""},
		"every second":               {&newer{appendonly: true, appendfsync: "everysec", info: keepsAll, config: true}, ""},
		"settings hidden":            {&newer{appendonly: true, appendfsync: "everysec", info: keepsAll}, ""},
		"when the system likes":      {&newer{appendonly: true, appendfsync: "no", info: keepsAll, config: true}, "set appendonly yes, and appendfsync everysec or always"},
		"no file":                    {&newer{appendfsync: "always", info: keepsAll}, "set appendonly yes"},
		"may be thrown away":         {&newer{appendonly: true, appendfsync: "always", info: keepsNew, config: true}, "set noeviction"},
		"hidden, may be thrown away": {&newer{appendonly: true, appendfsync: "always", info: keepsNew}, "set noeviction"},
		"all hidden":                 {&newer{appendonly: true, appendfsync: "always"}, "does not show its maxmemory-policy"},
		"a copy":                     {&newer{appendonly: true, appendfsync: "always", info: keepsAll, readonly: true}, "cannot be written: READONLY"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := c.server
			client := server.start(t)
			s := client.Look(t.Context())
			if s.Keeps != (c.words == "") || !s.Answers || strings.Contains(s.Words, "degraded") == s.Keeps || !strings.Contains(s.Words, c.words) {
				t.Errorf("it says %+v, want %q in it", s, c.words)
			}
			err := redis.NewBuffer(client, "one", 10).Put(t.Context(), letter(0))
			if code := fault.Of(err).Code; (err == nil) != s.Keeps || err != nil && !server.readonly && code != "buffer.not_kept" {
				t.Errorf("put: %v", err)
			}
			server.mu.Lock()
			defer server.mu.Unlock()
			if kept := len(server.entries) > 0; kept != s.Keeps {
				t.Errorf("%d letters are left in the buffer", len(server.entries))
			}
		})
	}
}
