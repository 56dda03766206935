package chaos

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

// mount mounts a file system in a folder of its own; where we may not, the test is skipped.
func mount(t *testing.T, args ...string) (dir string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root may mount a file system")
	}
	dir, err := os.MkdirTemp("", "rouse-disk-") //nolint:usetesting // t.TempDir is for us alone, and PostgreSQL runs as somebody else
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "mount", append(args, dir)...).CombinedOutput(); err != nil {
		t.Skipf("a file system cannot be mounted here: %v: %s", err, out)
	}
	t.Cleanup(func() {
		_ = syscall.Unmount(dir, syscall.MNT_DETACH)
		_ = os.Remove(dir)
	})
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

// fill takes all the room there is, until what it gives is called.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	path := filepath.Join(dir, "ballast")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 1<<20); len(block) > 0; {
		switch _, err := f.Write(block); {
		case errors.Is(err, syscall.ENOSPC):
			block = block[:len(block)/2]
		case err != nil:
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDiskFull: senders are refused and told why; /ready, the log and the metrics say it; those who are to be woken
// already are; and when there is room again all goes on by itself.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	disk := mount(t, "-t", "tmpfs", "-o", "size=64m", "tmpfs")
	s := newStorm(t, binary.New, "sqlite:"+filepath.Join(disk, "rouse.db"), 12)
	s.write(t, strings.ReplaceAll(people(s.services), "correlate: service}", "correlate: service, rules: {hold: 5s}}"))
	s.Start(t)
	first := make([][]wireAlert, s.services)
	for i := range first {
		first[i] = []wireAlert{newAlert(i, 0)}
	}
	<-s.blow(t, first, time.Second)
	free := fill(t, disk)
	early := len(s.sms.Taken()) + len(s.mail.Taken())
	done := s.blow(t, s.requests(), 2*time.Second)
	binary.Eventually(t, 20*time.Second, "senders are told", func() bool { return s.refused("store.full") > 0 })
	binary.Eventually(t, 20*time.Second, "/ready says it", func() bool { return s.status(t, "/ready") == 503 })
	if early == s.services {
		t.Error("everybody was told before the disk was full: this proves little")
	}
	s.everyPage(t)
	if log := s.Log(); !strings.Contains(log, "the database's disk is full") {
		t.Error("the log does not say it")
	}
	if n := s.Metric(t, "rouse_ingest_refused_total"); n == 0 {
		t.Error("no metric counts who was refused")
	}
	free()
	s.recovers(t, time.Now(), done)
	binary.Eventually(t, 20*time.Second, "it is ready again", func() bool { return s.status(t, "/ready") == 200 })
	s.everything(t)
}

// TestDiskFullPostgres: the disk of the tables; where its log's is full, PostgreSQL ends by itself.
func TestDiskFullPostgres(t *testing.T) {
	t.Parallel()
	disk := mount(t, "-t", "tmpfs", "-o", "size=48m", "tmpfs")
	pg := testkit.StandalonePostgres(t, testkit.PGOptions{Durable: true})
	pg.Give(t, disk)
	pg.Exec(t, "CREATE TABLESPACE small LOCATION '"+disk+"'")
	pg.Exec(t, "ALTER SYSTEM SET default_tablespace = 'small'")
	pg.Exec(t, "SELECT pg_reload_conf()")
	s := newStorm(t, binary.New, pg.Database(t), 40)
	s.Start(t)
	requests := s.requests()
	<-s.blow(t, requests[:10], time.Second)
	free := fill(t, disk)
	done := s.blow(t, requests[10:], time.Second)
	binary.Eventually(t, 20*time.Second, "senders are told", func() bool { return s.refused("store.full") > 0 })
	binary.Eventually(t, 20*time.Second, "/ready says it", func() bool { return s.status(t, "/ready") == 503 })
	free()
	s.recovers(t, time.Now(), done)
	s.everything(t)
}
