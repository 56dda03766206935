package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

const (
	sizesOfPostgres = `SELECT c.relname, pg_total_relation_size(c.oid) FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
		WHERE c.relkind = 'r' AND s.nspname = 'public'`
	sizesOfSQLite = `SELECT m.tbl_name, SUM(d.pgsize) FROM dbstat d JOIN sqlite_master m ON m.name = d.name
		WHERE d.aggregate = TRUE GROUP BY m.tbl_name`
)

// Sizes gives what each table takes on the disk with its indexes, in bytes.
func Sizes(ctx context.Context, address string) (map[string]int64, error) {
	db, postgres, err := open(address)
	if err != nil {
		return nil, err
	}
	query := sizesOfSQLite
	if postgres {
		query = sizesOfPostgres
	}
	out, err := sizes(ctx, db, query)
	if err := errors.Join(err, db.Close()); err != nil {
		return nil, fmt.Errorf("the sizes of the tables: %w", err)
	}
	return out, nil
}

func sizes(ctx context.Context, db *sql.DB, query string) (map[string]int64, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	out := map[string]int64{}
	for rows.Next() {
		var table string
		var bytes int64
		if err := rows.Scan(&table, &bytes); err != nil {
			return nil, err
		}
		out[table] = bytes
	}
	return out, rows.Err()
}
