package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/app/backup"
)

// rowsAtOnce is how many rows a copy reads and writes in one transaction.
const rowsAtOnce = 2000

// table is one whose rows are copied: both engines have the same ones.
type table struct {
	name    string
	columns []string
	types   []string // bigint, text or boolean, by column
	key     []int    // columns, in the order of the key
}

// row is the values of the columns: int64, string or bool.
type row []any

// uncopied are tables that only mean something to the servers that run: who is signed in, who does what, what changed a
// moment ago. The counter is SQLite's way of numbering; see numbers.
func uncopied() []string {
	return []string{"change", "counter", "lease", "link", "pulse", "session"}
}

// schemaQuery gives table, column, type and place in the key of each column, in order.
const schemaQuery = `
	{only sqlite SELECT m.name, c.name, c.type, c.pk
		FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%'
		ORDER BY m.name, c.cid}
	{only postgres SELECT t.relname, a.attname, upper(format_type(a.atttypid, NULL)), COALESCE(array_position(CAST(i.indkey AS smallint[]), a.attnum) + 1, 0)
		FROM pg_class t JOIN pg_namespace s ON s.oid = t.relnamespace JOIN pg_attribute a ON a.attrelid = t.oid
		LEFT JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary
		WHERE s.nspname = current_schema() AND t.relkind = 'r' AND t.relname NOT LIKE 'goose%' AND a.attnum > 0 AND NOT a.attisdropped
		ORDER BY t.relname COLLATE "C", a.attnum}`

// tables reads which tables there are that copies hold, in the order of their names.
func (tx *Tx) tables(ctx context.Context) ([]table, error) {
	var out []table
	err := tx.Query(ctx, schemaQuery, func(scan engine.Scan) error {
		var name, column, kind string
		var key int
		if err := scan(&name, &column, &kind, &key); err != nil || slices.Contains(uncopied(), name) {
			return err
		}
		if len(out) == 0 || out[len(out)-1].name != name {
			out = append(out, table{name: name})
		}
		return out[len(out)-1].add(column, kind, key)
	})
	for _, t := range out {
		if len(t.key) == 0 || slices.Contains(t.key, -1) {
			return nil, fmt.Errorf("table %s has no key to copy it by", t.name)
		}
	}
	return out, err
}

func (t *table) add(column, kind string, key int) error {
	types := map[string]string{"BIGINT": "bigint", "INTEGER": "bigint", "SMALLINT": "bigint", "TEXT": "text", "BOOLEAN": "boolean"}
	if types[kind] == "" {
		return fmt.Errorf("column %s.%s is of type %s, which copies do not know", t.name, column, kind)
	}
	if key > 0 {
		for len(t.key) < key {
			t.key = append(t.key, -1)
		}
		t.key[key-1] = len(t.columns)
	}
	t.columns, t.types = append(t.columns, column), append(t.types, types[kind])
	return nil
}

func (t table) has(column string) bool { return slices.Contains(t.columns, column) }

// list gives the columns, each after the prefix.
func (t table) list(prefix string) string { return prefix + strings.Join(t.columns, ", "+prefix) }

func (t table) keys() string {
	names := make([]string, len(t.key))
	for i, c := range t.key {
		names[i] = t.columns[c]
	}
	return strings.Join(names, ", ")
}

// rows runs a query that gives the columns.
func (tx *Tx) rows(ctx context.Context, t table, query string, args ...any) ([]row, error) {
	var out []row
	err := tx.Query(ctx, query, func(scan engine.Scan) error {
		r, into := make(row, len(t.types)), make([]any, len(t.types))
		for i, kind := range t.types {
			switch kind {
			case "bigint":
				into[i] = new(int64)
			case "text":
				into[i] = new(string)
			default:
				into[i] = new(bool)
			}
		}
		err := scan(into...)
		for i := range into {
			switch v := into[i].(type) {
			case *int64:
				r[i] = *v
			case *string:
				r[i] = *v
			case *bool:
				r[i] = *v
			}
		}
		out = append(out, r)
		return err
	}, args...)
	return out, err
}

