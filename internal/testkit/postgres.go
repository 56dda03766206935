package testkit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// PGOptions says how a PostgreSQL is to run. The zero value is for tests that do not crash it.
type PGOptions struct {
	Durable  bool              // fsync and full_page_writes stay on: for crashes and measurements
	Disk     string            // a folder, e.g. on a disk of its own, that its data goes into; "": its own
	Settings map[string]string // further server settings, by name
}

// PG is a private PostgreSQL server. Besides Start, Stop and Kill it makes fresh databases.
type PG struct {
	*Process
	port      int
	data      string // the folder
	databases atomic.Int64
}

// sharedPG is one server for all tests of a test binary: it takes a second to start, a database 30 ms.
var sharedPG = sync.OnceValues(func() (*PG, error) { return StartPostgres(PGOptions{}) })

// Postgres gives the URL of a fresh, empty database on a server that the tests of this binary share.
// The database is dropped when the test ends. Without PostgreSQL the test is skipped.
func Postgres(tb TB) string {
	tb.Helper()
	pg, err := sharedPG()
	must(tb, err)
	return pg.Database(tb)
}

// StandalonePostgres starts a server that the test may stop, kill and start again.
func StandalonePostgres(tb TB, o PGOptions) *PG {
	tb.Helper()
	pg, err := StartPostgres(o)
	must(tb, err)
	tb.Cleanup(func() { must(tb, pg.Close()) })
	return pg
}

// StartPostgres starts a server of its own; Close ends it. ErrMissing: PostgreSQL is not installed.
func StartPostgres(o PGOptions) (*PG, error) {
	server, err := find("postgres", "/usr/lib/postgresql/*/bin", "/usr/local/opt/postgresql*/bin", "/opt/homebrew/opt/postgresql*/bin")
	if err != nil {
		return nil, err
	}
	owner, err := unprivileged()
	if err != nil {
		return nil, err
	}
	var failed error
	for range 3 { // somebody else may take the free port before the server does
		pg, err := startPostgres(server, owner, o)
		if err == nil {
			return pg, nil
		}
		failed = err
	}
	return nil, failed
}

func startPostgres(server string, owner *syscall.Credential, o PGOptions) (*PG, error) {
	pg, err := newPG(server, owner, o)
	if err != nil {
		return nil, err
	}
	if err := pg.initdb(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(pg.dir))
	}
	if err := pg.Process.Start(); err != nil {
		return nil, errors.Join(err, pg.Close())
	}
	return pg, nil
}

// newPG makes a server's folder.
func newPG(server string, owner *syscall.Credential, o PGOptions) (*PG, error) {
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	dir, err := newFolder("postgres", owner)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(cmp.Or(o.Disk, dir), "data")
	pg := &PG{port: port, data: data, Process: &Process{
		name: "PostgreSQL", dir: dir, owner: owner, stop: syscall.SIGINT, leave: "QUIT",
		argv: append([]string{server, "-D", data}, o.arguments(port)...),
	}}
	if o.Disk != "" && owner != nil {
		if err := os.Chown(o.Disk, int(owner.Uid), int(owner.Gid)); err != nil {
			return nil, errors.Join(err, os.RemoveAll(dir))
		}
	}
	pg.ready = func(ctx context.Context) error { return pg.exec(ctx, "SELECT 1") }
	return pg, nil
}

// Standby starts a streaming replica of p under a name. p must be running.
func (p *PG) Standby(tb TB, name string) *PG {
	tb.Helper()
	s, err := p.standby(name, PGOptions{Durable: true})
	must(tb, err)
	tb.Cleanup(func() { must(tb, s.Close()) })
	return s
}

