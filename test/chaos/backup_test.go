package chaos

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

const backupKey = "a passphrase that nobody guesses"

func TestBackupInAStormSQLite(t *testing.T) {
	t.Parallel()
	services, _ := size()
	newStorm(t, binary.New, sqliteFile(t), services).backUp(t, testkit.Postgres(t))
}

func TestBackupInAStormPostgres(t *testing.T) {
	t.Parallel()
	services, _ := size()
	newStorm(t, binary.New, testkit.Postgres(t), services).backUp(t, sqliteFile(t))
}

// backUp makes backups while the storm blows, proves each, looks at one of them, and goes on from the last in a database of
// the other kind.
func (s *storm) backUp(t *testing.T, other string) {
	t.Helper()
	dir := t.TempDir()
	s.environment = append(s.environment, "ROUSE_BACKUP_KEY="+backupKey)
	rouse := func(args ...string) string {
		t.Helper()
		out, errs, code := binary.Run(t, s.Dir, s.environment, args...)
		if code != 0 {
			t.Fatalf("rouse %s: exit %d\n%s%s", strings.Join(args, " "), code, out, errs)
		}
		return out
	}
	s.Start(t)
	_, over := size()
	done := s.blow(t, s.requests(), over)
	promised := map[string]map[string]map[string]bool{} // what was, when each backup began
	var names []string
	for calm := false; !calm; {
		before := s.soFar()
		var b struct{ Name string }
		if err := json.Unmarshal([]byte(rouse("backup", "--json", "--to", dir)), &b); err != nil {
			t.Fatal(err)
		}
		names = append(names, b.Name)
		promised[b.Name] = before
		select {
		case <-done:
			calm = true
		case <-time.After(time.Second):
		}
	}
	s.Stop(t)
	rouse("backup", "--to", dir)
	for _, name := range names {
		rouse("backup", "verify", name, "--from", dir)
	}
	middle := names[len(names)/2]
	t.Logf("%d backups; in the middle %d of %d services had alerts", len(names), len(promised[middle]), len(s.promised))

	all := s.promised
	s.promised = promised[middle]
	s.goOn(t, rouse, sqliteFile(t), middle, dir)
	s.promised = all
	s.goOn(t, rouse, other, "latest", dir)
	rouse("paging", "resume", "--url", s.URL, "--token", adminToken)
	s.everyPage(t)
	s.verified(t)
}

// goOn restores a backup, and starts a server on what it was: with paging held, for it would send again what was sent since.
func (s *storm) goOn(t *testing.T, rouse func(...string) string, databaseURL, name, dir string) {
	t.Helper()
	rouse("restore", name, "--from", dir, "--database-url", databaseURL)
	s.environment = append(s.environment, "ROUSE_DATABASE_URL="+databaseURL)
	s.use(binary.New(t, s.environment...))
	s.Start(t)
	if words := s.check(t, "paging"); !strings.HasPrefix(words, "held since") {
		t.Errorf("paging of the restored server: %s", words)
	}
	s.everyPromise(t)
	s.verified(t)
}

// soFar is what was promised until now.
func (s *storm) soFar() map[string]map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]map[string]bool{}
	for service, fingerprints := range s.promised {
		out[service] = maps.Clone(fingerprints)
	}
	return out
}
