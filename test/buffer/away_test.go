package buffer

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

// The database is away for five minutes (seconds in the short form) while alerts fire, end, and fire again. Afterwards
// all are there, in the order in which they came, and who fires is paged.
func TestDatabaseAway(t *testing.T) {
	services, away := 60, 3*time.Second
	if testkit.Full() {
		services, away = 600, 5*time.Minute
	}
	r := newRig(t, services)
	s := r.started()
	r.sends(s, "plain", firing(0))
	r.stopDatabase()
	began := time.Now()
	sent := 0
	for i := 1; i < services; i++ {
		a := firing(i)
		r.sends(s, "buffered", a)
		sent++
		if i%3 > 0 {
			r.sends(s, "buffered", a.over())
			sent++
		}
		if i%3 > 1 {
			again := firing(i)
			r.sends(s, "buffered", again)
			sent++
		}
		time.Sleep(time.Until(began.Add(away * time.Duration(i) / time.Duration(services)))) // the time that passes is the case
	}
	binary.Eventually(t, limit, "the metrics tell what waits", func() bool { return s.Metric(t, "rouse_buffer_letters") == sent })
	if status, text := r.get(s, "/ready"); status != http.StatusOK || !strings.Contains(text, "are taken into Redis") || !strings.Contains(text, `"database":{"ok":false`) {
		t.Errorf("a balancer would send no alerts here: %d %s", status, text)
	}
	if n := s.Metric(t, "rouse_buffer_oldest_seconds"); n < int(away.Seconds())-1 {
		t.Errorf("the oldest has waited for %d s, after %s", n, away)
	}
	r.startDatabase()
	back := time.Now()
	r.drained()
	t.Logf("%d requests were drained within %s after the database was back", sent, time.Since(back).Round(time.Millisecond))
	last := int64(0)
	var fire []int
	for i := 1; i < services; i++ {
		in, want := r.one(s, i), "open"
		if i%3 == 1 {
			want = "resolved"
		} else {
			fire = append(fire, i)
		}
		if in.Status != want {
			t.Errorf("s%d is %s, want %s", i, in.Status, want)
		}
		if in.Number <= last {
			t.Errorf("s%d has #%d, which is not after #%d of the one that came before it", i, in.Number, last)
		}
		last = in.Number
	}
	r.paged(fire...)
	if n := s.Metric(t, "rouse_buffer_drained_total"); n != sent {
		t.Errorf("%d alerts drained, %d were buffered", n, sent)
	}
	binary.Eventually(t, limit, "the metrics tell that nothing waits", func() bool { return s.Metric(t, "rouse_buffer_letters") == 0 })
	r.sends(s, "plain", firing(0))
}

// A database that is there and says nothing: alerts are buffered before their sender gives up, and what the database
// takes late all the same is known.
func TestDatabaseHangs(t *testing.T) {
	r := newRig(t, 3)
	s := r.started()
	conn, err := pgx.Connect(t.Context(), r.db)
	r.must(err)
	defer func() { _ = conn.Close(t.Context()) }()
	tx, err := conn.Begin(t.Context())
	r.must(err)
	_, err = tx.Exec(t.Context(), "LOCK TABLE alert IN ACCESS EXCLUSIVE MODE")
	r.must(err)
	for i := range 3 {
		if a := r.sends(s, "buffered", firing(i)); a.took > 8*time.Second {
			t.Errorf("the sender waited for %s; Alertmanager gives up after 10 s", a.took)
		}
	}
	r.must(tx.Rollback(t.Context()))
	r.drained()
	for i := range 3 {
		r.one(s, i)
	}
	r.paged(0, 1, 2)
}

// Redis is killed while it holds alerts, and comes back with them.
func TestRedisRestartsWhileItHoldsAlerts(t *testing.T) {
	r := newRig(t, 6)
	s := r.started()
	r.stopDatabase()
	for i := range 3 {
		r.sends(s, "buffered", firing(i))
	}
	r.must(r.redis.Kill())
	r.sends(s, "503", firing(3)) // neither is there: the sender keeps it
	r.must(r.redis.Start())
	for i := 3; i < 6; i++ {
		r.sends(s, "buffered", firing(i))
	}
	r.startDatabase()
	r.drained()
	for i := range 6 {
		r.one(s, i)
	}
	r.paged(0, 1, 2, 3, 4, 5)
}

// Redis is lost with all that it holds. What was answered with a plain 2xx is there; what was lost had been called
// buffered; and the next time Redis is of use again.
func TestRedisIsLost(t *testing.T) {
	r := newRig(t, 4)
	s := r.started()
	r.sends(s, "plain", firing(0))
	r.stopDatabase()
	r.sends(s, "buffered", firing(1))
	_, err := r.redis.Ask(t.Context(), "FLUSHALL")
	r.must(err)
	r.startDatabase()
	binary.Eventually(t, limit, "an alert is stored again", func() bool { return send(s, firing(2)).kind() == "plain" })
	r.drained()
	for i, want := range []int{1, 0, 1} {
		if n := len(r.incidents(s, i)); n != want {
			t.Errorf("s%d has %d incidents, want %d", i, n, want)
		}
	}
	r.stopDatabase()
	r.sends(s, "buffered", firing(3))
	r.startDatabase()
	r.drained()
	r.one(s, 3)
	r.paged(0, 2, 3)
}

// Redis is away from the start, comes, hangs, and goes: nothing but the buffering depends on it.
func TestRedisComesAndGoes(t *testing.T) {
	r := newRig(t, 4)
	r.must(r.redis.Stop())
	s := r.started()
	ready := func(words string) {
		t.Helper()
		binary.Eventually(t, limit, "/ready says "+words, func() bool {
			status, text := r.get(s, "/ready")
			if status != http.StatusOK {
				t.Fatalf("not ready for lack of Redis: %s", text)
			}
			return strings.Contains(text, words)
		})
	}
	ready("degraded: does not answer")
	r.sends(s, "plain", firing(0))
	r.must(r.redis.Start())
	ready("answers and keeps what it is given")
	if n := s.Metric(t, "rouse_redis_up"); n != 1 {
		t.Errorf("rouse_redis_up is %d", n)
	}
	r.must(r.redis.Signal(syscall.SIGSTOP))
	ready("degraded: does not answer")
	slow := 0
	for range 40 {
		if a := r.sends(s, "plain", firing(1)); a.took > 250*time.Millisecond {
			slow++ // a busy disk, perhaps
		}
	}
	if slow > 20 {
		t.Errorf("%d of 40 requests were slow while Redis hung and the database was well", slow)
	}
	r.stopDatabase()
	r.sends(s, "503", firing(2))
	r.must(r.redis.Signal(syscall.SIGCONT))
	binary.Eventually(t, limit, "Redis takes alerts again", func() bool { return send(s, firing(2)).kind() == "buffered" })
	r.must(r.redis.Kill())
	r.sends(s, "503", firing(3))
	r.startDatabase()
	binary.Eventually(t, limit, "alerts are stored without Redis", func() bool { return send(s, firing(3)).kind() == "plain" })
	r.paged(0, 1, 3)
	r.must(r.redis.Start())
	r.drained()
	r.paged(2)
	if log := s.Log(); !strings.Contains(log, "redis is not well") || !strings.Contains(log, "redis is well") {
		t.Error("the log does not say that Redis went and came")
	}
}