func (p *PG) standby(name string, o PGOptions) (*PG, error) {
	server := p.argv[0]
	s, err := newPG(server, p.owner, o)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.Background(), filepath.Join(filepath.Dir(server), "pg_basebackup"), "-D", s.data,
		"--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync",
		"-d", fmt.Sprintf("host=127.0.0.1 port=%d user=rouse application_name=%s", p.port, name))
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.owner}
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("copy PostgreSQL: %w\n%s", err, out), os.RemoveAll(s.dir))
	}
	if err := s.Process.Start(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Give gives a folder to the user that it runs as.
func (p *PG) Give(tb TB, dir string) {
	tb.Helper()
	if p.owner != nil {
		must(tb, os.Chown(dir, int(p.owner.Uid), int(p.owner.Gid)))
	}
}

// Exec runs a statement as its superuser.
func (p *PG) Exec(tb TB, sql string) {
	tb.Helper()
	must(tb, p.exec(context.Background(), sql))
}

// Count asks for one number as its superuser.
func (p *PG) Count(tb TB, sql string) (n int64) {
	tb.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, p.URL("postgres"))
	must(tb, err)
	defer func() { _ = conn.Close(ctx) }()
	must(tb, conn.QueryRow(ctx, sql).Scan(&n))
	return n
}

// Host is host:port.
func (p *PG) Host() string { return fmt.Sprintf("127.0.0.1:%d", p.port) }

// initdb sorts text by a language's rules and not by bytes, as most installations do: a query that forgot
// its collation shows itself.
func (p *PG) initdb() error {
	cmd := exec.CommandContext(context.Background(), filepath.Join(filepath.Dir(p.argv[0]), "initdb"),
		"-D", p.data, "-U", "rouse", "-A", "trust", "-E", "UTF8", "--no-sync",
		"--locale=C", "--locale-provider=icu", "--icu-locale=en")
	cmd.Dir = p.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.owner}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("prepare PostgreSQL: %w\n%s", err, out)
	}
	return nil
}

func (o PGOptions) arguments(port int) []string {
	settings := map[string]string{
		"port":                    strconv.Itoa(port),
		"listen_addresses":        "127.0.0.1",
		"unix_socket_directories": "",
		"max_connections":         "300",
		"timezone":                "Asia/Kathmandu", // odd on purpose: nothing may depend on it
	}
	if !o.Durable {
		settings["fsync"], settings["full_page_writes"] = "off", "off"
	}
	for name, value := range o.Settings {
		settings[name] = value
	}
	var args []string
	for name, value := range settings {
		args = append(args, "--"+name+"="+value)
	}
	slices.Sort(args)
	return args
}

// Start starts the server again after Stop or Kill. After Kill it may have to wait until the orphaned
// children of the killed one have gone.
func (p *PG) Start() error {
	for deadline := time.Now().Add(startLimit); ; time.Sleep(10 * pollEvery) {
		err := p.Process.Start()
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

// URL is the address of a database, "postgres" being the one that is always there.
// It stays the same when the server is started again.
func (p *PG) URL(database string) string {
	return fmt.Sprintf("postgres://rouse@%s/%s?sslmode=disable", p.Host(), database)
}

// Database makes a fresh, empty database, gives its URL, and drops it when the test ends.
func (p *PG) Database(tb TB) string {
	tb.Helper()
	url, drop, err := p.NewDatabase()
	must(tb, err)
	tb.Cleanup(func() { _ = drop() }) // a test may leave its server dead: then nothing is left to drop
	return url
}

// NewDatabase makes a fresh, empty database. drop removes it, whoever is still connected.
func (p *PG) NewDatabase() (url string, drop func() error, err error) {
	name := fmt.Sprintf("test_%d", p.databases.Add(1))
	ctx := context.Background()
	if err := p.exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", nil, fmt.Errorf("make a database: %w", err)
	}
	return p.URL(name), func() error { return p.exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)") }, nil
}

func (p *PG) exec(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, p.URL("postgres"))
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}

// unprivileged gives the user that PostgreSQL runs as where we are root, which it refuses to run as.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // no other user is needed
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(err1, err2)
	}
	return nil, fmt.Errorf("a user to run PostgreSQL as: %w", ErrMissing)
}
