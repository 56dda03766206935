package store

import (
	"context"
	"errors"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/app/backup"
)

// Copy writes all that a backup keeps, as of one moment, into a new SQLite file, and says what is in it. SQLite copies
// itself; PostgreSQL is read incident by incident, and what changed meanwhile once more, in a last short transaction.
func (db *DB) Copy(ctx context.Context, path string) (backup.Contents, error) {
	return db.copyTo(ctx, path, func() {})
}

// copyTo calls late before the last transaction of what is read bit by bit.
func (db *DB) copyTo(ctx context.Context, path string, late func()) (made backup.Contents, err error) {
	of, self := db.engine.(engine.Copier)
	if self {
		if err := of.CopyTo(ctx, path); err != nil {
			return made, err
		}
	}
	to, err := Open(ctx, "sqlite:"+path, Options{})
	if err != nil {
		return made, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	tables, err := to.tables(ctx)
	if err != nil {
		return made, err
	}
	if !self {
		err = (&liveCopy{from: db, to: to, tables: tables, late: late}).run(ctx)
	}
	if err = errors.Join(err, to.forget(ctx)); err != nil {
		return made, err
	}
	return to.contents(ctx, tables)
}

func (db *DB) tables(ctx context.Context) (out []table, err error) {
	err = db.read(ctx, func(tx *Tx) error {
		out, err = tx.tables(ctx)
		return err
	})
	return out, err
}

// forget removes what copies do not hold, and leaves no trace of it in the file: sessions above all. The synthetic alert's
// incident begins anew every minute.
func (db *DB) forget(ctx context.Context) error {
	return db.write(ctx, People, func(tx *Tx) error {
		if _, err := tx.Exec(ctx, `PRAGMA secure_delete = ON`); err != nil {
			return err
		}
		for _, name := range uncopied() {
			if name == "counter" {
				continue
			}
			if _, err := tx.Exec(ctx, "DELETE FROM "+name); err != nil {
				return err
			}
		}
		return tx.Probes().Clear(ctx)
	})
}
