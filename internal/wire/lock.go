package wire

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// lockFile holds a SQLite file for this server alone: a second one would not see the first one's wake-ups
// and could not share its writer. It gives nil for other databases. The lock ends with the process.
func lockFile(databaseURL string) (*os.File, error) {
	path, ok := strings.CutPrefix(databaseURL, "sqlite:")
	if !ok {
		return nil, nil //nolint:nilnil // nothing to hold
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	f, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the folder of the database cannot be written: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("another server has %s open; a second one needs PostgreSQL", path), f.Close())
	}
	return f, nil
}
