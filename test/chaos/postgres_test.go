package chaos

import (
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

// TestDatabaseAway stops PostgreSQL in order and starts it again.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	pg := testkit.StandalonePostgres(t, testkit.PGOptions{Durable: true})
	s := newStorm(t, binary.New, pg.Database(t), few(20, 200))
	s.Start(t)
	outage := few(3*time.Second, time.Minute)
	done := s.blow(t, s.requests(), 4*time.Second)
	time.Sleep(time.Second) // in the middle of it
	if err := pg.Stop(); err != nil {
		t.Fatal(err)
	}
	binary.Eventually(t, 20*time.Second, "it says that it is not ready", func() bool { return s.status(t, "/ready") == 503 })
	time.Sleep(outage)
	if err := pg.Start(); err != nil {
		t.Fatal(err)
	}
	s.recovers(t, time.Now(), done)
	if s.tally.refused == 0 {
		t.Error("nobody was refused: this proves little")
	}
	s.everything(t)
}

// pair is a PostgreSQL and its streaming replica.
type pair struct{ primary, standby *testkit.PG }

func newPair(t *testing.T) pair {
	t.Helper()
	primary := testkit.StandalonePostgres(t, testkit.PGOptions{Durable: true})
	return pair{primary, primary.Standby(t, "second")}
}

// synchronous makes COMMIT wait for the replica.
func (p pair) synchronous(t *testing.T) {
	t.Helper()
	p.primary.Exec(t, "ALTER SYSTEM SET synchronous_standby_names = 'second'")
	p.primary.Exec(t, "SELECT pg_reload_conf()")
}

// url names both: whoever can be written is used.
func (p pair) url(t *testing.T) string {
	t.Helper()
	first := p.primary.Database(t)
	return strings.Replace(first, p.primary.Host(), p.primary.Host()+","+p.standby.Host(), 1) + "&target_session_attrs=read-write&connect_timeout=3"
}

// failover: the primary is gone for good.
func (p pair) failover(t *testing.T) {
	t.Helper()
	if err := p.primary.Kill(); err != nil {
		t.Fatal(err)
	}
	p.standby.Exec(t, "SELECT pg_promote()")
}

// TestFailover: the primary dies in the storm, the replica is promoted, and the server goes on there.
func TestFailover(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	url := p.url(t)
	p.synchronous(t)
	s := newStorm(t, binary.New, url, few(20, 200))
	s.Start(t)
	if words := s.check(t, "durability"); strings.Contains(words, "degraded") {
		t.Errorf("a synchronous replica, and /ready says %q", words)
	}
	done := s.blow(t, s.requests(), 4*time.Second)
	time.Sleep(2 * time.Second) // in the middle of it
	p.failover(t)
	s.recovers(t, time.Now(), done)
	s.everything(t)
}

// TestFailoverLosesWithoutSynchronousReplica: what is promised needs one. Without, it is said beforehand; and the
// check that a failover loses nothing sees that this one did.
func TestFailoverLosesWithoutSynchronousReplica(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	s := newStorm(t, binary.New, p.url(t), 4)
	s.Start(t)
	if words := s.check(t, "durability"); !strings.Contains(words, "degraded: PostgreSQL has a replica and synchronous_standby_names is empty") {
		t.Errorf("/ready says %q", words)
	}
	binary.Eventually(t, 20*time.Second, "the log says it, too", func() bool { return strings.Contains(s.Log(), "synchronous_standby_names is empty") })
	requests := s.requests()
	<-s.blow(t, requests[:len(requests)/2], time.Second)
	p.lag(t)
	<-s.blow(t, requests[len(requests)/2:], time.Second)
	p.failover(t)
	binary.Eventually(t, time.Minute, "it follows", func() bool { return s.status(t, "/ready") == 200 })
	if s.missing(t) == 0 {
		t.Error("a failover to a replica that lagged lost nothing: the check does not see")
	}
}

// lag keeps from the replica what is written from now on.
func (p pair) lag(t *testing.T) {
	t.Helper()
	p.standby.Exec(t, "ALTER SYSTEM SET primary_conninfo = ''")
	p.standby.Exec(t, "SELECT pg_reload_conf()")
	binary.Eventually(t, 20*time.Second, "the replica has let go", func() bool { return p.standby.Count(t, "SELECT count(*) FROM pg_stat_wal_receiver") == 0 })
}
