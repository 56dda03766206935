package scenario

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/internal/wire"
)

// monitor is a dead man's switch: it remembers when it was told that all is well.
type monitor struct {
	server *httptest.Server
	mu     sync.Mutex
	clock  *clock
	heard  []time.Time
	status int
	asked  []string // method, path and body
}

func newMonitor(t *testing.T, c *clock) *monitor {
	t.Helper()
	m := &monitor{clock: c, status: http.StatusOK}
	m.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body json.RawMessage
		_ = json.NewDecoder(r.Body).Decode(&body) // a GET has none
		m.mu.Lock()
		defer m.mu.Unlock()
		m.heard = append(m.heard, m.clock.Now())
		m.asked = append(m.asked, fmt.Sprintf("%s %s %s", r.Method, r.URL.Path, body))
		w.WriteHeader(m.status)
	}))
	t.Cleanup(m.server.Close)
	return m
}

// beats are those since a moment.
func (m *monitor) beats(since time.Time) []time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []time.Time
	for _, at := range m.heard {
		if at.After(since) {
			out = append(out, at)
		}
	}
	return out
}

func (m *monitor) answers(status int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status = status
}

// watched restarts a story's server with a monitor outside.
func (s *story) watched(scheme string) *monitor {
	s.t.Helper()
	m := newMonitor(s.t, s.clock)
	s.stop()
	s.config.HeartbeatURL = scheme + m.server.URL + "/ping/a-secret-id"
	s.start()
	return m
}

// step is how finely live lets time pass.
const step = 5 * time.Second

// live lets time pass as it does in earnest: every worker looks again and again, and one that fails stops no other.
func (s *story) live(d time.Duration) {
	s.t.Helper()
	for end := s.clock.Now().Add(d); s.clock.Now().Before(end); {
		s.clock.set(s.clock.Now().Add(step))
		_ = s.app.Watch(s.t.Context())
		_ = s.app.Settle(s.t.Context())
		_ = s.app.Watch(s.t.Context())
	}
}

// ready waits until /ready says so of one check, and gives the status of all: what it says is remembered for a
// second of everybody's time.
func (s *story) ready(check string, ok bool, words string) (status string) {
	s.t.Helper()
	var a answer
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		a = s.request("-", http.MethodGet, "/ready", nil)
		var got struct {
			Status string
			Checks map[string]struct {
				OK     bool
				Detail string
			}
		}
		if err := json.Unmarshal(a.body, &got); err != nil {
			s.t.Fatalf("%s: %v", a, err)
		}
		if c := got.Checks[check]; c.OK == ok && strings.Contains(c.Detail, words) {
			return got.Status
		}
	}
	s.t.Fatalf("/ready never says %q of %s: %s", words, check, a)
	return ""
}

// well is what /ready says where nothing needs anybody: the PostgreSQL that stories share flushes nothing.
func (s *story) well() string {
	if strings.HasPrefix(s.config.DatabaseURL, "sqlite:") {
		return "ready"
	}
	return "ready, but not well"
}

