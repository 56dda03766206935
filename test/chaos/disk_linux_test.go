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
	dir, err := os.MkdirTemp("", "rouse-disk-") // not t.TempDir: PostgreSQL runs as somebody else
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

// TestDiskFull: senders are refused and told why, people are told by /ready, the log and the metrics, and when
// there is room again all goes on by itself.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	disk := mount(t, "-t", "tmpfs", "-o", "size=16m", "tmpfs")
	s := newStorm(t, binary.New, "sqlite:"+filepath.Join(disk, "rouse.db"), 12)
	s.Start(t)
	requests := s.requests()
	<-s.blow(t, requests[:len(requests)/2], time.Second)
	free := fill(t, disk)
	done := s.blow(t, requests[len(requests)/2:], 2*time.Second)
	binary.Eventually(t, 20*time.Second, "/ready says it", func() bool { return s.status(t, "/ready") == 503 })
	binary.Eventually(t, 40*time.Second, "the log says it", func() bool {
		return strings.Contains(s.Log(), "a worker fails; it keeps trying") && strings.Contains(s.Log(), "disk is full")
	})
	if n := s.metric(t, "rouse_worker_failing"); n == 0 {
		t.Error("no metric says that workers fail")
	}
	free()
	s.recovers(t, time.Now(), done)
	if s.refusals["store.full"] == 0 {
		t.Errorf("nobody was told that the disk is full: %v", s.refusals)
	}
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
