package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
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
	if err := u.keep(ctx, path, &m); err != nil {
		return m, err
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, err
	}
	return m, u.Shelf.Blobs.Put(ctx, m.Name+manifest, bytes.NewReader(append(text, '\n')))
}

// keep seals the file on its way out, and notes what it is then.
func (u Make) keep(ctx context.Context, path string, m *Manifest) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	m.File = m.Name + ".db" + u.Shelf.Seal.Suffix()
	sum := counting{hash: sha256.New()}
	out, in := io.Pipe()
	go func() {
		sealed, err := u.Shelf.Seal.Writer(io.MultiWriter(in, &sum))
		if err == nil {
			_, err = io.Copy(sealed, f)
			err = errors.Join(err, sealed.Close())
		}
		in.CloseWithError(err) // a reader's end where err is nil
	}()
	err = u.Shelf.Blobs.Put(ctx, m.File, out)
	_ = out.Close() // whoever still writes ends
	m.Size, m.SHA256 = sum.n, hex.EncodeToString(sum.hash.Sum(nil))
	return err
}

// counting is the size and the hash of what passes.
type counting struct {
	n    int64
	hash hash.Hash
}

func (c *counting) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return c.hash.Write(p)
}
