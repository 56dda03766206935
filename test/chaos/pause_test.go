package chaos

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/failpoint"
	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

// pastTheLease is longer than a server that sends is believed to live.
const pastTheLease = 27 * time.Second

// TestPausedPastTheLease stops a server at a moment of its sending. Another takes over, and then the first one
// goes on where it was: what it knows is of no use any more.
func TestPausedPastTheLease(t *testing.T) {
	t.Parallel()
	for _, point := range few([]failpoint.Point{failpoint.Claimed}, []failpoint.Point{failpoint.Claimed, failpoint.Calling, failpoint.Answered}) {
		t.Run(string(point), func(t *testing.T) {
			t.Parallel()
			s := newStorm(t, binary.NewTrapped, testkit.Postgres(t), 6)
			s.arm(string(point) + "=stop")
			s.Start(t)
			paused := s.Server
			done := s.blow(t, s.requests(), time.Second)
			s.stoppedAt(t, paused, point)

			s.use(s.another(t))
			s.Start(t)
			<-done
			s.everyPage(t) // after the leases of the paused one
			before := s.allMessages(t)
			paused.Signal(t, syscall.SIGCONT)
			paused.AwaitReady(t)
			paused.Stop(t) // it has recorded by then what it wanted to
			after := s.allMessages(t)
			for i := range before {
				if b, a := before[i], after[i]; b.Attempt != a.Attempt || b.Status != a.Status {
					t.Errorf("the one that was paused changed %+v into %+v", b, a)
				}
			}
			for _, m := range after {
				if n := s.arrived(m); point == failpoint.Claimed && n != 1 {
					t.Errorf("message %+v arrived %d times: whoever lost its lease before the call must not call", m, n)
				}
			}
			s.everything(t)
		})
	}
}

// TestPausedAlone stops the only server in the middle of everything, for longer than its leases.
func TestPausedAlone(t *testing.T) {
	t.Parallel()
	s := newStorm(t, binary.NewTrapped, sqliteFile(t), 12)
	s.arm(fmt.Sprintf("%s@3=stop", failpoint.Answered))
	s.Start(t)
	done := s.blow(t, s.requests(), 3*time.Second)
	s.stoppedAt(t, s.Server, failpoint.Answered)
	time.Sleep(pastTheLease)
	s.Signal(t, syscall.SIGCONT)
	<-done
	s.everything(t)
}

// TestNobodyIsWoken: whoever took the alert says nothing of it any more. Others look by themselves.
func TestNobodyIsWoken(t *testing.T) {
	t.Parallel()
	s := newStorm(t, binary.NewTrapped, testkit.Postgres(t), 2)
	other := s.another(t)
	other.Start(t)
	binary.Eventually(t, time.Minute, "the other's own synthetic alert wakes it no more for a minute", func() bool {
		return strings.Contains(s.textOf(t, other.URL+"/ready"), "went the whole way")
	})
	s.arm(string(failpoint.IntakeCommitted) + "=stop")
	s.Start(t)
	done := s.blow(t, [][]wireAlert{{newAlert(0, 0)}}, time.Second)
	s.stoppedAt(t, s.Server, failpoint.IntakeCommitted)
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := s.sms.Wait(ctx, 1); err != nil {
		t.Fatal(err)
	}
	t.Logf("paged %s after the commit", time.Since(began).Round(time.Millisecond))
	s.Signal(t, syscall.SIGCONT)
	<-done
	s.everyPromise(t)
	if n := len(s.sms.Taken()); n != 1 {
		t.Errorf("paged %d times", n)
	}
}

// textOf gives what is to be read at an address; "" where nothing answers.
func (s *storm) textOf(t *testing.T, address string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := s.client.Do(r)
	if err != nil {
		return ""
	}
	defer func() { _ = res.Body.Close() }()
	b, _ := io.ReadAll(res.Body) // cut short it does not hold what is waited for
	return string(b)
}

// another is one more server on the same database, behind the same public address.
func (s *storm) another(t *testing.T) *binary.Server {
	t.Helper()
	return binary.New(t, append(slices.Clone(s.environment), "ROUSE_PUBLIC_URL="+s.URL)...)
}

// allMessages are those of every service, in order.
func (s *storm) allMessages(t *testing.T) []message {
	t.Helper()
	var all []message
	for i := range s.services {
		all = append(all, s.messages(t, s.incidentsOf(t, fmt.Sprintf("s%d", i))[0])...)
	}
	return all
}