// page reads the rows that come after one in the order of the key; nil: the first ones.
func (tx *Tx) page(ctx context.Context, t table, after row) ([]row, error) {
	where, args := "", []any(nil)
	if after != nil {
		holders := make([]string, len(t.key))
		for i, c := range t.key {
			holders[i], args = fmt.Sprintf("$%d", i+1), append(args, after[c])
		}
		where = fmt.Sprintf("WHERE (%s) > (%s)", t.keys(), strings.Join(holders, ", "))
	}
	return tx.rows(ctx, t, fmt.Sprintf("SELECT %s FROM %s %s ORDER BY %s LIMIT %d", t.list(""), t.name, where, t.keys(), rowsAtOnce), args...)
}

// walk reads a whole table by pages; picture runs the reading of each.
func (t table) walk(ctx context.Context, picture func(func(*Tx) error) error, each func([]row) error) error {
	for after := row(nil); ; {
		var rows []row
		err := picture(func(tx *Tx) (err error) {
			rows, err = tx.page(ctx, t, after)
			return err
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := each(rows); err != nil || len(rows) < rowsAtOnce {
			return err
		}
		after = rows[len(rows)-1]
	}
}

// upsert writes rows, also over those that are there.
func (t table) upsert() *engine.Stmt {
	var set []string
	for i, c := range t.columns {
		if !slices.Contains(t.key, i) {
			set = append(set, c+" = excluded."+c)
		}
	}
	then := "DO NOTHING"
	if len(set) > 0 {
		then = "DO UPDATE SET " + strings.Join(set, ", ")
	}
	return t.insert(fmt.Sprintf("ON CONFLICT (%s) %s", t.keys(), then))
}

// insert keeps the numbers that the database gives out itself.
func (t table) insert(then string) *engine.Stmt {
	s := engine.Insert(t.name, t.typed(), then)
	s.Postgres = strings.Replace(s.Postgres, ") SELECT", ") OVERRIDING SYSTEM VALUE SELECT", 1)
	return s
}

func (t table) typed() string {
	typed := make([]string, len(t.columns))
	for i, c := range t.columns {
		typed[i] = c + " " + t.types[i]
	}
	return strings.Join(typed, ", ")
}

// put writes rows in one transaction.
func (db *DB) put(ctx context.Context, t table, rows []row) error {
	return db.write(ctx, People, func(tx *Tx) error { return tx.put(ctx, t, rows) })
}

func (tx *Tx) put(ctx context.Context, t table, rows []row) error {
	b := t.upsert().Rows(len(rows))
	for _, r := range rows {
		b.Add(r...)
	}
	return tx.Send(ctx, b)
}

// digest says what a table holds: the same for the same rows on either engine, in whatever order they are read.
func (db *DB) digest(ctx context.Context, t table) (backup.Table, error) {
	out := backup.Table{Name: t.name}
	var sum [sha256.Size]byte
	err := t.walk(ctx, func(f func(*Tx) error) error { return db.read(ctx, f) }, func(rows []row) error {
		for _, r := range rows {
			text, err := json.Marshal(r)
			if err != nil {
				return err
			}
			one := sha256.Sum256(text)
			for i := range sum {
				sum[i] ^= one[i]
			}
		}
		out.Rows += int64(len(rows))
		return nil
	})
	out.Digest = hex.EncodeToString(sum[:])
	return out, err
}

// contents is what there is in a database, by the tables of the copy.
func (db *DB) contents(ctx context.Context, tables []table) (out backup.Contents, err error) {
	if out.Schema, err = db.schema(ctx); err != nil {
		return out, err
	}
	for _, t := range tables {
		d, err := db.digest(ctx, t)
		if err != nil {
			return out, err
		}
		out.Tables = append(out.Tables, d)
	}
	return out, nil
}

// schema is the version of the tables.
func (db *DB) schema(ctx context.Context) (n int64, err error) {
	err = db.read(ctx, func(tx *Tx) error {
		return tx.Query(ctx, `SELECT max(version_id) FROM goose_db_version`, func(scan engine.Scan) error { return scan(&n) })
	})
	return n, err
}