// rows counts what a table holds.
func (s *story) rows(table string) (n int) {
	s.t.Helper()
	if err := s.db.QueryRowContext(s.t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

func (s *story) exec(statements ...string) {
	s.t.Helper()
	for _, q := range statements {
		if _, err := s.db.ExecContext(s.t.Context(), q); err != nil {
			s.t.Fatalf("%s: %v", q, err)
		}
	}
}

// breakages are parts of the way, and how a story breaks and mends each.
func (s *story) breakages() map[string][2][]string {
	refuse := func(name, when string) [2][]string {
		table := when[strings.LastIndex(when, " ")+1:]
		if strings.HasPrefix(s.config.DatabaseURL, "sqlite:") {
			return [2][]string{
				{"CREATE TRIGGER " + name + " BEFORE " + when + " BEGIN SELECT RAISE(ABORT, 'broken by the story'); END"},
				{"DROP TRIGGER " + name},
			}
		}
		return [2][]string{
			{
				"CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken by the story' USING ERRCODE = 'XX000'; END $$",
				"CREATE TRIGGER " + name + " BEFORE " + when + " FOR EACH ROW EXECUTE FUNCTION refuse()",
			},
			{"DROP TRIGGER " + name + " ON " + table},
		}
	}
	return map[string][2][]string{
		"the audit":           {{"ALTER TABLE listing RENAME TO gone"}, {"ALTER TABLE gone RENAME TO listing"}},
		"the engine's worker": refuse("no_pages", "INSERT ON page"),
		"the delivery worker": refuse("no_claims", "UPDATE ON lane"),
		"intake":              refuse("no_incidents", "INSERT ON incident"),
		"the database":        {{"ALTER TABLE settings RENAME TO gone"}, {"ALTER TABLE gone RENAME TO settings"}},
	}
}

func TestHeartbeatStopsWithEachPart(t *testing.T) {
	t.Parallel()
	tell(t, "", func(s *story) {
		m := s.watched("")
		s.live(5 * time.Minute)
		if n := len(m.beats(time.Time{})); n < 4 || n > 5 {
			t.Fatalf("%d heartbeats in 5 minutes: %v\n%s", n, m.heard, s.log)
		}
		for part, how := range s.breakages() {
			broken := s.clock.Now()
			s.exec(how[0]...)
			s.live(6 * time.Minute)
			if late := m.beats(broken.Add(time.Minute)); len(late) > 0 {
				t.Errorf("with %s broken at %s the monitor was told at %v that all is well", part, broken, late)
			}
			s.exec(how[1]...)
			mended := s.clock.Now()
			s.live(3 * time.Minute)
			if len(m.beats(mended)) < 2 {
				t.Errorf("with %s mended at %s the monitor was told at %v only\n%s", part, mended, m.beats(mended), s.log)
			}
		}
		s.nothing()
		equal(s, "pages", s.metric("rouse_incident_exhausted_total"), 0)
		if strings.Contains(s.log.String(), "a-secret-id") {
			t.Error("the log has the heartbeat's address")
		}
	})
}

// With every provider away nobody can be woken from inside: the monitor outside is the one to do it.
func TestHeartbeatStopsWhenNobodyCanBeReached(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		s.config.SMTPURL = ""
		m := s.watched("")
		s.live(3 * time.Minute)
		s.sms.Always(channeltest.Unavailable())
		s.fire("Down", "service=db")
		broken := s.clock.Now()
		s.live(5 * time.Minute)
		if late := m.beats(broken.Add(time.Minute)); len(late) > 0 {
			t.Errorf("Twilio takes nothing since %s, and the monitor was told at %v that all is well", broken, late)
		}
		if !strings.Contains(s.log.String(), "a provider takes no messages") {
			t.Error("the log does not say so")
		}
		s.sms.Always(channeltest.Accept())
		mended := s.clock.Now()
		s.live(5 * time.Minute)
		if len(m.beats(mended)) < 2 {
			t.Errorf("Twilio takes messages since %s, and the monitor was told at %v only", mended, m.beats(mended))
		}
	})
}

// A clock that is put back makes nothing fresh, and leaves nothing to a server that is gone.
func TestAClockPutBack(t *testing.T) {
	t.Parallel()
	tell(t, "", func(s *story) {
		m := s.watched("")
		back := func() (beats int) {
			s.clock.set(s.clock.Now().Add(-time.Hour))
			return len(m.beats(time.Time{}))
		}
		s.live(3 * time.Minute)
		s.stop() // it leaves the leases of the audit and the synthetic alert behind
		before := back()
		s.start()
		s.live(4 * time.Minute)
		if n := len(m.beats(time.Time{})) - before; before < 2 || n < 3 {
			t.Errorf("%d heartbeats in 3 minutes, and once the clock was put back %d in 4\n%s", before, n, s.log)
		}
		s.exec(s.breakages()["the audit"][0]...)
		before = back()
		s.live(4 * time.Minute)
		if n := len(m.beats(time.Time{})) - before; n > 0 {
			t.Errorf("with the audit broken the monitor was told %d times that all is well", n)
		}
		equal(s, "what /ready says", s.ready("audit", false, "before the clock was put back by 5"), "ready, but not well")
		if n := s.metric("rouse_pulse_age_seconds"); n < 50*60 {
			t.Errorf("the ages of the pulses add up to %v s", n)
		}
		s.exec(s.breakages()["the audit"][1]...)
		s.exec(s.breakages()["the engine's worker"][0]...)
		s.live(70 * time.Second)
		failed := s.metric("rouse_probe_failed_total")
		back()
		s.live(30 * time.Second)
		if n := s.metric("rouse_probe_failed_total"); n <= failed {
			t.Errorf("the synthetic alert that was under way is waited for: %v failed", n)
		}
	})
}

