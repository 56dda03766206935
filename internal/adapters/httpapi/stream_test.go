package httpapi

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/memory"
	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

type noFollowMetrics struct{}

func (noFollowMetrics) Listening(int)            {}
func (noFollowMetrics) Told(time.Duration)       {}
func (noFollowMetrics) Missed(insight.MissedWhy) {}

// live is a real server with the stream, whose feed a test writes.
type live struct {
	*bundle
	t      *testing.T
	db     *memory.DB
	follow *insight.Follow
	web    *httptest.Server
}

func newLive(t *testing.T, change func(*server, *http.Server)) *live {
	t.Helper()
	db := memory.New(nil)
	l := &live{t: t, db: db, follow: insight.NewFollow(insight.FollowConfig{
		Changes: memory.Atomic(db, (*memory.Tx).Changes), Clock: wallClock{}, Metrics: noFollowMetrics{},
	})}
	l.look()
	l.bundle = setup(t, func(d *Deps) { d.Follow = l.follow })
	l.web = httptest.NewUnstartedServer(l.handler)
	l.web.Config = NewServer(l.handler, slog.New(slog.DiscardHandler))
	if change != nil {
		change(l.server, l.web.Config)
	}
	l.web.Start()
	t.Cleanup(l.web.Close)
	t.Cleanup(l.follow.Stop)
	return l
}

func (l *live) look() {
	l.t.Helper()
	if _, err := l.follow.RunOnce(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
}

// change saves an incident and lets the server look.
func (l *live) change(number id.Incident) {
	l.t.Helper()
	err := memory.Atomic(l.db, (*memory.Tx).Incidents)(l.t.Context(), func(ctx context.Context, r ports.Incidents) error {
		s := incident.State{Number: number, ID: fmt.Sprintf("id-%d", number), UpdatedAt: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)}
		return r.Save(ctx, []incident.Change{{State: s}})
	})
	if err != nil {
		l.t.Fatal(err)
	}
	l.look()
}

// reading is one listener's connection.
type reading struct {
	t   *testing.T
	res *http.Response
	in  *bufio.Scanner
}

func (l *live) open(token, cursor string) *reading {
	l.t.Helper()
	r, err := http.NewRequestWithContext(l.t.Context(), http.MethodGet, l.web.URL+"/api/v1/stream", nil)
	if err != nil {
		l.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if cursor != "" {
		r.Header.Set("Last-Event-ID", cursor)
	}
	res, err := l.web.Client().Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { _ = res.Body.Close() })
	return &reading{t: l.t, res: res, in: bufio.NewScanner(res.Body)}
}

// next gives the next event: its name, its data and its id; comments count as events without a name.
func (r *reading) next() (name, data, cursor string) {
	r.t.Helper()
	some := false
	for r.in.Scan() {
		field, value, _ := strings.Cut(r.in.Text(), ": ")
		switch {
		case r.in.Text() == "" && some:
			return name, data, cursor
		case field == "event":
			name = value
		case field == "data":
			data = value
		case field == "id":
			cursor = value
		case field == "":
			data = value
		}
		some = some || field != "" && field != "retry" || field == "" && value != ""
	}
	return "over", "", ""
}

// news is the next event that is no sign of life: one of those comes whenever nothing else did for a while.
func (r *reading) news() (name, data, cursor string) {
	r.t.Helper()
	for name = "here"; name == "here"; {
		name, data, cursor = r.next()
	}
	return name, data, cursor
}

func (r *reading) expect(name, data string) (cursor string) {
	r.t.Helper()
	next := r.news
	if name == "here" {
		next = r.next
	}
	gotName, gotData, cursor := next()
	if gotName != name || data != "" && gotData != data {
		r.t.Fatalf("event %q with %s, want %q with %s", gotName, gotData, name, data)
	}
	return cursor
}

func TestTheStreamTellsAndGoesOn(t *testing.T) {
	t.Parallel()
	l := newLive(t, nil)
	r := l.open(l.tokens[directory.Viewer], "")
	if r.res.StatusCode != http.StatusOK || r.res.Header.Get("Content-Type") != "text/event-stream" || r.res.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%s %v", r.res.Status, r.res.Header)
	}
	r.expect("ready", "{}")
	edit := func(ctx context.Context, c ports.Catalog) error { return c.Apply(ctx, directory.Edit{}) }
	if err := memory.Atomic(l.db, (*memory.Tx).Catalog)(t.Context(), edit); err != nil {
		t.Fatal(err)
	}
	l.look()
	r.expect("directory", "{}")
	l.change(1)
	cursor := r.expect("incident", `{"id":"id-1","number":1,"version":1,"at":"2026-11-25T12:00:00Z"}`)
	_ = r.res.Body.Close()
	l.change(2)
	l.change(3)
	r = l.open(l.tokens[directory.Viewer], cursor)
	r.expect("ready", "{}")
	r.expect("incident", `{"id":"id-2","number":2,"version":1,"at":"2026-11-25T12:00:00Z"}`)
	r.expect("incident", `{"id":"id-3","number":3,"version":1,"at":"2026-11-25T12:00:00Z"}`)
	r = l.open(l.tokens[directory.Viewer], "nonsense")
	r.expect("reset", `{"reason":"expired"}`)
	l.change(4)
	r.expect("incident", "")
}

