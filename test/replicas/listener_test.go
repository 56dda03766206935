package replicas

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/test/binary"
)

// listener follows one server's stream as a browser does: when it is cut off it comes back with the last id.
type listener struct {
	server *binary.Server

	mu       sync.Mutex
	versions map[int64]int64
	late     []time.Duration // from a change to its event
	resets   int
	odd      []string // events that nobody should get here
	cuts     int
	cursor   string
}

func listen(t *testing.T, servers ...*binary.Server) []*listener {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		all.Wait()
	})
	var out []*listener
	for _, s := range servers {
		l := &listener{server: s, versions: map[int64]int64{}}
		out = append(out, l)
		begun := make(chan struct{})
		all.Go(func() { l.run(ctx, begun) })
		<-begun
	}
	return out
}

func (l *listener) run(ctx context.Context, begun chan struct{}) {
	once := sync.OnceFunc(func() { close(begun) })
	for ctx.Err() == nil {
		_ = l.once(ctx, once)
		l.mu.Lock()
		l.cuts++
		l.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond): // as the stream's `retry` says, but quicker
		}
	}
}

func (l *listener) once(ctx context.Context, begun func()) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.server.URL+"/api/v1/stream", nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	r.Header.Set("Last-Event-ID", l.cursor)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	var name, data string
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "id":
			l.cursor = value
		case "event":
			name = value
		case "data":
			data = value
		case "":
			if name == "reset" {
				if err := l.reload(ctx, data); err != nil {
					return err
				}
			} else if name != "" {
				l.hear(name, data)
			}
			if name != "" {
				begun()
			}
			name, data = "", ""
		}
	}
	return lines.Err()
}

func (l *listener) hear(name, data string) {
	now := time.Now()
	var e struct {
		Number, Version int64
		At              time.Time
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch err := json.Unmarshal([]byte(data), &e); {
	case err != nil:
		l.odd = append(l.odd, name+" "+data)
	case name == "incident":
		l.versions[e.Number] = max(l.versions[e.Number], e.Version)
		l.late = append(l.late, now.Sub(e.At))
	}
}

// reload looks at everything anew, as whoever is told that it missed something must.
func (l *listener) reload(ctx context.Context, why string) error {
	for cursor := ""; ; {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.server.URL+"/api/v1/incidents?limit=500&cursor="+cursor, nil)
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+adminToken)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		var page struct {
			Incidents []struct{ Number, Version int64 }
			Next      string `json:"next_cursor"`
		}
		err = json.NewDecoder(res.Body).Decode(&page)
		if err = errors.Join(err, res.Body.Close()); err != nil {
			return err
		}
		l.mu.Lock()
		for _, i := range page.Incidents {
			l.versions[i.Number] = max(l.versions[i.Number], i.Version)
		}
		l.mu.Unlock()
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.resets++; why != `{"reason":"expired"}` {
		l.odd = append(l.odd, why)
	}
	return nil
}

// heardAll: each listener knows the last version of every incident. Only who was away for long had to look anew.
func (c *cluster) heardAll(t *testing.T, listeners ...*listener) {
	t.Helper()
	for i, l := range listeners {
		binary.Eventually(t, limit, "a stream has told everything", func() bool { return len(c.unheard(t, l)) == 0 })
		l.mu.Lock()
		slices.Sort(l.late)
		t.Logf("stream of server %d: %d events of %d incidents, %d cuts, %d resets; p50 %s, p95 %s", i, len(l.late), len(l.versions), l.cuts, l.resets,
			l.late[len(l.late)/2].Round(time.Millisecond), l.late[len(l.late)*95/100].Round(time.Millisecond))
		if usual := l.late[len(l.late)/2]; usual > time.Second {
			t.Errorf("stream %d usually tells a change after %s", i, usual)
		}
		if len(l.odd) > 0 || l.resets > 0 && l.cuts == 0 {
			t.Errorf("stream %d was reset %d times, and told %q", i, l.resets, l.odd)
		}
		l.mu.Unlock()
	}
}

// unheard gives the incidents whose last version a listener has not heard of.
func (c *cluster) unheard(t *testing.T, l *listener) (out []int64) {
	t.Helper()
	rows, err := c.db.QueryContext(t.Context(), `SELECT number, version FROM incident WHERE number > 0`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	l.mu.Lock()
	defer l.mu.Unlock()
	for rows.Next() {
		var number, version int64
		if err := rows.Scan(&number, &version); err != nil {
			t.Fatal(err)
		}
		if l.versions[number] != version {
			out = append(out, number)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
