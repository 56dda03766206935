// Package postgres is the database for more than one machine: pools by purpose, READ COMMITTED, row locks.
package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
)

//go:embed migrations/*.sql
var migrations embed.FS

var _ engine.Engine = (*DB)(nil)

// timeout bounds a transaction whatever its caller's patience: locks are held by rows that others want.
const timeout = 30 * time.Second

// standstill is for how long a transaction may wait for its own program: paging goes on within 30 s of a server's end.
const standstill = 15 * time.Second

// Sizes of the pools.
const (
	intakeConns = 6
	engineConns = 8
	peopleConns = 4
	listsConns  = 4
)

// DB is one PostgreSQL database. Intake, engine, what people do and what they look at have pools of their own: a storm
// in one never takes the connections of another, and whoever answers does not wait for lists.
type DB struct {
	// Patience bounds COMMIT and ROLLBACK, which do not end with their caller. Set it before use.
	Patience time.Duration

	intake, engine, people, lists *sql.DB
	texts                         texts
}

// Open connects and brings the tables up to date under an advisory lock. As it is: with the tables of this version.
func Open(ctx context.Context, url string, asIs bool) (*DB, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	db := &DB{
		Patience: 10 * time.Second,

		intake: pool(cfg, "rouse intake", intakeConns, true),
		engine: pool(cfg, "rouse engine", engineConns, true),
		people: pool(cfg, "rouse people", peopleConns, true),
		lists:  pool(cfg, "rouse lists", listsConns, false),
	}
	if err := prepare(ctx, db.lists, migrations, asIs); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare the database %s: %w", cfg.Database, err), db.Close())
	}
	return db, nil
}

// pool opens lazily. Writers name every row by a key: without sequential scans and hashes their cached
// plans stay good while a young table grows a thousandfold between two ANALYZEs.
func pool(cfg *pgx.ConnConfig, name string, size int, keyed bool) *sql.DB {
	c := cfg.Copy()
	c.RuntimeParams["application_name"] = name
	c.RuntimeParams["jit"] = "off"
	c.RuntimeParams["synchronous_commit"] = "on"
	// A server that stands still in the middle of a transaction holds rows that others page by.
	c.RuntimeParams["idle_in_transaction_session_timeout"] = strconv.FormatInt(standstill.Milliseconds(), 10)
	if keyed {
		for _, p := range []string{"enable_seqscan", "enable_hashjoin", "enable_mergejoin"} {
			c.RuntimeParams[p] = "off"
		}
	} else {
		// Lists are planned for what they ask: half of all incidents, or none, may be of a service. Their
		// indexes are in their order, which a bitmap loses.
		c.RuntimeParams["plan_cache_mode"] = "force_custom_plan"
		c.RuntimeParams["enable_bitmapscan"] = "off"
	}
	db := stdlib.OpenDB(*c)
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return db
}

func steps(db *sql.DB, from fs.FS) (*goose.Provider, error) {
	files, err := fs.Sub(from, "migrations")
	if err != nil {
		return nil, err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker))
}

// Plan says what Open would do to the tables.
func Plan(ctx context.Context, url string) (plan engine.Plan, err error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return plan, err
	}
	db := pool(cfg, "rouse migrate", 1, false)
	defer func() { err = errors.Join(err, db.Close()) }()
	p, err := steps(db, migrations)
	if err != nil {
		return plan, err
	}
	return engine.PlanOf(ctx, db, p)
}

func prepare(ctx context.Context, db *sql.DB, from fs.FS, asIs bool) error {
	p, err := steps(db, from)
	if err != nil {
		return err
	}
	if asIs {
		return engine.UpToDate(p.GetVersions(ctx))
	}
	for {
		// A step that changes several tables may deadlock with servers that work on them: then it runs again.
		err := engine.Migrate(ctx, p)
		if e, ok := errors.AsType[*pgconn.PgError](err); !ok || !class(e, "40") {
			return err
		}
	}
}

// writing begins a transaction that may write; others say READ ONLY.
const writing = "BEGIN"

// Write runs f in a READ COMMITTED transaction on the lane's pool.
func (db *DB) Write(ctx context.Context, lane engine.Lane, f func(engine.Session) error) error {
	from := [engine.Lanes]*sql.DB{engine.EngineLane: db.engine, engine.PeopleLane: db.people, engine.IntakeLane: db.intake}
	return db.transaction(ctx, from[lane], writing, f)
}

// Read runs f on one snapshot of the database, from the pool of lists.
func (db *DB) Read(ctx context.Context, f func(engine.Session) error) error {
	return db.transaction(ctx, db.lists, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", f)
}

// Peek runs f on the engine's pool.
func (db *DB) Peek(ctx context.Context, f func(engine.Session) error) error {
	return db.transaction(ctx, db.engine, "BEGIN READ ONLY", f)
}

// Now is the server's clock.
func (db *DB) Now(ctx context.Context) (time.Time, error) {
	var us int64
	err := db.engine.QueryRowContext(ctx, `SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)`).Scan(&us)
	return time.UnixMicro(us).UTC(), translate(ctx, err, true)
}

// Close closes all pools.
func (db *DB) Close() error {
	return errors.Join(db.intake.Close(), db.engine.Close(), db.people.Close(), db.lists.Close())
}
