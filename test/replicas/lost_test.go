package replicas

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

// size is how many services a storm hits, and over what time: longer with ROUSE_FULL=1.
func size() (services int, over time.Duration) {
	if testkit.Full() {
		return 600, 60 * time.Second
	}
	return 60, 6 * time.Second
}

// sending is how long a provider takes for a message while servers are taken away: long enough that each of them
// has some on their way.
const sending = 3 * time.Second

// TestReplicas: three servers start at the same moment and share the work. One is killed, one is stopped past its
// leases and goes on, one ends in order; alerts keep coming in all the while.
func TestReplicas(t *testing.T) {
	t.Parallel()
	n, over := size()
	warm, storm, last := some("w", n/2), some("s", n), some("v", n/2)
	c := newCluster(t, 3, slices.Concat(warm, storm, last))
	began := time.Now()
	start(t, c.servers...)
	listeners := listen(t, c.servers...)

	<-c.blow(t, warm, over/2)
	c.allTold(t, 2*len(warm))
	c.shared(t, began)
	sameGauges(t, c.servers...)
	c.heardAll(t, listeners...)

	c.providers(channeltest.Slow(sending))
	killed, paused, ended := c.servers[0], c.servers[1], c.servers[2]
	done := c.blow(t, storm, over)
	first := c.taken(t, lost{how: "killed"}, func() { killed.Kill() }, func() { killed.Start(t) })
	second := c.taken(t, lost{how: "stopped", at: first.at}, func() { paused.Signal(t, syscall.SIGSTOP) }, func() { paused.Signal(t, syscall.SIGCONT) })
	c.providers(channeltest.Accept())
	c.resumed(t, first)
	c.resumed(t, second)
	paused.Signal(t, syscall.SIGCONT)
	<-done
	killed.Start(t)
	c.allTold(t, 2*len(warm)+len(storm))

	c.providers(channeltest.Slow(sending / 3))
	done = c.blow(t, last, over/2)
	was := c.inFlight(t, 3, time.Time{})
	ended.Stop(t)
	t.Logf("%d messages were on their way when a server was told to end", len(was))
	<-done
	c.allTold(t, 2*len(warm)+len(storm)+len(last))
	if again := c.messages(t, `id = ANY ($1) AND may_repeat`, ids(was)); len(again) > 0 {
		t.Errorf("a server that ended in order left in doubt: %+v", again)
	}
	c.everyPromise(t)
	sameGauges(t, killed, paused)
	c.heardAll(t, listeners[:2]...)
	for i, s := range []*binary.Server{killed, paused} {
		if n := s.Metric(t, "rouse_page_after_ack_total"); n != 0 {
			t.Errorf("server %d called a provider %d times after an acknowledgement", i, n)
		}
	}
}

func (c *cluster) providers(answer channeltest.Reply) {
	c.sms.Always(answer)
	c.mail.Always(answer)
}

// shared: each server has taken alerts and sent messages, and timers are not one server's alone; what one of them at
// a time does was done so.
func (c *cluster) shared(t *testing.T, began time.Time) {
	t.Helper()
	audits, workers := 0, 0
	for i, s := range c.servers {
		alerts := s.Metric(t, "rouse_ingest_alerts_total")
		timers := s.Metric(t, "rouse_timer_lag_seconds_count")
		sends := s.Metric(t, "rouse_delivery_attempts_total", `outcome="accepted"`)
		audits += s.Metric(t, "rouse_audit_runs_total")
		t.Logf("server %d took %d alerts, worked %d timers, sent %d messages", i, alerts, timers, sends)
		if alerts == 0 || sends == 0 {
			t.Errorf("server %d did not do its part", i)
		}
		if timers > 0 {
			workers++
		}
	}
	if workers < 2 {
		t.Errorf("%d servers worked timers", workers)
	}
	if most := 1 + time.Since(began)/(14*time.Second); audits < 1 || audits > int(most) {
		t.Errorf("%d audits in %s by all servers together", audits, time.Since(began))
	}
	if n := c.number(t, `SELECT count(*) - count(DISTINCT version_id) FROM goose_db_version`); n != 0 {
		t.Errorf("%d migrations were applied twice", n)
	}
	if n := c.number(t, `SELECT count(*) FROM integration`); n != 1 {
		t.Errorf("%d integrations", n)
	}
}

// inFlight waits until so many messages are on their way that were claimed since a moment, and gives them.
func (c *cluster) inFlight(t *testing.T, n int, since time.Time) (all []message) {
	t.Helper()
	binary.Eventually(t, limit, "messages are on their way", func() bool {
		all = c.messages(t, `status = 'sending' AND created_at >= $1`, since.UnixMicro())
		return len(all) >= n
	})
	return all
}

// lost is a server that was taken away, and what it had claimed.
type lost struct {
	how      string
	at       time.Time
	messages []message
}

// taken takes a server away while it has messages on their way: those that are still there when all others are
// through. Where it had none it is given back, and taken again.
func (c *cluster) taken(t *testing.T, l lost, away, back func()) lost {
	t.Helper()
	before := l.at
	for range 20 {
		c.inFlight(t, 6, before)
		l.at = time.Now()
		away()
		time.Sleep(sending + 500*time.Millisecond) // for what others had on their way
		l.messages = c.messages(t, `status = 'sending' AND created_at >= $1 AND created_at < $2`, before.UnixMicro(), l.at.UnixMicro())
		if len(l.messages) > 0 {
			t.Logf("a server was %s with %d messages on their way", l.how, len(l.messages))
			return l
		}
		back()
	}
	t.Fatalf("a server was %s 20 times and never had anything on its way", l.how)
	return l
}

func ids(all []message) []string {
	out := make([]string, len(all))
	for i, m := range all {
		out[i] = m.id
	}
	return out
}

// resumed: others send what a lost server had claimed, within the contract's bound.
func (c *cluster) resumed(t *testing.T, l lost) {
	t.Helper()
	binary.Eventually(t, limit, "what it had claimed is sent by others", func() bool {
		return c.number(t, `SELECT count(*) FROM message WHERE id = ANY ($1) AND status NOT IN ('accepted', 'delivered')`, ids(l.messages)) == 0
	})
	took := time.Since(l.at)
	t.Logf("all that a server had claimed when it was %s was sent after %s (promised: %s)", l.how, took.Round(10*time.Millisecond), resumes)
	if took > resumes {
		t.Errorf("paging went on %s after a server was %s, not within %s", took, l.how, resumes)
	}
}
