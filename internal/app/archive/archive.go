// Package archive keeps what is over in files, before it is removed from the database: found, read and put back from there.
//
// A file holds some incidents, whole, a line of JSON for each; its manifest says which, how much of each table, and its hash.
package archive

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Format is the version of the manifest and of what lies beside it. A newer one is refused.
const Format = 1

const (
	prefix   = "incidents-"
	manifest = ".json"
	stamp    = "20060102T150405Z"
)

// Manifest says what a file holds. It is written last: what has none was not finished.
type Manifest struct {
	Format   int            `json:"format"`
	Name     string         `json:"name"`
	MadeAt   time.Time      `json:"made_at"`
	Rouse    string         `json:"rouse"`     // the program's version
	OpenedAt [2]time.Time   `json:"opened_at"` // of the first and the last of its incidents
	Rows     map[string]int `json:"rows"`      // by table
	ports.Kept
	Incidents []Held `json:"incidents"`
}

// Held is an incident of a file, as it was.
type Held struct {
	Number   id.Incident `json:"number"`
	Version  int64       `json:"version"`
	OpenedAt time.Time   `json:"opened_at"`
}

// String is a line for people.
func (m Manifest) String() string {
	return fmt.Sprintf("%s  %d incidents, opened %s to %s  %d bytes", m.Name, len(m.Incidents),
		m.OpenedAt[0].Format(time.DateOnly), m.OpenedAt[1].Format(time.DateOnly), m.Size)
}

// Shelf is where the files of an archive lie.
type Shelf struct{ Vault ports.Vault }

// names gives the finished files, the oldest first.
func (s Shelf) names(ctx context.Context) ([]string, error) {
	blobs, err := s.Vault.List(ctx, prefix)
	var out []string
	for _, b := range blobs {
		if name, ok := strings.CutSuffix(b.Name, manifest); ok {
			out = append(out, name)
		}
	}
	return out, err
}

// List gives the finished files, the oldest first.
func (s Shelf) List(ctx context.Context) ([]Manifest, error) {
	names, err := s.names(ctx)
	if err != nil {
		return nil, err
	}
	var out []Manifest
	for _, name := range names {
		m, err := s.Find(ctx, name)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// Find gives the file of this name.
func (s Shelf) Find(ctx context.Context, name string) (m Manifest, err error) {
	name = strings.TrimSuffix(name, manifest)
	text, err := s.Vault.Read(ctx, name+manifest)
	if fault.Is(err, fault.KindNotFound) {
		err = fault.NotFound("archive", name)
	}
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil || m.File == "" {
		return m, fault.Invalid("archive.manifest", "%s%s is not the manifest of an archive", name, manifest).Because(err)
	}
	if m.Format > Format {
		return m, fault.Invalid("archive.newer", "%s was made by Rouse %s in a newer format: use that version", name, m.Rouse)
	}
	return m, nil
}

// Each reads all incidents of a file. What each is given is to be believed only when Each has ended without an error.
func (s Shelf) Each(ctx context.Context, m Manifest, each func(ports.Record) error) error {
	return s.Vault.Open(ctx, m.Kept, func(from io.Reader) error {
		lines := json.NewDecoder(bufio.NewReaderSize(from, 1<<16))
		for {
			var r ports.Record
			switch err := lines.Decode(&r); {
			case err == io.EOF:
				return nil
			case err != nil:
				return fault.Invalid("archive.broken", "%s is no archive: a line of it cannot be read", m.File).Because(err)
			}
			if err := each(r); err != nil {
				return err
			}
		}
	})
}

// Verify reads a file whole and holds it against its manifest.
func (s Shelf) Verify(ctx context.Context, m Manifest) error {
	rows, held := map[string]int{}, []Held{}
	err := s.Each(ctx, m, func(r ports.Record) error {
		add(rows, r)
		if n := len(held); n < len(m.Incidents) {
			held = append(held, Held{r.Number, r.Version, m.Incidents[n].OpenedAt})
		} else {
			held = append(held, Held{Number: r.Number})
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(held) != len(m.Incidents) {
		return fault.Invalid("archive.differs", "%s holds %d incidents, its manifest says %d", m.File, len(held), len(m.Incidents))
	}
	for i, h := range held {
		if h != m.Incidents[i] {
			return fault.Invalid("archive.differs", "%s does not hold the incidents of its manifest", m.File)
		}
	}
	for table, n := range m.Rows {
		if rows[table] != n {
			return fault.Invalid("archive.differs", "%s holds %d rows of %s, its manifest says %d", m.File, rows[table], table, n)
		}
	}
	return nil
}

func add(rows map[string]int, r ports.Record) {
	for table, some := range r.Rows {
		rows[table] += len(some)
	}
}
