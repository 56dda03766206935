// Package backup makes backups of the whole database, keeps them for a time, and restores them.
//
// A backup is a SQLite file, whatever the database is, compressed and perhaps encrypted, and a manifest beside it: what
// was SQLite may be restored into PostgreSQL, and the other way round.
package backup

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Format is the version of the manifest and of what lies beside it. A newer one is refused.
const Format = 1

const (
	prefix   = "rouse-"
	manifest = ".json"
	stamp    = "20060102T150405Z"
)

// ahead is by how much a backup may be of the future: what is further off is of a clock that was wrong, and no newest one.
const ahead = 24 * time.Hour

// madeAt reads when the backup was made from a file's name: rouse-, the moment, a few letters, and what comes after a point.
// What is not named so is not ours.
func madeAt(file string) (name string, at time.Time, ours bool) {
	name, _, _ = strings.Cut(file, ".")
	moment, _, _ := strings.Cut(strings.TrimPrefix(name, prefix), "-")
	at, err := time.Parse(stamp, moment)
	return name, at, err == nil && strings.HasPrefix(name, prefix)
}

// Table is what there is of a table: the same for the same rows, in whatever database.
type Table struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	Digest string `json:"sha256"` // all rows' SHA-256 in one, whatever their order
}

// Contents are all tables, and the version of their columns.
type Contents struct {
	Schema int64   `json:"schema"`
	Tables []Table `json:"tables"`
}

// Rows are those of a table.
func (c Contents) Rows(table string) int64 {
	for _, t := range c.Tables {
		if t.Name == table {
			return t.Rows
		}
	}
	return 0
}

// Manifest says what a backup is. It is written last: what has none was not finished.
type Manifest struct {
	Format int       `json:"format"`
	Name   string    `json:"name"`
	MadeAt time.Time `json:"made_at"`
	Rouse  string    `json:"rouse"` // the program's version
	ports.Kept
	Contents
}

// Source is a database that can be backed up.
type Source interface {
	// Copy writes all that a backup keeps, as of one moment, into a new SQLite file.
	Copy(ctx context.Context, path string) (Contents, error)
}

// Target is a database that a backup can be restored into.
type Target interface {
	// Restore takes all of the SQLite file at path, which is the copy of the backup so named, into a database that is
	// empty or half restored from the same; at the end paging is held as p says. It gives what was read back.
	Restore(ctx context.Context, path, name string, p incident.Paging) (Contents, error)
}

// Shelf is where backups lie.
type Shelf struct{ Vault ports.Vault }

// finished are the names of the finished backups, the newest last.
func finished(blobs []ports.Blob) (out []string) {
	for _, b := range blobs {
		if name, _, ours := madeAt(b.Name); ours && b.Name == name+manifest {
			out = append(out, name)
		}
	}
	return out
}

// List gives the finished backups, the newest last.
func (s Shelf) List(ctx context.Context) ([]Manifest, error) {
	blobs, err := s.Vault.List(ctx, prefix)
	if err != nil {
		return nil, err
	}
	var out []Manifest
	for _, name := range finished(blobs) {
		m, err := s.read(ctx, name)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// Latest stands for the newest backup.
const Latest = "latest"

// Find gives the backup of this name, or the newest one.
func (s Shelf) Find(ctx context.Context, name string, now time.Time) (Manifest, error) {
	if name != Latest {
		return s.read(ctx, strings.TrimSuffix(name, manifest))
	}
	blobs, err := s.Vault.List(ctx, prefix)
	if err != nil {
		return Manifest{}, err
	}
	for _, name := range slices.Backward(finished(blobs)) {
		if _, at, _ := madeAt(name); at.Sub(now) < ahead {
			return s.read(ctx, name)
		}
	}
	return Manifest{}, fault.NotFound("backup", "there is none yet")
}

func (s Shelf) read(ctx context.Context, name string) (m Manifest, err error) {
	text, err := s.Vault.Read(ctx, name+manifest)
	if fault.Is(err, fault.KindNotFound) {
		err = fault.NotFound("backup", name)
	}
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil || m.File == "" {
		return m, fault.Invalid("backup.manifest", "%s%s is not the manifest of a backup", name, manifest).Because(err)
	}
	if m.Format > Format {
		return m, fault.Invalid("backup.newer", "%s was made by Rouse %s in a newer format: use that version", name, m.Rouse)
	}
	return m, nil
}

// Prune removes backups that are older than keep, but never the newest one, and what was begun and not finished a day
// ago. It gives the names of the backups that are gone.
func (s Shelf) Prune(ctx context.Context, now time.Time, keep time.Duration) ([]string, error) {
	blobs, err := s.Vault.List(ctx, prefix)
	if err != nil {
		return nil, err
	}
	all := finished(blobs)
	sane := slices.DeleteFunc(slices.Clone(all), func(name string) bool {
		_, at, _ := madeAt(name)
		return at.Sub(now) >= ahead
	})
	var gone []string
	for i, name := range sane {
		if _, at, _ := madeAt(name); i == len(sane)-1 || now.Sub(at) <= keep {
			continue
		}
		if err := s.Vault.Delete(ctx, name+manifest); err != nil { // first: without it the rest is nothing
			return gone, err
		}
		gone = append(gone, name)
	}
	for _, b := range blobs {
		name, _, ours := madeAt(b.Name)
		unfinished := !slices.Contains(all, name) && now.Sub(b.At) > 24*time.Hour
		if !ours || !strings.HasPrefix(b.Name, name+".db.") || !unfinished && !slices.Contains(gone, name) {
			continue
		}
		if err := s.Vault.Delete(ctx, b.Name); err != nil {
			return gone, err
		}
	}
	return gone, nil
}

// String is a line for people.
func (m Manifest) String() string {
	return fmt.Sprintf("%s  %s  %d incidents  %d bytes  Rouse %s", m.Name, m.MadeAt.Format(time.RFC3339), m.Rows("incident"), m.Size, m.Rouse)
}
