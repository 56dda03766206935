package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/app/backup"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// restoring is the lease that says that a restore has begun and not ended: its holder is the backup's name and, after a space,
// the run. Another run of the same takes it over, and the first one writes no more.
const restoring = "restore"

// Restore takes all rows of a copy, the SQLite file at path, into this database, which must be empty or half restored
// from the same backup. Then paging is held as p says. What was read back is held against the copy before.
func (db *DB) Restore(ctx context.Context, path, name string, p incident.Paging) (backup.Contents, error) {
	return db.restore(ctx, path, name, p, func() {})
}

// restore calls late before the first row is written.
func (db *DB) restore(ctx context.Context, path, name string, p incident.Paging, late func()) (got backup.Contents, err error) {
	from, err := Open(ctx, "sqlite:"+path, Options{}) // one of an earlier version gets this one's tables
	if err != nil {
		return got, fault.Invalid("backup.broken", "%s is not a database", name).Because(err)
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	run := name + " " + uuid.NewString()
	tables, number, err := db.startRestore(ctx, from, name, run)
	if err != nil {
		return got, err
	}
	late()
	for _, t := range tables {
		err := t.walk(ctx, func(f func(*Tx) error) error { return from.read(ctx, f) }, func(rows []row) error {
			return db.write(ctx, People, func(tx *Tx) error { return errors.Join(tx.holdsRestore(ctx, run), tx.put(ctx, t, rows)) })
		})
		if err != nil {
			return got, fmt.Errorf("restore table %s: %w", t.name, err)
		}
	}
	want, err := from.contents(ctx, tables)
	if err != nil {
		return got, err
	}
	if got, err = db.contents(ctx, tables); err != nil {
		return got, err
	}
	for i, w := range want.Tables {
		if g := got.Tables[i]; g != w {
			return got, fmt.Errorf("table %s is not as in the backup after restoring it: %d rows there, %d here", w.Name, w.Rows, g.Rows)
		}
	}
	return got, db.write(ctx, People, func(tx *Tx) error { return errors.Join(tx.holdsRestore(ctx, run), tx.endRestore(ctx, number, p)) })
}

// startRestore refuses what cannot be restored, before anything is written.
func (db *DB) startRestore(ctx context.Context, from *DB, name, run string) (tables []table, number int64, err error) {
	theirs, err := from.schema(ctx)
	if err != nil {
		return nil, 0, err
	}
	ours, err := db.schema(ctx)
	if err != nil {
		return nil, 0, err
	}
	if theirs > ours {
		return nil, 0, fault.Invalid("backup.newer", "%s was made by a newer Rouse: its tables are of version %d, this program knows %d; use that version", name, theirs, ours)
	}
	if tables, err = from.tables(ctx); err != nil {
		return nil, 0, err
	}
	err = from.read(ctx, func(tx *Tx) (err error) {
		number, err = tx.lastNumber(ctx)
		return err
	})
	return tables, number, errors.Join(err, db.beginRestore(ctx, name, run))
}

// beginRestore marks the database as half restored, where nothing but the same restore is in it.
func (db *DB) beginRestore(ctx context.Context, name, run string) error {
	now, err := db.Now(ctx)
	if err != nil {
		return err
	}
	return db.write(ctx, People, func(tx *Tx) error {
		switch begun, _, err := tx.restoring(ctx); {
		case err != nil:
			return err
		case begun == name:
			_, err := tx.Exec(ctx, `UPDATE lease SET holder = $1 WHERE name = $2`, run, restoring)
			return err
		case begun != "":
			return fault.Conflict("restore.other", "a restore of %s into this database has begun and not ended: end that one, or give an empty database", begun)
		}
		if err := tx.refuseUsed(ctx, now); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO lease (name, holder, until_at) VALUES ($1, $2, $3)`, restoring, run, int64(math.MaxInt64))
		return err
	})
}

// refuseUsed is for a database in which somebody works, or has worked.
func (tx *Tx) refuseUsed(ctx context.Context, now time.Time) error {
	return tx.Query(ctx, `
		SELECT EXISTS (SELECT 1 FROM incident WHERE number > 0) OR EXISTS (SELECT 1 FROM user_account)
				OR EXISTS (SELECT 1 FROM service) OR EXISTS (SELECT 1 FROM integration) OR EXISTS (SELECT 1 FROM team) OR EXISTS (SELECT 1 FROM channel),
			EXISTS (SELECT 1 FROM lease WHERE until_at > $1)`, func(scan engine.Scan) error {
		var used, busy bool
		switch err := scan(&used, &busy); {
		case err != nil:
			return err
		case used:
			return fault.Conflict("restore.not_empty", "there is something in the database, users, services or incidents: restore into an empty one")
		case busy:
			return fault.Conflict("restore.busy", "a server works on the database: stop it first, and wait a minute")
		}
		return nil
	}, micros(now))
}

func (tx *Tx) restoring(ctx context.Context) (name, run string, err error) {
	err = tx.Query(ctx, `SELECT holder FROM lease WHERE name = $1 {for update}`, func(scan engine.Scan) error { return scan(&run) }, restoring)
	name, _, _ = strings.Cut(run, " ")
	return name, run, err
}

// holdsRestore keeps others from taking the restore over until the transaction ends.
func (tx *Tx) holdsRestore(ctx context.Context, run string) error {
	_, is, err := tx.restoring(ctx)
	if err == nil && is != run {
		err = fault.Conflict("restore.taken_over", "the same restore was begun again by somebody else, who goes on")
	}
	return err
}

// endRestore numbers on from what was restored, holds paging, and takes the mark away.
func (tx *Tx) endRestore(ctx context.Context, number int64, p incident.Paging) error {
	err := tx.numberOn(ctx, number)
	if err == nil {
		err = tx.Paging().Set(ctx, p)
	}
	if err == nil {
		_, err = tx.Exec(ctx, `DELETE FROM lease WHERE name = $1`, restoring)
	}
	return err
}

// lastNumber is the newest number of an incident that was given to anybody.
func (tx *Tx) lastNumber(ctx context.Context) (n int64, err error) {
	err = tx.Query(ctx, `
		SELECT {only postgres CASE WHEN is_called THEN last_value ELSE 0 END FROM incident_number}{only sqlite value FROM counter WHERE name = 'incident_number'}`,
		func(scan engine.Scan) error { return scan(&n) })
	return n, err
}

// numberOn lets all numbers that the database gives begin after those that are in use; incidents after number.
func (tx *Tx) numberOn(ctx context.Context, number int64) error {
	_, err := tx.Exec(ctx, `
		{only sqlite UPDATE counter SET value = $1 WHERE name = 'incident_number'}
		{only postgres SELECT setval('incident_number', GREATEST(CAST($1 AS BIGINT), 1), CAST($1 AS BIGINT) > 0),
			setval(pg_get_serial_sequence('delivery', 'id'), GREATEST((SELECT max(id) FROM delivery), 1)),
			setval(pg_get_serial_sequence('paging', 'seq'), GREATEST((SELECT max(seq) FROM paging), 1))}`, number)
	return err
}

// Unfinished is the name of the backup of which a restore has begun and not ended; "": there is none.
func (db *DB) Unfinished(ctx context.Context) (name string, err error) {
	err = db.read(ctx, func(tx *Tx) error {
		return tx.Query(ctx, `SELECT holder FROM lease WHERE name = $1`, func(scan engine.Scan) error { return scan(&name) }, restoring)
	})
	name, _, _ = strings.Cut(name, " ")
	return name, err
}
