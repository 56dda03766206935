package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"syscall"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
)

var _ engine.Complainer = (*DB)(nil)

// What the disk must have left.
const (
	fewBytes   = 100 << 20
	someBytes  = 1 << 30
	nfsMagic   = 0x6969
	smb2Magic  = 0xfe534d42
	cifsMagic  = 0xff534d42
	fuseMagic  = 0x65735546
	tmpfsMagic = 0x01021994
)

// Complaints looks at the disk under the file.
func (db *DB) Complaints(context.Context) (string, []engine.Complaint, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(db.path), &fs); err != nil {
		return "", nil, fmt.Errorf("the disk of the database: %w", err)
	}
	free := fs.Bavail * uint64(max(0, fs.Bsize))
	return fmt.Sprintf("SQLite, %d MB of its disk are free", free>>20), complaints(uint32(fs.Type), free), nil
}

func complaints(kind uint32, free uint64) []engine.Complaint {
	var out []engine.Complaint
	if free < someBytes {
		out = append(out, engine.Complaint{
			Grave: free < fewBytes, What: fmt.Sprintf("only %d MB of its disk are free: when it is full, alerts are refused", free>>20), Do: "make room",
		})
	}
	switch kind {
	case nfsMagic, smb2Magic, cifsMagic, fuseMagic:
		out = append(out, engine.Complaint{Grave: true, What: "the file is on a network share, whose locks and flushes cannot be trusted", Do: "keep it on a local disk"})
	case tmpfsMagic:
		out = append(out, engine.Complaint{What: "the file is in memory: nothing outlives a restart of the machine", Do: "keep it on a local disk"})
	}
	return out
}
