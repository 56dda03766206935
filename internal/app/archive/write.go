package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/rouse-oncall/rouse/internal/ports"
)

// Write writes files.
type Write struct {
	Shelf   Shelf
	Records ports.Records
	Clock   ports.Clock
	Version string        // the program's
	Letters func() string // a few: what tells two of one second apart
}

// readAtOnce is how many incidents are read in one transaction.
const readAtOnce = 100

// Write writes one file of incidents, and reads it again before it says that they are kept.
func (u Write) Write(ctx context.Context, past []ports.Past) error {
	at := u.Clock.Now().UTC()
	m := Manifest{Format: Format, MadeAt: at, Rouse: u.Version, Rows: map[string]int{}}
	m.Name = fmt.Sprintf("%s%s-%d-%d-%s", prefix, at.Format(stamp), past[0].Number, past[len(past)-1].Number, u.Letters())
	opened := map[int64]ports.Past{}
	for _, p := range past {
		opened[int64(p.Number)] = p
	}
	var err error
	m.Kept, err = u.Shelf.Vault.Put(ctx, m.Name+".ndjson", func(to io.Writer) error {
		lines := json.NewEncoder(to)
		lines.SetEscapeHTML(false)
		for some := range slices.Chunk(past, readAtOnce) {
			records, err := u.Records.Records(ctx, some)
			if err != nil {
				return err
			}
			for _, r := range records {
				if err := lines.Encode(r); err != nil {
					return err
				}
				add(m.Rows, r)
				m.Incidents = append(m.Incidents, Held{r.Number, r.Version, opened[int64(r.Number)].OpenedAt})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := u.finish(ctx, m); err != nil {
		return errors.Join(err, u.Shelf.Vault.Delete(ctx, m.File))
	}
	return nil
}

// finish reads the file again, and only then says by its manifest that there is one.
func (u Write) finish(ctx context.Context, m Manifest) error {
	if len(m.Incidents) == 0 {
		return u.Shelf.Vault.Delete(ctx, m.File) // all have changed meanwhile
	}
	m.OpenedAt[0], m.OpenedAt[1] = m.Incidents[0].OpenedAt, m.Incidents[len(m.Incidents)-1].OpenedAt
	if err := u.Shelf.Verify(ctx, m); err != nil {
		return fmt.Errorf("what was archived is not what comes back: %w", err)
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return u.Shelf.Vault.Note(ctx, m.Name+manifest, append(text, '\n'))
}

// Unfinished gives what the newest file holds: whoever wrote it may not have come to remove it.
func (u Write) Unfinished(ctx context.Context) ([]ports.Past, error) {
	names, err := u.Shelf.names(ctx)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	m, err := u.Shelf.Find(ctx, names[len(names)-1])
	var out []ports.Past
	for _, h := range m.Incidents {
		out = append(out, ports.Past{Number: h.Number, Version: h.Version, OpenedAt: h.OpenedAt})
	}
	return out, err
}
