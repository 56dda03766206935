// Package scenario tells stories about the whole server: real databases, providers that are fakes over real
// sockets, and a clock that the story moves.
package scenario

import (
	"bytes"
	"context"
	"database/sql"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // a connection of the story's own
	_ "modernc.org/sqlite"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/internal/wire"
)

const (
	adminToken = "scenario-admin-token-0123456789"
	mainKey    = "MainIntegrationKey00000000000000"
)

// clock stands until a story moves it.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	start time.Time // everybody's, where the story has a real Alertmanager
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// story is one server, the world around it, and what of that the story has already looked at.
type story struct {
	t       *testing.T
	clock   *clock
	app     *wire.App
	config  wire.Config
	handler atomic.Pointer[http.Handler] // of the server that runs now
	server  *httptest.Server
	db      *sql.DB // only for looking

	sms       *channeltest.Twilio
	mail      *channeltest.SMTP
	hook      *channeltest.Webhook
	log       *logBuffer
	silent    bool // Twilio reports nothing
	damaged   bool // the story spoils the database by itself
	confirmed int  // SMS that it has reported

	mu      sync.Mutex
	cookies map[string]*http.Cookie // of people who are signed in, by email address
	read    map[string]int          // messages that the story has looked at, by address
	firing  map[string]firing       // what was sent as firing, by fingerprint
}

// logBuffer keeps the server's log for the reader of a failed test.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// tell runs a story on SQLite and on PostgreSQL. yaml is what people own; "" is twoPeople.
func tell(t *testing.T, yaml string, f func(s *story)) {
	t.Helper()
	if yaml == "" {
		yaml = twoPeople
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			url := "sqlite:" + filepath.Join(t.TempDir(), "rouse.db")
			if engine == "postgres" {
				url = testkit.Postgres(t)
			}
			f(newStory(t, url, yaml))
		})
	}
}

// newStory starts a server; settings may change what it is started with.
func newStory(t *testing.T, url, yaml string, settings ...func(s *story)) *story {
	t.Helper()
	s := &story{
		t: t, clock: &clock{now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}, log: &logBuffer{},
		sms: channeltest.NewTwilio(t), mail: channeltest.NewSMTP(t, channeltest.SMTPOptions{}), hook: channeltest.NewWebhook(t),
		cookies: map[string]*http.Cookie{}, read: map[string]int{}, firing: map[string]firing{},
	}
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*s.handler.Load()).ServeHTTP(w, r) }))
	t.Cleanup(s.server.Close)
	s.config = wire.Config{
		Listen: "127.0.0.1:0", PublicURL: s.server.URL, DatabaseURL: url, SMTPURL: s.mail.URL(), TwilioURL: s.sms.URL(),
		WebhookSecret: channeltest.WebhookSecret, WebhookAllow: []string{"127.0.0.0/8"}, AdminToken: adminToken,
		Metrics: "loopback", IntakeRate: 1e6, IntakeBurst: 1e6, LogLevel: "info", LogFormat: "text",
	}
	for _, set := range settings {
		set(s)
	}
	s.start()
	t.Cleanup(func() {
		s.stop()
		s.verify()
		if t.Failed() {
			t.Logf("the server's log:\n%s", s.log)
		}
	})
	s.look(url)
	s.must(s.apply(strings.ReplaceAll(yaml, "HOOK", s.hook.Address())), http.StatusOK)
	return s
}

// start puts the server together; its workers work when the story settles.
func (s *story) start() {
	s.t.Helper()
	app, err := wire.New(s.t.Context(), s.config, "test", slog.New(slog.NewTextHandler(s.log, nil)), wire.WithClock(s.clock))
	if err != nil {
		s.t.Fatalf("start: %v", err)
	}
	h := app.Handler()
	s.app = app
	s.handler.Store(&h)
}

// stop ends the server as TERM does.
func (s *story) stop() {
	s.t.Helper()
	if s.app == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := s.app.Stop(ctx); err != nil {
		s.t.Errorf("stop: %v", err)
	}
	s.app = nil
}

// verify recomputes what must hold when the story is over: none leaves anything amiss.
func (s *story) verify() {
	report, err := wire.Verify(context.Background(), s.config.DatabaseURL)
	if err != nil || report.Found > 0 && !s.damaged {
		s.t.Errorf("verifying the database: %v, %v", err, report.Findings)
	}
}

func (s *story) restart() {
	s.t.Helper()
	s.stop()
	s.start()
}

// beat lets the server notice that intake is up, as it does every 10 s where it is started in earnest.
func (s *story) beat() {
	s.t.Helper()
	if err := s.app.Start(s.t.Context()); err != nil {
		s.t.Fatalf("start: %v", err)
	}
	s.restart()
}

// look opens a connection of the story's own to the database.
func (s *story) look(url string) {
	driver, dsn := "pgx", url
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, dsn = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		s.t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	s.t.Cleanup(func() { _ = db.Close() })
	s.db = db
}

// settle works everything that is due now, Twilio's reports included.
func (s *story) settle() {
	s.t.Helper()
	for {
		if err := s.app.Settle(s.t.Context()); err != nil {
			s.t.Fatalf("settle: %v", err)
		}
		if s.silent || !s.confirm() {
			return
		}
	}
}

// confirm lets Twilio report what it has taken as delivered, and says whether there was anything.
func (s *story) confirm() bool {
	taken := s.sms.Taken()
	some := len(taken) > s.confirmed
	for _, m := range taken[s.confirmed:] {
		if m.Callback == "" {
			continue // an answer to somebody's reply
		}
		if err := s.sms.Callback(s.t.Context(), m.SID, "delivered", 0); err != nil {
			s.t.Fatalf("Twilio's report: %v", err)
		}
	}
	s.confirmed = len(taken)
	return some
}

// forward lets time pass: everything happens at its moment.
func (s *story) forward(d time.Duration) {
	s.t.Helper()
	s.settle()
	end := s.clock.Now().Add(d)
	for {
		next, ok := s.nextDue()
		if !ok || !next.Before(end) {
			break
		}
		s.pass(next)
	}
	s.pass(end)
}

// pass lets it be a later moment, with intake up all the time until then.
func (s *story) pass(to time.Time) {
	s.t.Helper()
	s.clock.set(to)
	if _, err := s.db.ExecContext(s.t.Context(), `UPDATE uptime SET beat_at = $1`, to.UnixMicro()); err != nil {
		s.t.Fatalf("saying that intake is up: %v", err)
	}
	s.settle()
}

// jump lets time pass while the server does nothing.
func (s *story) jump(d time.Duration) { s.clock.set(s.clock.Now().Add(d)) }

// nextDue is the next moment after now at which something is to be done.
func (s *story) nextDue() (time.Time, bool) {
	s.t.Helper()
	at, err := s.app.NextDue(s.t.Context())
	if err != nil {
		s.t.Fatalf("what is due next: %v", err)
	}
	return at, !at.IsZero()
}

// timers are the kinds of an incident's pending timers, sorted.
func (s *story) timers(number int64) string {
	s.t.Helper()
	rows, err := s.db.QueryContext(s.t.Context(), `SELECT kind FROM timer WHERE incident = $1 ORDER BY kind`, number)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	var kinds []string
	for rows.Next() {
		var k string
		if err := rows.Scan(&k); err != nil {
			s.t.Fatal(err)
		}
		kinds = append(kinds, k)
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return strings.Join(kinds, " ")
}
