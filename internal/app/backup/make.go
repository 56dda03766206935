package backup

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/rouse-oncall/rouse/internal/ports"
)

// Make makes a backup.
type Make struct {
	Source  Source
	Shelf   Shelf
	Clock   ports.Clock
	Version string // the program's
	Scratch string // the folder for the copy, which is as large as the database; "": the system's
}

// Do copies, seals and keeps.
func (u Make) Do(ctx context.Context) (m Manifest, err error) {
	dir, err := os.MkdirTemp(u.Scratch, "rouse-backup-")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	at := u.Clock.Now().UTC()
	m = Manifest{Format: Format, Name: prefix + at.Format(stamp), MadeAt: at, Rouse: u.Version}
	path := filepath.Join(dir, "copy.db")
	if m.Contents, err = u.Source.Copy(ctx, path); err != nil {
		return m, err
	}
	m.Kept, err = u.Shelf.Vault.Put(ctx, m.Name+".db", func(to io.Writer) error { return send(path, to) })
	if err != nil {
		return m, err
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, err
	}
	return m, u.Shelf.Vault.Note(ctx, m.Name+manifest, append(text, '\n'))
}

func send(path string, to io.Writer) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = io.Copy(to, f)
	return err
}
