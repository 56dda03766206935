package chaos

import (
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

// size is how long the storm lasts and how many services it hits: longer with ROUSE_FULL=1.
func size() (services int, over time.Duration) {
	return few(100, 1200), few(20*time.Second, 5*time.Minute)
}

func TestKillSQLite(t *testing.T) {
	t.Parallel()
	services, _ := size()
	s := newStorm(t, binary.New, sqliteFile(t), services)
	s.prove(t, nil)
}

// TestKillPostgres kills the database, too.
func TestKillPostgres(t *testing.T) {
	t.Parallel()
	pg := testkit.StandalonePostgres(t, testkit.PGOptions{Durable: true})
	services, _ := size()
	s := newStorm(t, binary.New, pg.Database(t), services)
	s.prove(t, pg)
}

// prove lets the storm blow, kills at random moments, and checks the contract when all is calm.
func (s *storm) prove(t *testing.T, pg *testkit.PG) {
	t.Helper()
	s.Start(t)
	_, over := size()
	requests := s.requests()
	done := s.blow(t, requests, over)
	kills, crashes := 0, 0
	for calm := false; !calm; {
		select {
		case <-done:
			calm = true
		case <-time.After(time.Duration(30+s.rng.IntN(700)) * time.Millisecond):
			if pg != nil && s.rng.IntN(8) == 0 {
				crash(t, pg)
				crashes++
				continue
			}
			s.Kill()
			s.Start(t)
			kills++
		}
	}
	s.Kill()
	s.Start(t)
	t.Logf("%d kills of the server, %d of the database, sender: %+v", kills+1, crashes, s.tally)
	if kills < 5 {
		t.Errorf("only %d kills: this proves little", kills)
	}
	s.everything(t)
}

func crash(t *testing.T, pg *testkit.PG) {
	t.Helper()
	if err := pg.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := pg.Start(); err != nil {
		t.Fatal(err)
	}
}
