package backup

import (
	"context"
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
	if m, err = u.Shelf.Find(ctx, name, u.Clock.Now()); err != nil {
		return m, err
	}
	dir, err := os.MkdirTemp(u.Scratch, "rouse-restore-")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, copied)
	if err := u.Shelf.Vault.Open(ctx, m.Kept, func(from io.Reader) error { return keep(from, path) }); err != nil {
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

func keep(from io.Reader, path string) (err error) {
	to, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	_, err = io.Copy(to, from)
	return err
}