func TestWhoMayListen(t *testing.T) {
	t.Parallel()
	l := newLive(t, nil)
	for token, want := range map[string]int{
		"": http.StatusUnauthorized, "rouse_api_x": http.StatusUnauthorized, l.key: http.StatusUnauthorized,
		l.tokens[directory.Viewer]: http.StatusOK, l.tokens[directory.Admin]: http.StatusOK,
	} {
		if r := l.open(token, ""); r.res.StatusCode != want {
			t.Errorf("%q is answered %s, not %d", token, r.res.Status, want)
		}
	}
	for range 15 {
		l.open(l.tokens[directory.Viewer], "").expect("ready", "")
	}
	r := l.open(l.tokens[directory.Viewer], "")
	if body, _ := io.ReadAll(r.res.Body); r.res.StatusCode != http.StatusTooManyRequests || !strings.Contains(string(body), "stream.too_many") || r.res.Header.Get("Retry-After") != "10" {
		t.Errorf("a 17th connection is answered %s %s", r.res.Status, body)
	}
}

// The server's time for reading a request is over long before the listener leaves.
func TestTheStreamOutlivesTheServersTimeouts(t *testing.T) {
	t.Parallel()
	l := newLive(t, func(s *server, h *http.Server) {
		s.beat = 20 * time.Millisecond
		h.ReadTimeout, h.WriteTimeout = 50*time.Millisecond, 50*time.Millisecond
	})
	r := l.open(l.tokens[directory.Viewer], "")
	r.expect("ready", "")
	for range 10 {
		r.expect("here", "{}")
	}
	l.change(1)
	for name := ""; name != "incident"; {
		if name, _, _ = r.next(); name == "over" {
			t.Fatal("the stream ended by itself")
		}
	}
}

func TestTheStreamEndsWithTheToken(t *testing.T) {
	t.Parallel()
	l := newLive(t, func(s *server, _ *http.Server) { s.beat = 10 * time.Millisecond })
	token, secret, err := l.deps.Access.CreateToken.Do(t.Context(), l.user(t), "short", directory.Viewer, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	r := l.open(secret, "")
	r.expect("ready", "")
	r.expect("here", "{}")
	if err := l.deps.Access.RevokeToken.Do(t.Context(), l.user(t), token.ID); err != nil {
		t.Fatal(err)
	}
	for name := ""; name != "over"; {
		name, _, _ = r.next() // the test's own limit ends it otherwise
	}
}

// The deadline of the request is of its beginning: who listens is asked by one of its own.
func TestALongStreamStillHeedsItsToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token, secret, err := b.deps.Access.CreateToken.Do(t.Context(), b.user(t), "short", directory.Viewer, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(context.WithValue(t.Context(), keyDue, time.Now().Add(-time.Hour)), http.MethodGet, "/api/v1/stream", nil)
	r.Header.Set("Authorization", "Bearer "+secret)
	if !b.mayStillListen(r) {
		t.Error("a good token may not listen for long")
	}
	if err := b.deps.Access.RevokeToken.Do(t.Context(), b.user(t), token.ID); err != nil {
		t.Fatal(err)
	}
	if b.mayStillListen(r) {
		t.Error("a revoked token listens on")
	}
}

// user is somebody who may make tokens.
func (b *bundle) user(t *testing.T) directory.Principal {
	t.Helper()
	p, err := b.deps.Access.VerifyToken.Do(t.Context(), b.tokens[directory.Admin])
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTheStreamEndsAtOnceWhenTheServerStops(t *testing.T) {
	t.Parallel()
	l := newLive(t, nil)
	r := l.open(l.tokens[directory.Viewer], "")
	r.expect("ready", "")
	l.follow.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := l.web.Config.Shutdown(ctx); err != nil {
		t.Errorf("the server does not end: %v", err)
	}
	r.expect("over", "")
}

// A listener that reads nothing is cut off; others hear everything meanwhile.
func TestAListenerThatDoesNotReadHoldsUpNobody(t *testing.T) {
	t.Parallel()
	l := newLive(t, func(_ *server, h *http.Server) {
		h.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
			_ = c.(*net.TCPConn).SetWriteBuffer(1) // the least that the system has
			return ctx
		}
	})
	deaf := l.open(l.tokens[directory.Responder], "")
	r := l.open(l.tokens[directory.Viewer], "")
	r.expect("ready", "")
	const many = 6000
	for n := range many {
		l.change(id.Incident(n + 1))
		if name, data, _ := r.news(); name != "incident" || !strings.Contains(data, fmt.Sprintf(`"number":%d,`, n+1)) {
			t.Fatalf("event %d is %q %s", n, name, data)
		}
	}
	deaf.expect("ready", "")
	n, last := 0, ""
	for name := "ready"; name != "over"; n++ {
		last = name
		name, _, _ = deaf.news()
	}
	if n >= many || last != "reset" {
		t.Errorf("whoever did not read heard %d events, the last one %q", n, last)
	}
}

func TestTheDocumentHasTheStream(t *testing.T) {
	t.Parallel()
	l := newLive(t, nil)
	w := l.call(t, call{do: "GET /api/openapi.json"})
	for _, want := range []string{`"/api/v1/stream"`, `"Last-Event-ID"`, `"text/event-stream"`, `"ChangedBody"`, `"MissedBody"`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the document lacks %s", want)
		}
	}
}
