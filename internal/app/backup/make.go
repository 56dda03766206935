package backup

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/rouse-oncall/rouse/internal/ports"
)

// Make makes a backup.
type Make struct {
	Source  Source
	Shelf   Shelf
	Clock   ports.Clock
	Version string        // the program's
	Letters func() string // a few: what tells two of one second apart
	Scratch string        // the folder for the copy, which is as large as the database; "": the system's
}

// Do copies, seals and keeps.
func (u Make) Do(ctx context.Context) (m Manifest, err error) {
	clean(u.Scratch, u.Clock.Now())
	dir, err := os.MkdirTemp(u.Scratch, "rouse-backup-")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	at := u.Clock.Now().UTC()
	m = Manifest{Format: Format, Name: prefix + at.Format(stamp) + "-" + u.Letters(), MadeAt: at, Rouse: u.Version}
	path := filepath.Join(dir, copied)
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

// clean removes copies that somebody left who was killed: they hold everything, in the open.
func clean(scratch string, now time.Time) {
	left, _ := filepath.Glob(filepath.Join(cmp.Or(scratch, os.TempDir()), "rouse-*")) // the pattern is a good one
	for _, dir := range left {
		if info, err := os.Stat(filepath.Join(dir, copied)); err == nil && now.Sub(info.ModTime()) > 24*time.Hour {
			_ = os.RemoveAll(dir) // the next one tries again
		}
	}
}

// copied is the copy's name in its folder.
const copied = "copy.db"

func send(path string, to io.Writer) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = io.Copy(to, f)
	return err
}