// The doctor looks from another machine, perhaps, and goes by the clock of the database all the same.
func TestTheDoctorGoesByTheDatabasesClock(t *testing.T) {
	t.Parallel()
	s := newStory(t, testkit.Postgres(t), twoPeople)
	s.exec(
		`CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT pg_catalog.clock_timestamp() - interval '1 hour' $$`,
		`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database()); END $$`,
	)
	s.clock.set(time.Now().Add(-time.Hour))
	s.watched("")
	s.live(2 * time.Minute)
	said := map[string]wire.Symptom{}
	for _, sym := range wire.Doctor(t.Context(), s.config) {
		said[sym.Check] = sym
	}
	for check, state := range map[string]string{"clock": wire.Warn, "audit": wire.Fine, "probe": wire.Fine, "heartbeat": wire.Fine} {
		if said[check].State != state {
			t.Errorf("it says %+v of %s", said[check], check)
		}
	}
}

func TestProbeLeavesNoTrace(t *testing.T) {
	t.Parallel()
	tell(t, "", func(s *story) {
		m := s.watched("alertmanager+")
		s.fire("Down", "service=db")
		s.skip()
		tables := []string{"incident", "listing", "timeline", "alert_history", "alert", "correlation", "timer", "page", "delivery", "lane", "message", "change"}
		s.live(2 * time.Minute)
		before := map[string]int{}
		for _, name := range tables {
			before[name] = s.rows(name)
		}
		s.ack(ana, 1)
		for _, name := range []string{"timeline", "timer", "delivery", "change"} { // the answer's own
			before[name] = s.rows(name)
		}
		s.live(20 * time.Minute)
		for _, name := range tables {
			if n := s.rows(name); n != before[name] {
				t.Errorf("%s has %d rows, 20 synthetic alerts before %d", name, n, before[name])
			}
		}
		equal(s, "incidents in the list", len(s.incidents("")), 1)
		equal(s, "active incidents", s.metric("incident_active_total"), 1)
		equal(s, "alerts taken since the start", s.metric("rouse_ingest_alerts_total"), 1)
		equal(s, "resolved incidents", s.metric("incident_resolved_total"), 0)
		equal(s, "the next incident's number", s.fire("Down", "service=web").Incident, "2")
		for _, ref := range []string{"-1", "%23-1", "probe", "0"} {
			s.must(s.request("", http.MethodGet, "/incidents/"+ref, nil), http.StatusNotFound)
		}
		if n := s.metric("rouse_probe_seconds_count"); n < 20 {
			t.Errorf("%v synthetic alerts went through", n)
		}
		if n := s.metric("rouse_pulse_age_seconds"); n > 3*90 {
			t.Errorf("the ages of the pulses add up to %v s", n)
		}
		equal(s, "what /ready says", s.ready("probe", true, "went the whole way "), s.well())
		last := m.asked[len(m.asked)-1]
		if !strings.HasPrefix(last, "POST /ping/a-secret-id/api/v2/alerts [{") || !strings.Contains(last, `"alertname":"Watchdog"`) || !strings.Contains(last, `"endsAt":"`) {
			t.Errorf("the Alertmanager was told %s", last)
		}
	})
}

// TestOthersCannotReachTheProbe: whatever an alert is labelled with, people are paged for it.
func TestOthersCannotReachTheProbe(t *testing.T) {
	t.Parallel()
	tell(t, onlySMS, func(s *story) {
		for i, service := range []string{"probe", "rouse"} {
			s.fire("RouseProbe", "service="+service)
			s.expect(anaPhone, "RouseProbe")
			s.ack(ana, int64(i+1))
			s.forward(time.Minute)
		}
		s.skip()
	})
}

