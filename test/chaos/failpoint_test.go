package chaos

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/failpoint"
	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

// TestFailpoint ends the program at each moment between two things that must not come apart: once with
// everything still to come, and with ROUSE_FULL=1 in the middle of it, too.
func TestFailpoint(t *testing.T) {
	t.Parallel()
	points := []failpoint.Point{failpoint.IntakeCommitted, failpoint.Answered}
	passages := []int{2}
	if testkit.Full() {
		passages = []int{1, 2}
		points = append(points, failpoint.IntakeWritten, failpoint.Claimed, failpoint.Calling, failpoint.Recorded)
	}
	for _, point := range points {
		for _, n := range passages {
			onEach(t, fmt.Sprintf("%s@%d", point, n), func(t *testing.T, databaseURL string) {
				s := newStorm(t, binary.NewTrapped, databaseURL, 12)
				s.killedAt(t, fmt.Sprintf("%s@%d", point, n))
				s.everything(t)
			})
		}
	}
}

// A timer's step is committed and nobody was woken: here the hold before the first page.
func TestFailpointAfterTimers(t *testing.T) {
	t.Parallel()
	onEach(t, "", func(t *testing.T, databaseURL string) {
		s := newStorm(t, binary.NewTrapped, databaseURL, 12)
		s.write(t, strings.ReplaceAll(people(s.services), "correlate: service}", "correlate: service, rules: {hold: 1s}}"))
		s.killedAt(t, string(failpoint.TimersWorked))
		s.everything(t)
	})
}

// A server that ended between two migrations is none that a later start stumbles over.
func TestFailpointInMigrations(t *testing.T) {
	t.Parallel()
	onEach(t, "", func(t *testing.T, databaseURL string) {
		s := newStorm(t, binary.NewTrapped, databaseURL, 4)
		for n := 1; n <= 2; n++ {
			s.arm(fmt.Sprintf("%s@%d", failpoint.Migrating, n))
			s.Launch(t)
			s.AwaitKilled(t, time.Minute)
		}
		s.disarm()
		s.Start(t)
		<-s.blow(t, s.requests(), time.Second)
		s.everything(t)
	})
}

// onEach runs a test on either database, as a subtest of this name.
func onEach(t *testing.T, name string, test func(t *testing.T, databaseURL string)) {
	t.Helper()
	t.Run(strings.TrimPrefix(name+"/sqlite", "/"), func(t *testing.T) {
		t.Parallel()
		test(t, sqliteFile(t))
	})
	t.Run(strings.TrimPrefix(name+"/postgres", "/"), func(t *testing.T) {
		t.Parallel()
		test(t, testkit.Postgres(t))
	})
}

// killedAt lets the storm blow until the program has ended there, and to its end with the next one.
func (s *storm) killedAt(t *testing.T, point string) {
	t.Helper()
	s.arm(point)
	s.Start(t)
	done := s.blow(t, s.requests(), 3*time.Second)
	s.AwaitKilled(t, time.Minute)
	s.hit(t)
	s.disarm()
	s.Start(t)
	<-done
}

// stoppedAt waits until this server stands still there.
func (s *storm) stoppedAt(t *testing.T, server *binary.Server, point failpoint.Point) {
	t.Helper()
	binary.Eventually(t, 30*time.Second, "it stops", func() bool { return strings.Contains(server.Log(), fmt.Sprintln("failpoint", point)) })
	s.hit(t)
}

// hit: the storm had begun when the trap sprang. Anything else that passes there would prove nothing.
func (s *storm) hit(t *testing.T) {
	t.Helper()
	s.count(func(c *tally) {
		if c.in == 0 {
			t.Error("the trap sprang before the storm")
		}
	})
}

// arm makes the next start end at a moment; disarm takes that back.
func (s *storm) arm(point string) { s.Env = append(s.Env, "ROUSE_FAILPOINT="+point) }

func (s *storm) disarm() { s.arm("") }
