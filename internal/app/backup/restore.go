package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Restore brings a backup back.
type Restore struct {
	Shelf   Shelf
	Target  Target
	Clock   ports.Clock
	Scratch string // the folder for the copy, which is as large as the database; "": the system's
}

// Do restores the backup of this name, or the latest, and holds what is there against the manifest. Whoever restores is
// by; nobody is paged until somebody lets paging go on.
func (u Restore) Do(ctx context.Context, name string, by incident.Actor) (m Manifest, err error) {
	if m, err = u.Shelf.Find(ctx, name); err != nil {
		return m, err
	}
	dir, err := os.MkdirTemp(u.Scratch, "rouse-restore-")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "copy.db")
	if err := u.fetch(ctx, m, path); err != nil {
		return m, err
	}
	got, err := u.Target.Restore(ctx, path, m.Name, incident.Paging{
		Held: true, At: u.Clock.Now(), By: by, Reason: "restored from the backup " + m.Name,
	})
	if err != nil {
		return m, err
	}
	if got.Schema == m.Schema && !slices.Equal(got.Tables, m.Tables) {
		return m, fault.Invalid("backup.differs", "%s holds something else than its manifest says", m.Name)
	}
	return m, nil
}

// fetch opens the seal. A file that is not the manifest's is said to be that, whatever opening it says.
func (u Restore) fetch(ctx context.Context, m Manifest, path string) (err error) {
	r, err := u.Shelf.Blobs.Get(ctx, m.File)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	to, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	sum := counting{hash: sha256.New()}
	all := io.TeeReader(r, &sum)
	broken := copyOpened(to, all, u.Shelf.Seal, m.File)
	_, more := io.Copy(io.Discard, all) // its hash is of all of it
	if err := errors.Join(to.Close(), more); err != nil {
		return err
	}
	switch {
	case sum.n < m.Size:
		return fault.Invalid("backup.truncated", "%s is cut off: %d of %d bytes are there", m.File, sum.n, m.Size)
	case hex.EncodeToString(sum.hash.Sum(nil)) != m.SHA256:
		return fault.Invalid("backup.changed", "%s is not the file that was backed up: it was changed or damaged since", m.File)
	}
	return broken
}

func copyOpened(to io.Writer, from io.Reader, seal ports.Seal, name string) error {
	opened, err := seal.Reader(from, name)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, opened)
	return errors.Join(err, opened.Close())
}
