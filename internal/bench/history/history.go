// Package history makes a year's incidents out of a day's: it copies what the shipped server wrote, row by row
// and in bulk, so that a measurement on a grown database reads what a real one would hold.
package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the drivers that the product uses
	_ "modernc.org/sqlite"
)

// Year is one.
const Year = 365 * 24 * time.Hour

// chunk is about how many incidents are copied in one transaction.
const chunk = 20_000

// Multiply adds that many copies of every incident that the database holds, with all that belongs to it, spread
// over the time before. The database must have no other user. Addresses are those of ROUSE_DATABASE_URL.
func Multiply(ctx context.Context, address string, copies int, over time.Duration) error {
	db, postgres, err := open(address)
	if err != nil {
		return err
	}
	m := &multiplier{db: db, postgres: postgres, copies: copies, over: over}
	if err := errors.Join(m.run(ctx), db.Close()); err != nil {
		return fmt.Errorf("multiply the history: %w", err)
	}
	return nil
}

func open(address string) (db *sql.DB, postgres bool, err error) {
	path, lite := strings.CutPrefix(address, "sqlite:")
	if lite {
		db, err = sql.Open("sqlite", "file:"+path+"?_pragma=synchronous(OFF)&_pragma=cache_size(-524288)&_pragma=wal_autocheckpoint(100000)")
	} else {
		db, err = sql.Open("pgx", address)
	}
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, !lite, err
}

type multiplier struct {
	db       *sql.DB
	postgres bool
	copies   int
	over     time.Duration
	last     int64 // number of the last incident that is copied
}

func (m *multiplier) run(ctx context.Context) error {
	if err := m.db.QueryRowContext(ctx, `SELECT coalesce(max(number), 0) FROM incident`).Scan(&m.last); err != nil {
		return err
	}
	if m.last == 0 || m.copies == 0 {
		return nil
	}
	statements, err := m.statements(ctx)
	if err != nil {
		return err
	}
	step := max(1, chunk/int(m.last))
	for from := 1; from <= m.copies; from += step {
		if err := m.copy(ctx, statements, from, min(from+step-1, m.copies)); err != nil {
			return err
		}
	}
	return m.settle(ctx)
}

// copy makes the copies from the first to the last of these numbers, in one transaction.
func (m *multiplier) copy(ctx context.Context, statements []string, from, to int) error {
	tx, err := m.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	for _, s := range statements {
		if _, err := tx.ExecContext(ctx, s, from, to); err != nil {
			return fmt.Errorf("%w in %s", err, s)
		}
	}
	return tx.Commit()
}

// settle leaves the database as one that has grown by itself: the next number, statistics, no long journal.
func (m *multiplier) settle(ctx context.Context) error {
	next := m.last * int64(m.copies+1)
	after := []string{
		fmt.Sprintf(`UPDATE counter SET value = %d WHERE name = 'incident_number'`, next),
		`PRAGMA wal_checkpoint(TRUNCATE)`,
	}
	if m.postgres {
		after = []string{fmt.Sprintf(`SELECT setval('incident_number', %d)`, next), `VACUUM (ANALYZE)`, `CHECKPOINT`}
	}
	for _, s := range after {
		if _, err := m.db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%w in %s", err, s)
		}
	}
	return nil
}

// columnsOf gives every table with its columns, but for those that the database numbers itself, and no view.
const (
	columnsOfPostgres = `SELECT table_name, column_name FROM information_schema.columns
		WHERE table_schema = 'public' AND is_identity = 'NO' AND table_name NOT LIKE 'report%' ORDER BY table_name, ordinal_position`
	columnsOfSQLite = `SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND NOT (c.pk AND c.type = 'INTEGER' AND c.name <> 'number') ORDER BY m.name, c.cid`
)

// statements gives an INSERT for each table that holds something of incidents, found by its columns: a table
// that is new, or has a new column, is copied too.
func (m *multiplier) statements(ctx context.Context) ([]string, error) {
	query := columnsOfSQLite
	if m.postgres {
		query = columnsOfPostgres
	}
	rows, err := m.db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	columns := map[string][]string{}
	var tables []string
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return nil, err
		}
		if len(columns[table]) == 0 {
			tables = append(tables, table)
		}
		columns[table] = append(columns[table], column)
	}
	var out []string
	for _, table := range tables {
		if which := m.which(table, columns[table]); which != "" {
			out = append(out, m.insert(table, columns[table], which))
		}
	}
	return out, rows.Err()
}

// which says what of a table is copied; "" is nothing.
func (m *multiplier) which(table string, columns []string) string {
	for _, c := range []string{"incident", "number"} {
		if slices.Contains(columns, c) {
			return fmt.Sprintf("t.%s BETWEEN 1 AND %d", c, m.last) // not the synthetic alert's
		}
	}
	if table == "message" {
		return fmt.Sprintf("t.id IN (SELECT message FROM delivery WHERE incident BETWEEN 1 AND %d)", m.last)
	}
	return ""
}

func (m *multiplier) insert(table string, columns []string, which string) string {
	values := make([]string, len(columns))
	for i, c := range columns {
		values[i] = m.value(c)
	}
	return fmt.Sprintf(`WITH RECURSIVE g (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM g WHERE i < CAST($2 AS BIGINT))
		INSERT INTO %s (%s) SELECT %s FROM g CROSS JOIN %s t WHERE %s`,
		table, strings.Join(columns, ", "), strings.Join(values, ", "), table, which)
}

// value is what a copy has in a column: its own number and names, at an earlier time; the rest is the same.
func (m *multiplier) value(column string) string {
	c := "t." + column
	switch {
	case column == "number", column == "incident":
		return fmt.Sprintf("%s + g.i * %d", c, m.last)
	case slices.Contains([]string{"id", "message", "key", "fingerprint"}, column):
		return fmt.Sprintf("CASE WHEN %s = '' THEN '' ELSE substr(%s, 1, length(%s) - 7) || substr(CAST(10000000 + g.i AS TEXT), 2) END", c, c, c)
	case column == "look_at", column == "next_at":
		return "0" // a message of the past has arrived: nobody looks at it any more
	case column == "due_at":
		return c // what is to be done keeps its moment
	case strings.HasSuffix(column, "_at"), column == "at", column == "last_seen":
		return fmt.Sprintf("CASE WHEN %s > 0 THEN %s - g.i * %d ELSE %s END", c, c, m.over.Microseconds()/int64(m.copies), c)
	}
	return c
}
