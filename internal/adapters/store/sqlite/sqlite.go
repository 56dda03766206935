// Package sqlite is the embedded database: one writer with three lanes, a pool of readers.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
)

//go:embed migrations/*.sql
var migrations embed.FS

var (
	_ engine.Engine = (*DB)(nil)
	_ engine.Copier = (*DB)(nil)
)

// DB is one SQLite file, used by one process.
type DB struct {
	path    string
	write   *sql.DB
	read    *sql.DB
	writer  *writer
	readers chan *session // for people: fewer than there are cores, so that lists leave one to what wakes people
	peekers chan *session // for what wakes people: whoever reads many lists is not in its way
}

// Open opens or creates the file, brings its tables up to date and starts the writer. As it is: a file that is
// there, with the tables of this version.
func Open(ctx context.Context, path string, asIs bool) (*DB, error) {
	if _, err := os.Stat(path); asIs && err != nil {
		return nil, fmt.Errorf("there is no database %s: name the server's own by --database-url", path)
	}
	write, err := sql.Open("sqlite", dsn(path, "cache_size(-65536)"))
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	if err := prepare(ctx, path, write, asIs); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare the database %s: %w", path, err), write.Close())
	}
	read, err := sql.Open("sqlite", dsn(path, "cache_size(-16384)", "query_only(1)"))
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	db := &DB{path: path, write: write, read: read}
	room := &reserve{database: path, spent: true} // whoever only looks leaves the disk as it is
	if !asIs {
		room = newReserve(path)
	}
	if err := db.start(ctx, room); err != nil {
		return nil, errors.Join(err, read.Close(), write.Close())
	}
	return db, nil
}

// peekers is how many may look at once for what wakes people; a look takes far less than a millisecond.
const peekers = 2

func (db *DB) start(ctx context.Context, room *reserve) error {
	db.readers, db.peekers = make(chan *session, max(1, min(4, runtime.GOMAXPROCS(0)-1))), make(chan *session, peekers)
	for _, pool := range []chan *session{db.readers, db.peekers} {
		for range cap(pool) {
			c, err := db.read.Conn(ctx)
			if err != nil {
				return err
			}
			pool <- newSession(c)
		}
	}
	c, err := db.write.Conn(ctx)
	if err != nil {
		return err
	}
	db.writer = startWriter(newSession(c), room)
	return nil
}

func dsn(path string, pragmas ...string) string {
	q := url.Values{"_txlock": {"immediate"}}
	for _, p := range append([]string{
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(0)",
		"temp_store(MEMORY)", "wal_autocheckpoint(16000)", "journal_size_limit(67108864)",
	}, pragmas...) {
		q.Add("_pragma", p)
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: q.Encode()}
	if !filepath.IsAbs(path) {
		u = url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath(), RawQuery: q.Encode()}
	}
	return u.String()
}

func steps(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, files)
}

// Plan says what Open would do to the tables of a file, which may not be there.
func Plan(ctx context.Context, path string) (plan engine.Plan, err error) {
	if _, err := os.Stat(path); err != nil {
		path = ":memory:"
	}
	db, err := sql.Open("sqlite", dsn(path, "query_only(1)"))
	if err != nil {
		return plan, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	p, err := steps(db)
	if err != nil {
		return plan, err
	}
	return engine.PlanOf(ctx, db, p)
}

func prepare(ctx context.Context, path string, db *sql.DB, asIs bool) error {
	p, err := steps(db)
	if err != nil {
		return err
	}
	if asIs {
		return engine.UpToDate(p.GetVersions(ctx))
	}
	return migrate(ctx, path, p)
}

// migrate runs under a lock of its own, held in a file beside the database, so that two processes
// that start at once do not both create the tables.
func migrate(ctx context.Context, path string, p *goose.Provider) error {
	guard, err := sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()+"-migrate?_txlock=exclusive&_pragma=busy_timeout(30000)")
	if err != nil {
		return err
	}
	defer func() { _ = guard.Close() }() // it only held the lock
	lock, err := guard.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer lock.Rollback() //nolint:errcheck // nothing was written
	return engine.Migrate(ctx, p)
}

// Write queues f in its lane; see writer.
func (db *DB) Write(ctx context.Context, lane engine.Lane, f func(engine.Session) error) error {
	return db.writer.do(ctx, lane, f)
}

// Read runs f on one of the readers.
func (db *DB) Read(ctx context.Context, f func(engine.Session) error) error {
	return readBy(ctx, db.readers, f)
}

func readBy(ctx context.Context, pool chan *session, f func(engine.Session) error) (err error) {
	var s *session
	select {
	case s = <-pool:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { pool <- s }()
	if err := s.run("BEGIN DEFERRED"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.run("ROLLBACK")) }()
	return engine.Protect(func() error { return f(s.until(ctx)) })
}

// Peek runs f on a reader of the engine's own.
func (db *DB) Peek(ctx context.Context, f func(engine.Session) error) error {
	return readBy(ctx, db.peekers, f)
}

// CopyTo makes a copy of the file, for its owner alone. Writers are not held up.
func (db *DB) CopyTo(ctx context.Context, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	c, err := sql.Open("sqlite", dsn(db.path))
	if err != nil {
		return errors.Join(err, f.Close())
	}
	_, err = c.ExecContext(ctx, `VACUUM INTO $1`, path)
	return errors.Join(err, c.Close(), f.Close())
}

// Now is this machine's clock: there is no other.
func (db *DB) Now(context.Context) (time.Time, error) { return time.Now().Round(0), nil }

// Close waits for what the writer has begun and closes the file.
func (db *DB) Close() error {
	db.writer.stop()
	for _, pool := range []chan *session{db.readers, db.peekers} {
		for range cap(pool) {
			select {
			case s := <-pool:
				s.close()
			case <-time.After(5 * time.Second): // a reader that does not come back must not hold the others
			}
		}
	}
	return errors.Join(db.read.Close(), db.write.Close())
}
