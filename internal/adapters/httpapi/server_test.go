package httpapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

func TestUnknownRoutes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for do, want := range map[string]struct {
		status int
		code   string
	}{
		"GET /api/v1/nothing":     {404, "route.not_found"},
		"GET /nothing":            {404, "route.not_found"},
		"POST /api/v1/nothing":    {404, "route.not_found"},
		"DELETE /incidents":       {405, "route.method"},
		"PUT /api/v1/incidents/1": {405, "route.method"},
		"POST /":                  {405, "route.method"},
	} {
		w := b.call(t, call{do: do})
		if w.Code != want.status || !strings.Contains(w.Body.String(), want.code) || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", do, w.Code, w.Body)
		}
		if want.status == 405 && w.Header().Get("Allow") == "" {
			t.Errorf("%s: 405 without Allow", do)
		}
	}
}

func TestPanicsAreAnswered(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b := setup(t, func(d *Deps) {
		d.Log = slog.New(slog.NewTextHandler(&log, nil))
		d.Incidents.Resolve = func(context.Context, directory.Principal, []string, string) ([]respond.Result, error) {
			panic("a secret reason")
		}
	})
	w := b.call(t, call{do: "POST /resolve", as: directory.Responder, body: `{"id":1,"status":"resolved"}`})
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "secret") || !strings.Contains(w.Body.String(), `"code":"internal"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "a secret reason") || !strings.Contains(log.String(), "server_test.go") {
		t.Errorf("the log does not say what happened: %s", &log)
	}
}

// Secrets of all kinds go in; none is in the log.
func TestNoSecretsInTheLog(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b := setup(t, func(d *Deps) {
		d.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	c := b.setUp(t, false)
	b.call(t, call{do: "GET /incidents", as: directory.Admin})
	b.call(t, call{do: "GET /", cookie: c})
	b.alerts(t, "api", "critical")
	if log.Len() == 0 {
		t.Fatal("nothing is logged")
	}
	for _, secret := range []string{b.setup, b.key, c.Value, password, b.tokens[directory.Admin]} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

func TestHealthAndReady(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down, unwell, asked := false, false, 0
		b := setup(t, func(d *Deps) {
			d.Checks = []Check{
				{Name: "database", Do: func(context.Context) (string, bool) { asked++; return "answers", true }},
				{Name: "clock", Do: func(context.Context) (string, bool) { return "3 s off", !down }},
				{Name: "probe", Advisory: true, Do: func(context.Context) (string, bool) { return "5m ago", !unwell }},
			}
		})
		if w := b.call(t, call{do: "GET /health"}); w.Code != http.StatusOK {
			t.Errorf("health is %d", w.Code)
		}
		if w := b.call(t, call{do: "GET /ready"}); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"database":{"ok":true,"detail":"answers"}`) {
			t.Errorf("ready is %d %s", w.Code, w.Body)
		}
		down = true
		if w := b.call(t, call{do: "GET /ready"}); w.Code != http.StatusOK || asked != 1 {
			t.Errorf("within the second it is %d, and the database was asked %d times", w.Code, asked)
		}
		time.Sleep(time.Second)
		if w := b.call(t, call{do: "GET /ready"}); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), `"clock":{"ok":false,"detail":"3 s off"}`) {
			t.Errorf("not ready is %d %s", w.Code, w.Body)
		}
		down, unwell = false, true
		time.Sleep(time.Second)
		if w := b.call(t, call{do: "GET /ready"}); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"status":"ready, but not well"`) ||
			!strings.Contains(w.Body.String(), `"probe":{"ok":false,"detail":"5m ago"}`) {
			t.Errorf("ready and not well is %d %s", w.Code, w.Body)
		}
	})
}

func TestOnlyFaultsOfOursAreErrorsInTheLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		b := setup(t, func(d *Deps) { d.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		for range 3 {
			for range 10 {
				_ = b.problem(t.Context(), fault.Unavailable(time.Second, "store.slow", "the database did not answer in time"))
			}
			time.Sleep(time.Second)
		}
		if n := strings.Count(log.String(), "level=WARN"); n != 3 || strings.Contains(log.String(), "level=ERROR") {
			t.Errorf("30 requests in 3 s that could not be served gave:\n%s", log.String())
		}
		_ = b.problem(t.Context(), errors.New("a bug"))
		if n := strings.Count(log.String(), "level=ERROR"); n != 1 {
			t.Errorf("%d errors for one bug", n)
		}
	})
}

func TestMetricsAreFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		to    MetricsFor
		from  string
		as    directory.Role
		proxy string
		want  int
	}{
		"default, this machine":         {"", "127.0.0.1:1", "", "", 200},
		"default, this machine by IPv6": {"", "[::1]:1", "", "", 200},
		"default, another":              {"", "192.0.2.1:1", "", "", 401},
		"default, a proxy here":         {"", "127.0.0.1:1", "", "192.0.2.1", 401},
		"default, another with a token": {"", "192.0.2.1:1", directory.Viewer, "", 200},
		"token, this machine":           {MetricsToken, "127.0.0.1:1", "", "", 401},
		"token, with one":               {MetricsToken, "127.0.0.1:1", directory.Viewer, "", 200},
		"public":                        {MetricsPublic, "192.0.2.1:1", "", "", 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(d *Deps) { d.Config.MetricsFor = c.to })
			h := map[string]string{}
			if c.proxy != "" {
				h["X-Forwarded-For"] = c.proxy
			}
			if w := b.call(t, call{do: "GET /metrics", from: c.from, as: c.as, header: h}); w.Code != c.want {
				t.Errorf("%d, want %d", w.Code, c.want)
			}
		})
	}
}

func TestTwilioCallback(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *Deps) { d.Config.PublicURL = "https://rouse.example.org" })
	forged := b.call(t, call{do: "POST /callbacks/twilio/m1?attempt=1", header: map[string]string{"X-Twilio-Signature": "x"}})
	if forged.Code != http.StatusUnauthorized || len(b.reports) != 0 {
		t.Errorf("a forged callback: %d, %v", forged.Code, b.reports)
	}
	w := b.call(t, call{do: "POST /callbacks/twilio/m1?attempt=1", header: map[string]string{"X-Twilio-Signature": "signed for https://rouse.example.org"}})
	if w.Code != http.StatusNoContent || len(b.reports) != 1 || b.reports[0].Message != "m1" || b.reports[0].Status != notification.MessageDelivered {
		t.Errorf("%d, %+v", w.Code, b.reports)
	}
}

// Whoever sends on purpose a byte at a time is cut off: in the head after 5 s, in the body after 30 s; who sends nothing
// more after a request, after 2 min.
func TestASlowSenderIsCutOff(t *testing.T) {
	t.Parallel()
	const head = "POST /alerts HTTP/1.1\r\nHost: rouse\r\nContent-Length: 100\r\n"
	for name, c := range map[string]struct {
		sent  string
		after time.Duration
	}{
		"in the head":       {head, 5 * time.Second},
		"in the body":       {head + "\r\n{", 30 * time.Second},
		"after the request": {head + "\r\n" + strings.Repeat(" ", 100), 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }), slog.New(slog.DiscardHandler))
				ours, theirs := net.Pipe()
				l := &oneConnection{conn: theirs, closed: make(chan struct{})}
				go func() { _ = s.Serve(l) }()
				began, done := time.Now(), make(chan struct{})
				go func() {
					defer close(done)
					_, _ = io.Copy(io.Discard, ours) // until the server closes it
				}()
				_, _ = io.WriteString(ours, c.sent)
				select {
				case <-done:
				case <-time.After(time.Hour):
					t.Error("the connection is held for an hour")
				}
				if took := time.Since(began); took < c.after || took > c.after+5*time.Second {
					t.Errorf("cut off after %v", took)
				}
				_ = ours.Close()
				_ = s.Close()
			})
		})
	}
}

// oneConnection is a listener that brings one connection.
type oneConnection struct {
	conn   net.Conn
	closed chan struct{}
}

func (l *oneConnection) Accept() (net.Conn, error) {
	if c := l.conn; c != nil {
		l.conn = nil
		return c, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

func (l *oneConnection) Close() error { close(l.closed); return nil }

func (l *oneConnection) Addr() net.Addr { return &net.TCPAddr{} }
