package sqlite

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"time"
)

// room is how much of the disk is kept: for some hundred steps of what wakes people.
const room = 16 << 20

// reserve is a file that keeps room on the disk. When there is no other left, it is given up: what wakes people
// goes on in its place, and alerts are refused until there is room enough for both again.
type reserve struct {
	database string // the file beside which it lies

	mu    sync.Mutex
	spent bool
	tried time.Time
}

// newReserve makes the file where it is not there yet. A disk that is full already has none.
func newReserve(database string) *reserve {
	r := &reserve{database: database}
	if info, err := os.Stat(r.path()); err != nil || info.Size() != room {
		r.spent = r.make() != nil
	}
	return r
}

func (r *reserve) path() string { return r.database + "-reserve" }

func (r *reserve) make() error {
	f, err := os.OpenFile(r.path(), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	block := make([]byte, 1<<20)
	for n := 0; n < room && err == nil; n += len(block) {
		_, err = f.Write(block)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		err = errors.Join(err, os.Remove(r.path()))
	}
	return err
}

// spend gives the room to whoever still writes.
func (r *reserve) spend() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.spent {
		r.spent = true
		_ = os.Remove(r.path()) // what cannot be removed helps nobody
	}
}

// holds says whether there is room for alerts. Once it was spent, it looks again every second.
func (r *reserve) holds() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.spent && time.Since(r.tried) > time.Second {
		r.tried = time.Now()
		var disk syscall.Statfs_t
		enough := syscall.Statfs(r.database, &disk) == nil && disk.Bavail*uint64(disk.Bsize) >= 2*room
		r.spent = !enough || r.make() != nil
	}
	return !r.spent
}
