package archive

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// reviveAtOnce is how many incidents are put back in one transaction.
const reviveAtOnce = 50

// Restore puts a file's incidents back into a database, or those of these numbers, and says how many: a whole file, or
// nothing of one that is not whole. What is there already is left as it is.
func (s Shelf) Restore(ctx context.Context, m Manifest, into ports.Records, numbers []id.Incident) (int, error) {
	var found []ports.Record
	err := s.Each(ctx, m, func(r ports.Record) error {
		if len(numbers) == 0 || slices.Contains(numbers, r.Number) {
			found = append(found, r)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for some := range slices.Chunk(found, reviveAtOnce) {
		if err := into.Revive(ctx, some); err != nil {
			return 0, err
		}
	}
	return len(found), nil
}

// Filter says which incidents to look for; what is empty asks for nothing.
type Filter struct {
	Since, Until time.Time // opened
	Service      string
	Environment  string
	Text         string // in the title, whatever its case
}

// Row is an incident as it is found.
type Row struct {
	File        string       `json:"file"`
	Number      id.Incident  `json:"number"`
	ID          string       `json:"id"`
	Title       string       `json:"title"`
	Service     string       `json:"service"`
	Environment string       `json:"environment"`
	OpenedAt    time.Time    `json:"opened_at"`
	ResolvedAt  time.Time    `json:"resolved_at"`
	Record      ports.Record `json:"record"` // all of it
}

// Query finds incidents over all files; files of other times are not opened. An incident in two files, which a removal that
// broke off makes, is found once.
func (s Shelf) Query(ctx context.Context, f Filter, each func(Row) error) error {
	all, err := s.List(ctx)
	if err != nil {
		return err
	}
	seen := map[id.Incident]int64{}
	for _, m := range all {
		if !f.Since.IsZero() && m.OpenedAt[1].Before(f.Since) || !f.Until.IsZero() && !m.OpenedAt[0].Before(f.Until) {
			continue
		}
		var rows []Row
		err := s.Each(ctx, m, func(r ports.Record) error {
			row, err := rowOf(m, r)
			if err == nil && f.fits(row) && seen[r.Number] != r.Version {
				seen[r.Number] = r.Version
				rows = append(rows, row)
			}
			return err
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := each(row); err != nil {
				return err
			}
		}
	}
	return nil
}

func rowOf(m Manifest, r ports.Record) (Row, error) {
	row := Row{File: m.Name, Number: r.Number, Record: r}
	if len(r.Rows["incident"]) == 0 {
		return row, nil
	}
	var opened, resolved int64
	columns := r.Rows["incident"][0]
	for name, into := range map[string]any{
		"id": &row.ID, "title": &row.Title, "service": &row.Service, "environment": &row.Environment, "opened_at": &opened, "resolved_at": &resolved,
	} {
		if err := json.Unmarshal(columns[name], into); err != nil {
			return row, err
		}
	}
	row.OpenedAt, row.ResolvedAt = time.UnixMicro(opened).UTC(), time.UnixMicro(resolved).UTC()
	return row, nil
}

func (f Filter) fits(r Row) bool {
	return (f.Since.IsZero() || !r.OpenedAt.Before(f.Since)) && (f.Until.IsZero() || r.OpenedAt.Before(f.Until)) &&
		(f.Service == "" || r.Service == f.Service) && (f.Environment == "" || r.Environment == f.Environment) &&
		(f.Text == "" || strings.Contains(strings.ToLower(r.Title), strings.ToLower(f.Text)))
}
