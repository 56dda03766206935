package bench

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/rouse-oncall/rouse/internal/testkit"
)

const (
	engineSQLite   = "sqlite"
	enginePostgres = "postgres"
)

// databases makes fresh, empty databases of one engine.
type databases interface {
	engine() string
	// fresh gives the address of a new one in the form of ROUSE_DATABASE_URL; drop removes it.
	fresh(ctx context.Context) (address string, drop func(), err error)
	// cpu is what processes of its own have used so far, in seconds; 0 where it has none or that is not known.
	cpu() float64
	close() error
}

// openDatabases starts a private PostgreSQL where it is asked for one and has no server of that address.
func openDatabases(engine, dir, server string) (databases, error) {
	if engine == engineSQLite {
		return &sqliteFiles{dir: dir}, nil
	}
	if server != "" {
		return &postgresServer{address: server}, nil
	}
	pg, err := testkit.StartPostgres(testkit.PGOptions{Durable: true})
	if err != nil {
		return nil, err
	}
	pid, err := pg.PID()
	return &postgresServer{address: pg.URL("postgres"), pid: pid, end: pg.Close}, err
}

type sqliteFiles struct {
	dir  string
	made int
}

func (s *sqliteFiles) engine() string { return engineSQLite }

func (s *sqliteFiles) fresh(context.Context) (string, func(), error) {
	s.made++
	dir := filepath.Join(s.dir, "sqlite-"+strconv.Itoa(s.made))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", nil, err
	}
	return "sqlite:" + filepath.Join(dir, "rouse.db"), func() { _ = os.RemoveAll(dir) }, nil
}

func (s *sqliteFiles) cpu() float64 { return 0 }

func (s *sqliteFiles) close() error { return nil }

type postgresServer struct {
	address string
	pid     int          // 0 where the server is not ours
	end     func() error // nil where the server is not ours
	made    int
}

func (p *postgresServer) engine() string { return enginePostgres }

func (p *postgresServer) fresh(ctx context.Context) (string, func(), error) {
	u, err := url.Parse(p.address)
	if err != nil {
		return "", nil, fmt.Errorf("the address of PostgreSQL: %w", err)
	}
	p.made++
	name := fmt.Sprintf("rouse_bench_%d_%d", os.Getpid(), p.made)
	if err := p.exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", nil, err
	}
	u.Path = "/" + name
	return u.String(), func() { _ = p.exec(context.WithoutCancel(ctx), "DROP DATABASE "+name+" WITH (FORCE)") }, nil
}

func (p *postgresServer) exec(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, p.address)
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // the statement has been answered
	_, err = conn.Exec(ctx, statement)
	return err
}

// cpu adds up the server's process, those of its children that have ended, and those that have not.
func (p *postgresServer) cpu() float64 {
	if p.pid == 0 || runtime.GOOS != "linux" {
		return 0
	}
	files, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is a good one
	ticks := 0.0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended meanwhile
		}
		// After the program's name in brackets: state, parent, … user, system, ended children's user and system.
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		own := filepath.Base(filepath.Dir(name)) == strconv.Itoa(p.pid)
		if !own && fields[1] != strconv.Itoa(p.pid) {
			continue
		}
		for i, f := range fields[11:15] {
			if v, err := strconv.ParseFloat(f, 64); err == nil && (own || i < 2) {
				ticks += v
			}
		}
	}
	const ticksPerSecond = 100 // on all that Linux runs on today
	return ticks / ticksPerSecond
}

func (p *postgresServer) close() error {
	if p.end == nil {
		return nil
	}
	return p.end()
}