func TestUnwellInWords(t *testing.T) {
	t.Parallel()
	tell(t, "", func(s *story) {
		equal(s, "what /ready says", s.ready("probe", true, "has just started"), s.well())
		s.ready("heartbeat", true, "set ROUSE_HEARTBEAT_URL")
		s.ready("paging", true, "goes on")
		m := s.watched("")
		m.answers(http.StatusInternalServerError)
		s.live(4 * time.Minute)
		equal(s, "what /ready says", s.ready("heartbeat", false, "never was taken outside"), "ready, but not well")
		if n := s.metric("rouse_heartbeat_failed_total"); n < 4 {
			t.Errorf("%v heartbeats were not taken", n)
		}
		m.answers(http.StatusOK)
		s.live(time.Minute)
		equal(s, "what /ready says", s.ready("heartbeat", true, "was taken outside"), s.well())
		how := s.breakages()["the engine's worker"]
		s.exec(how[0]...)
		s.live(4 * time.Minute)
		equal(s, "what /ready says", s.ready("probe", false, "alerts may page nobody"), "ready, but not well")
		if n := s.metric("rouse_probe_failed_total"); n < 2 {
			t.Errorf("%v synthetic alerts failed", n)
		}
	})
}

// TestOneServerOfSeveralProbes: two servers of one database take turns, and one that is gone leaves it to the other.
// What the one begins, the other may work.
func TestOneServerOfSeveralProbes(t *testing.T) {
	t.Parallel()
	s := newStory(t, testkit.Postgres(t), twoPeople)
	m := s.watched("")
	other, err := wire.New(t.Context(), s.config, "test", slog.New(slog.NewTextHandler(s.log, nil)), wire.WithClock(s.clock))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := other.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	live := func(d time.Duration, watchers ...*wire.App) {
		for end := s.clock.Now().Add(d); s.clock.Now().Before(end); {
			s.clock.set(s.clock.Now().Add(step))
			for _, a := range append(watchers, watchers...) {
				if err := a.Watch(t.Context()); err != nil {
					t.Error(err)
				}
				if err := other.Settle(t.Context()); err != nil { // which works all that anybody causes
					t.Error(err)
				}
			}
		}
	}
	live(10*time.Minute, s.app, other)
	if n := len(m.beats(time.Time{})); n < 9 || n > 10 {
		t.Errorf("two servers sent %d heartbeats in 10 minutes", n)
	}
	gone := s.clock.Now()
	live(5*time.Minute, other)
	if n := len(m.beats(gone)); n < 4 || n > 5 {
		t.Errorf("the other alone sent %d heartbeats in 5 minutes", n)
	}
	if failed := s.metric("rouse_probe_failed_total"); failed > 0 {
		t.Errorf("%v synthetic alerts failed", failed)
	}
}

// A server that can send by nothing that anybody has says so; to who asks it from anywhere, too.
func TestAServerThatReachesNobody(t *testing.T) {
	t.Parallel()
	s := newStory(t, "sqlite:"+filepath.Join(t.TempDir(), "rouse.db"), twoPeople, func(s *story) { s.config.SMTPURL, s.config.TwilioURL = "", "" })
	wrong := func() (n int) {
		found, err := wire.AskReady(t.Context(), s.config.PublicURL)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range found {
			if x.State == wire.Wrong {
				n++
			}
		}
		return n
	}
	equal(s, "what /ready says", s.ready("channels", false, "can reach nobody: "), "ready, but not well")
	equal(s, "what is wrong", wrong(), 1)
	s.must(s.apply("channels:\n  - {name: ops, kind: webhook, to: \""+s.hook.Address()+"\"}\n"), http.StatusOK)
	equal(s, "what /ready says", s.ready("channels", true, "can send by push ntfy gotify chat webhook"), "ready")
	equal(s, "what is wrong", wrong(), 0)
}
