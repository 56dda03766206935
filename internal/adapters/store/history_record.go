package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// record adds the rows of a table to the records of their incidents.
func (tx *Tx) record(ctx context.Context, t table, numbers []int64, of func(id.Incident) *ports.Record) error {
	if !t.recorded() {
		return nil
	}
	rows, err := tx.rows(ctx, table{columns: append([]string{"of"}, t.columns...), types: append([]string{"bigint"}, t.types...)}, t.ofEach(), numbers)
	for _, values := range rows {
		r := of(id.Incident(values[0].(int64))) //nolint:forcetypeassert // by the column's type
		named := map[string]json.RawMessage{}
		for i, v := range values[1:] {
			text, err := json.Marshal(v)
			if err != nil {
				return err
			}
			named[t.columns[i]] = text
		}
		r.Rows[t.name] = append(r.Rows[t.name], named)
	}
	return err
}

// ofEach is ofIncidents with the incident's number before each row.
func (t table) ofEach() string {
	switch {
	case t.name == "message":
		return fmt.Sprintf(`SELECT DISTINCT d.incident, %s FROM delivery d JOIN message m ON m.id = d.message WHERE d.incident {in $1}`, t.list("m."))
	case t.has("number"):
		return strings.Replace(t.ofIncidents(), "SELECT", "SELECT t.number,", 1)
	}
	return strings.Replace(t.ofIncidents(), "SELECT", "SELECT t.incident,", 1)
}

// Revive leaves alone whose incident is there, and what a newer incident has now.
func (r history) Revive(ctx context.Context, records []ports.Record) error {
	return r.atomically(ctx, func(ctx context.Context, tx *Tx) error {
		numbers := make([]int64, len(records))
		for i, one := range records {
			numbers[i] = int64(one.Number)
		}
		there, err := tx.numbers(ctx, `SELECT number FROM incident WHERE number {in $1}`, numbers)
		if err != nil {
			return err
		}
		gone := slices.DeleteFunc(slices.Clone(records), func(one ports.Record) bool { return slices.Contains(there, one.Number) })
		tables, err := tx.tables(ctx)
		if err != nil {
			return err
		}
		for _, t := range tables {
			if err := tx.revive(ctx, t, gone); err != nil {
				return err
			}
		}
		return tx.rebind(ctx, gone)
	})
}

// rebind lists in messages the deliveries that are there: of one that told of several incidents some may be gone.
func (tx *Tx) rebind(ctx context.Context, records []ports.Record) error {
	ids := map[string]bool{}
	lists := map[string][]int64{}
	for _, one := range records {
		for _, m := range one.Rows["message"] {
			name, err := parsed[string](m["id"])
			if err != nil {
				return err
			}
			text, err := parsed[string](m["deliveries"])
			if err != nil {
				return err
			}
			var had []int64
			if err := decode(text, &had); err != nil {
				return err
			}
			ids[name] = true
			lists[name] = append(lists[name], had...)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	err := tx.Query(ctx, `SELECT id, deliveries FROM message WHERE id {in $1}`, func(scan engine.Scan) error {
		var m, text string
		var has []int64
		if err := scan(&m, &text); err != nil {
			return err
		}
		err := decode(text, &has)
		lists[m] = append(lists[m], has...)
		return err
	}, slices.Collect(maps.Keys(ids)))
	if err != nil {
		return err
	}
	var all []int64
	for _, some := range lists {
		all = append(all, some...)
	}
	there := map[string][]int64{}
	err = tx.Query(ctx, `SELECT id, message FROM delivery WHERE id {in $1}`, func(scan engine.Scan) error {
		var d int64
		var m string
		err := scan(&d, &m)
		if ids[m] {
			there[m] = append(there[m], d)
		}
		return err
	}, all)
	if err != nil {
		return err
	}
	return tx.relist(ctx, there)
}

// revive writes the rows of one table: with the columns that they have, which an earlier version may have had fewer of.
func (tx *Tx) revive(ctx context.Context, t table, records []ports.Record) error {
	if !t.recorded() {
		return nil
	}
	for _, one := range records {
		rows := one.Rows[t.name]
		if len(rows) == 0 {
			continue
		}
		had := table{name: t.name}
		for i, c := range t.columns {
			if _, ok := rows[0][c]; ok {
				had.columns, had.types = append(had.columns, c), append(had.types, t.types[i])
			}
		}
		b := had.insert("ON CONFLICT DO NOTHING").Rows(len(rows))
		for _, named := range rows {
			values, err := had.values(named)
			if err != nil {
				return fmt.Errorf("incident %d, table %s: %w", one.Number, t.name, err)
			}
			b.Add(values...)
		}
		if err := tx.Send(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

func (t table) values(named map[string]json.RawMessage) (row, error) {
	out := make(row, len(t.columns))
	for i, c := range t.columns {
		var err error
		switch t.types[i] {
		case "bigint":
			out[i], err = parsed[int64](named[c])
		case "text":
			out[i], err = parsed[string](named[c])
		default:
			out[i], err = parsed[bool](named[c])
		}
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c, err)
		}
	}
	return out, nil
}

func parsed[T any](text json.RawMessage) (v T, err error) {
	err = json.Unmarshal(text, &v)
	return v, err
}
