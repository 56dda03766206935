package chaos

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

// disk is an ext4 of its own, of which only what was flushed outlives a power cut.
type disk struct{ dir, image string }

func newDisk(t *testing.T) disk {
	t.Helper()
	d := disk{image: filepath.Join(t.TempDir(), "image")}
	if err := os.WriteFile(d.image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(d.image, 256<<20); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "mkfs.ext4", "-q", "-F", d.image).CombinedOutput(); err != nil {
		t.Skipf("no ext4 can be made here: %v: %s", err, out)
	}
	d.dir = mount(t, "-o", journal, d.image)
	return d
}

// journal: nothing goes to the disk by time alone.
const journal = "loop,commit=300"

// folder is one on the disk.
func (d disk) folder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(d.dir, "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// flush flushes everything that is there now.
func (d disk) flush(t *testing.T) {
	t.Helper()
	d.with(t, unix.Syncfs)
}

// cut: the power is gone. What was not flushed is lost, and nothing can be written any more.
func (d disk) cut(t *testing.T) {
	t.Helper()
	const goingDown, withoutLog = 0x8004587d, 2 // EXT4_IOC_SHUTDOWN, EXT4_GOING_FLAGS_NOLOGFLUSH
	d.with(t, func(fd int) error { return unix.IoctlSetPointerInt(fd, goingDown, withoutLog) })
}

func (d disk) with(t *testing.T, do func(fd int) error) {
	t.Helper()
	f, err := os.Open(d.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := do(int(f.Fd())); err != nil {
		t.Fatal(err)
	}
}

// again: the power is back. Nobody may use the disk meanwhile.
func (d disk) again(t *testing.T) {
	t.Helper()
	// The orphaned children of a killed PostgreSQL need a moment to go.
	binary.Eventually(t, time.Minute, "nobody uses the disk", func() bool { return unix.Unmount(d.dir, 0) == nil })
	if out, err := exec.CommandContext(t.Context(), "mount", "-o", journal, d.image, d.dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// TestPowerCut: what was answered with 2xx is on the disk, and not on its way there.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		d := newDisk(t)
		s := newStorm(t, binary.New, "sqlite:"+filepath.Join(d.folder(t), "rouse.db"), few(12, 100))
		s.powerCuts(t, d, nil)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		d := newDisk(t)
		pg := testkit.StandalonePostgres(t, testkit.PGOptions{Durable: true, Disk: d.folder(t)})
		d.flush(t) // its first files were made in haste
		s := newStorm(t, binary.New, pg.Database(t), few(12, 100))
		s.powerCuts(t, d, pg)
	})
}

func (s *storm) powerCuts(t *testing.T, d disk, pg *testkit.PG) {
	t.Helper()
	s.Start(t)
	cuts := few(2, 15)
	done := s.blow(t, s.requests(), time.Duration(cuts)*2*time.Second)
	for range cuts {
		time.Sleep(time.Second + time.Duration(s.rng.IntN(1000))*time.Millisecond) // at any moment
		s.cutPower(t, d, pg)
	}
	<-done
	s.everything(t)
}

// cutPower cuts it and starts everything again. The server is stopped in the same moment, as by a real cut: a
// flush that is under way while ext4 is shut down may be said to be done though it is not.
func (s *storm) cutPower(t *testing.T, d disk, pg *testkit.PG) {
	t.Helper()
	s.Signal(t, syscall.SIGSTOP)
	binary.Eventually(t, 20*time.Second, "the server has stopped", func() bool { return stopped(t, s.PID()) })
	d.cut(t)
	s.Kill()
	if pg != nil {
		if err := pg.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	d.again(t)
	if pg != nil {
		if err := pg.Start(); err != nil {
			t.Fatal(err)
		}
	}
	s.Start(t)
}

// stopped says whether no thread of a process does anything by itself: it stands, or it is inside a call of the
// kernel that it will not return from.
func stopped(t *testing.T, pid int) bool {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil || len(threads) == 0 {
		t.Fatalf("no threads of %d: %v", pid, err)
	}
	for _, thread := range threads {
		stat, err := os.ReadFile(thread)
		_, state, ok := strings.Cut(string(stat), ") ")
		if err == nil && (!ok || state[0] != 'T' && state[0] != 'D') {
			return false
		}
	}
	return true
}

// TestPowerCutIsSeen: without flushes the same cut loses something, so the check sees.
func TestPowerCutIsSeen(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		d := newDisk(t)
		s := newStorm(t, binary.New, "sqlite:"+filepath.Join(d.folder(t), "rouse.db"), 4)
		s.Under(os.Args[0])
		s.Env = append(s.Env, unflushed+"=1")
		s.losesByACut(t, d, nil)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		d := newDisk(t)
		pg := testkit.StandalonePostgres(t, testkit.PGOptions{Durable: true, Disk: d.folder(t), Settings: map[string]string{"fsync": "off"}})
		s := newStorm(t, binary.New, pg.Database(t), 4)
		s.losesByACut(t, d, pg)
	})
}

func (s *storm) losesByACut(t *testing.T, d disk, pg *testkit.PG) {
	t.Helper()
	s.Start(t)
	d.flush(t)
	<-s.blow(t, s.requests(), time.Second)
	s.cutPower(t, d, pg)
	if s.missing(t) == 0 {
		t.Error("nothing was flushed and nothing is lost: the check does not see")
	}
}

// unflushed is set for a program that is to be run without flushes.
const unflushed = "CHAOS_UNFLUSHED"

// init makes this test binary the program that does that to another.
func init() {
	if os.Getenv(unflushed) != "" {
		panic(runUnflushed())
	}
}

// runUnflushed becomes the program that its arguments name, whose flushes are said to be done and are not.
func runUnflushed() error {
	runtime.LockOSThread() // the filter is the thread's, and what it becomes has it
	answer := func(call uint32) []unix.SockFilter {
		return []unix.SockFilter{
			{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: call, Jf: 1},
			{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO}, // with no error
		}
	}
	filter := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}} // the number of the call
	for _, call := range []uint32{unix.SYS_FSYNC, unix.SYS_FDATASYNC, unix.SYS_SYNC_FILE_RANGE} {
		filter = append(filter, answer(call)...)
	}
	filter = append(filter, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0); err != nil {
		return err
	}
	return syscall.Exec(os.Args[1], os.Args[1:], os.Environ())
}
