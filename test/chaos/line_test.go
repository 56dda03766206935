package chaos

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"github.com/rs/zerolog"

	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

// line is the network between a server and something that it calls.
type line struct{ *toxiproxy.Proxy }

// newLine puts one before the host of a URL and gives the URL through it.
func newLine(t *testing.T, to string) (line, string) {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	port, err := testkit.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	l := line{toxiproxy.NewProxy(server, "line", fmt.Sprintf("127.0.0.1:%d", port), u.Host)}
	if err := l.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Stop)
	u.Host = l.Listen
	return l, u.String()
}

// ill makes the line so from now on, by one of toxiproxy's toxics; direction is upstream (away from the server)
// or downstream.
func (l line) ill(t *testing.T, toxic, direction, attributes string) toxics.Toxic {
	t.Helper()
	text := fmt.Sprintf(`{"name": "%s %s", "type": %q, "stream": %q, "attributes": {%s}}`, toxic, direction, toxic, direction, attributes)
	made, err := l.Toxics.AddToxicJson(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return made.Toxic
}

// well takes everything back.
func (l line) well() { l.Toxics.ResetToxics(context.Background()) }

// cutAtCommit ends connections at COMMIT: by turns before it is passed on and after, every few of them.
type cutAtCommit struct{ seen, lost, unanswered atomic.Int64 }

const everyFew = 5

// preparedCommit is what pgx calls COMMIT on a connection that has prepared it: stmtcache_ and the first 24 bytes of
// the SHA-256 of the statement's text, in hex.
func preparedCommit() string {
	sum := sha256.Sum256([]byte("COMMIT"))
	return fmt.Sprintf("stmtcache_%x", sum[:24])
}

// Pipe passes on what comes.
func (c *cutAtCommit) Pipe(stub *toxics.ToxicStub) {
	for {
		select {
		case <-stub.Interrupt:
			return
		case chunk := <-stub.Input:
			if chunk == nil {
				stub.Close()
				return
			}
			n := int64(1)
			if bytes.Contains(chunk.Data, []byte("COMMIT")) || bytes.Contains(chunk.Data, []byte(preparedCommit())) {
				n = c.seen.Add(1)
			}
			switch {
			case n%(2*everyFew) == 0:
				c.lost.Add(1)
				stub.Close()
				return
			case n%everyFew == 0:
				c.unanswered.Add(1)
				stub.Output <- chunk
				stub.Close()
				return
			}
			stub.Output <- chunk
		}
	}
}

// TestCutAtCommit: nobody knows whether what was asked for is written. Senders are told 503 and send again,
// and nothing is there twice.
func TestCutAtCommit(t *testing.T) {
	t.Parallel()
	l, through := newLine(t, testkit.Postgres(t))
	s := newStorm(t, binary.New, through, 20)
	s.Start(t)
	toxics.Register("cut_at_commit", new(cutAtCommit))
	cut := l.ill(t, "cut_at_commit", "upstream", "").(*cutAtCommit)
	<-s.blow(t, s.requests(), 5*time.Second)
	l.well()
	lost, unanswered := cut.lost.Load(), cut.unanswered.Load()
	t.Logf("%d COMMITs, %d cut before the database and %d after it; refusals: %v", cut.seen.Load(), lost, unanswered, s.refusals)
	if lost < 3 || unanswered < 3 || s.refusals["store.unknown_outcome"] == 0 {
		t.Error("this proves little")
	}
	s.everything(t)
}

// TestSlowLine: everything takes its time, and everything comes.
func TestSlowLine(t *testing.T) {
	t.Parallel()
	l, through := newLine(t, testkit.Postgres(t))
	s := newStorm(t, binary.New, through, few(3, 30))
	s.Start(t)
	for _, direction := range []string{"upstream", "downstream"} {
		l.ill(t, "latency", direction, `"latency": 40, "jitter": 30`)
		l.ill(t, "bandwidth", direction, `"rate": 100`)
	}
	<-s.blow(t, s.requests(), 3*time.Second)
	l.well()
	s.everything(t)
}

// TestBlackHole: the database is there and nothing of it arrives, not even that a connection has ended.
func TestBlackHole(t *testing.T) {
	t.Parallel()
	l, through := newLine(t, testkit.Postgres(t))
	s := newStorm(t, binary.New, through, 12)
	s.Start(t)
	requests := s.requests()
	<-s.blow(t, requests[:len(requests)/2], 2*time.Second)
	for _, direction := range []string{"upstream", "downstream"} {
		l.ill(t, "timeout", direction, `"timeout": 0`)
	}
	hole := few(17*time.Second, 50*time.Second) // longer than a sender waits; longer than any transaction
	end := time.After(hole)
	done := s.blow(t, requests[len(requests)/2:], 2*time.Second)
	binary.Eventually(t, hole, "it says that it is not ready", func() bool { return s.status(t, "/ready") == http.StatusServiceUnavailable })
	if got := s.status(t, "/health"); got != http.StatusOK {
		t.Errorf("/health says %d: nothing is gained by starting it again", got)
	}
	<-end
	l.well()
	s.recovers(t, time.Now(), done)
	if s.tally.refused == 0 {
		t.Error("nobody was refused: this proves little")
	}
	s.everything(t)
}

// recovers: what waits is taken within the minute that the contract gives after the database can be written.
func (s *storm) recovers(t *testing.T, since time.Time, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
		t.Logf("everything was taken %s after the database was back", time.Since(since).Round(time.Millisecond))
	case <-time.After(time.Minute):
		t.Fatal("not everything was taken within a minute after the database was back")
	}
}
