// Package store keeps everything in SQLite or PostgreSQL: a file per aggregate holds its SQL and its scans.
// What differs between the two lives in store/sqlite and store/postgres, behind package engine.
package store

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/adapters/store/postgres"
	"github.com/rouse-oncall/rouse/internal/adapters/store/sqlite"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// Lane says how urgent a transaction is; see the lanes.
type Lane = engine.Lane

// The lanes, most urgent first.
const (
	Engine = engine.EngineLane // timers, deliveries: what wakes people
	People = engine.PeopleLane // what somebody waits for at a screen
	Intake = engine.IntakeLane // alerts
)

// Options are what a store must be told by the rest of the program.
type Options struct {
	// Expiry is the default expiry of a channel kind, 0 for the acknowledgement timeout; nil: always 0.
	Expiry func(kind string) time.Duration
	// Follows says which kinds of channels are told of everything; nil: none.
	Follows func(kind string) bool
	// Sendable says by which channel kinds this server can send; nil: by all.
	Sendable func(kind string) bool
	// AsIs opens what is there and makes or brings up to date nothing: for those who only look.
	AsIs bool
	// Observe hears of each transaction of a lane, or "read": how long it waited for its begin and how long it took then; nil:
	// nobody does.
	Observe func(of string, waited, took time.Duration)
}

// DB is an opened database. It is safe for many goroutines.
type DB struct {
	engine   engine.Engine
	options  Options
	snapshot atomic.Pointer[directory.Snapshot] // the newest that is known to be committed
	cache    cache
	full     atomic.Int64 // when a write last found no room on the disk, in nanoseconds; 0: none has since there was some
}

// Open opens "sqlite:<path>" or "postgres://…", creating and migrating what is missing.
// A url of neither kind is fault.Invalid, code database.url.
func Open(ctx context.Context, url string, options Options) (*DB, error) {
	e, err := open(ctx, url, options.AsIs)
	if err != nil {
		return nil, err
	}
	return &DB{engine: e, options: options}, nil
}

func open(ctx context.Context, url string, asIs bool) (engine.Engine, error) {
	path, err := sqliteFile(url)
	switch {
	case err != nil:
		return nil, err
	case path != "":
		return sqlite.Open(ctx, path, asIs)
	}
	return postgres.Open(ctx, url, asIs)
}

// sqliteFile is "" for PostgreSQL.
func sqliteFile(url string) (path string, err error) {
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok && path != "" {
		return path, nil
	}
	if strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://") {
		return "", nil
	}
	return "", fault.Invalid("database.url", "the database URL must be sqlite:<file> or postgres://…")
}

// PlanMigration says what Open would do to the tables, and does nothing.
func PlanMigration(ctx context.Context, url string) (engine.Plan, error) {
	path, err := sqliteFile(url)
	switch {
	case err != nil:
		return engine.Plan{}, err
	case path != "":
		return sqlite.Plan(ctx, path)
	}
	return postgres.Plan(ctx, url)
}

// Close ends all transactions and closes the database.
func (db *DB) Close() error { return db.engine.Close() }

// Complaints are what about the database needs somebody, beside Doubts, and about says what was looked at.
func (db *DB) Complaints(ctx context.Context) (about string, found []engine.Complaint, err error) {
	if c, ok := db.engine.(engine.Complainer); ok {
		return c.Complaints(ctx)
	}
	return "", nil, nil
}

// Now is the database's clock.
func (db *DB) Now(ctx context.Context) (time.Time, error) { return db.engine.Now(ctx) }

// Ping says whether the database answers and can be written; it writes only where its disk was full.
func (db *DB) Ping(ctx context.Context) error {
	if db.Full() {
		return db.tryRoom(ctx)
	}
	answered := false
	err := db.write(ctx, People, func(tx *Tx) error {
		err := tx.Query(ctx, `SELECT id FROM settings WHERE id = 1 {for update skip locked}`, func(engine.Scan) error { return nil })
		answered = err == nil
		return errors.Join(err, errPinged)
	})
	if answered && errors.Is(err, errPinged) {
		return nil
	}
	return err
}

// errPinged ends the transaction of a ping without a commit.
var errPinged = errors.New("ping")

// calm is for how long no write may find the disk full before it counts as having room: where one table can
// grow, another may not.
const calm = 10 * time.Second

// tryRoom writes something that changes nothing, as alerts do: only that says whether there is room again.
func (db *DB) tryRoom(ctx context.Context) error {
	err := db.write(ctx, Intake, func(tx *Tx) error {
		_, err := tx.Exec(ctx, `UPDATE settings SET id = id WHERE id = 1`)
		return err
	})
	last := db.full.Load()
	if err == nil && time.Since(time.Unix(0, last)) < calm {
		return engine.ErrFull(errJustNow)
	}
	if err == nil {
		db.full.CompareAndSwap(last, 0)
	}
	return err
}

var errJustNow = errors.New("something could not be written a moment ago")

// Full says whether the database's disk is full, as far as we have met it.
func (db *DB) Full() bool { return db.full.Load() != 0 }
