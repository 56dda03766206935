// Package bench measures the shipped server from outside, beside what this machine can do at most.
//
// It starts private servers as child processes on fresh databases, sends them real requests over real
// connections, takes their pages at a fake provider, and prints each figure with its target and with its
// ratio to a limit that was measured in the same run.
package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/rouse-oncall/rouse/internal/testkit"
)

// Command is `rouse bench`.
type Command struct {
	Database    string   `help:"sqlite, postgres or both." enum:"sqlite,postgres,both" default:"both"`
	PostgresURL string   `help:"Make the fresh databases on this server (a URL of a role that may create databases) instead of a private one." placeholder:"URL"`
	Only        []string `help:"Only these cases: single, batch, own, again, page, page-load, storm, fan, fair, list, idle, start, binary; and growth, memory, which take many minutes and run only when named." placeholder:"CASE"`
	Quick       bool     `help:"Shorter and smaller: a first look, not a figure to quote."`
	History     int      `help:"Incidents that the case of growth goes up to." default:"1000000"`
	JSON        bool     `name:"json" help:"Print JSON, for programs."`
	Binary      string   `help:"The program to measure; default: this one." placeholder:"FILE"`
	BareHandler string   `hidden:"" help:"Serve the bare handler on this address until standard input ends."`
}

// aCase is one thing to measure.
type aCase struct {
	name string
	when when
	run  func(*run, context.Context) error
}

// when a case runs: for each database, once without any, or for each where it was asked for by name.
type when int

const (
	eachDatabase when = iota
	noDatabase
	whenNamed
)

var cases = []aCase{
	{"binary", noDatabase, (*run).binarySize},
	{"start", eachDatabase, (*run).start},
	{"single", eachDatabase, (*run).single},
	{"batch", eachDatabase, (*run).batch},
	{"own", eachDatabase, (*run).own},
	{"again", eachDatabase, (*run).again},
	{"page", eachDatabase, (*run).page},
	{"page-load", eachDatabase, (*run).pageUnderLoad},
	{"storm", eachDatabase, (*run).storm},
	{"fan", eachDatabase, (*run).fan},
	{"fair", eachDatabase, (*run).fair},
	{"list", eachDatabase, (*run).list},
	{"insight", eachDatabase, (*run).insight},
	{"idle", eachDatabase, (*run).idle},
	{"growth", whenNamed, (*run).growth},
	{"memory", whenNamed, (*run).memory},
}

// What ends a case that hangs: the longest takes about two minutes, and of those that must be named an hour.
const (
	caseLimit  = 10 * time.Minute
	namedLimit = 2 * time.Hour
)

// run is one call of the bench.
type run struct {
	Command
	dir    string
	db     databases // of the engine that is being measured
	report Report
	bare   map[int]float64 // requests/s of the bare handler by alerts in a request: the same for all engines
	out    io.Writer
}

// Run measures and prints. What was started is stopped and removed when it returns, also when ctx ends.
// A target that is missed is no error.
func (c *Command) Run(ctx context.Context, out io.Writer) error {
	ctx, cancel := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if c.BareHandler != "" {
		return serveBare(ctx, c.BareHandler, os.Stdin)
	}
	for _, name := range c.Only {
		if !slices.ContainsFunc(cases, func(k aCase) bool { return k.name == name }) {
			return fmt.Errorf("there is no case %q", name)
		}
	}
	if c.Binary == "" {
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("find this program: %w", err)
		}
		c.Binary = self
	}
	dir, err := os.MkdirTemp("", "rouse-bench-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	r := &run{Command: *c, dir: dir, report: newReport(c.Quick), bare: map[int]float64{}, out: out}
	err = errors.Join(r.all(ctx), os.RemoveAll(dir))
	if c.JSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return errors.Join(err, e.Encode(r.report))
	}
	r.report.summary(out)
	return err
}

func (r *run) all(ctx context.Context) error {
	if !r.JSON {
		r.report.heading(r.out)
	}
	if err := r.some(ctx, func(k aCase) bool { return k.when == noDatabase }); err != nil {
		return err
	}
	for _, name := range []string{engineSQLite, enginePostgres} {
		if r.Database != "both" && r.Database != name {
			continue
		}
		db, err := openDatabases(name, r.dir, r.PostgresURL)
		if errors.Is(err, testkit.ErrMissing) && r.Database == "both" {
			r.note("PostgreSQL was not measured: %v", err)
			continue
		}
		if err != nil {
			return err
		}
		r.db = db
		if err := errors.Join(r.some(ctx, func(k aCase) bool { return k.when != noDatabase }), db.close()); err != nil {
			return err
		}
	}
	return nil
}

// chosen says whether a case is to run at all.
func (r *run) chosen(k aCase) bool {
	return slices.Contains(r.Only, k.name) || len(r.Only) == 0 && k.when != whenNamed
}

// some runs those of the chosen cases. A case that fails is told and does not end the rest.
func (r *run) some(ctx context.Context, which func(aCase) bool) error {
	var failed error
	for _, k := range cases {
		if !which(k) || !r.chosen(k) {
			continue
		}
		limit := caseLimit
		if k.when == whenNamed {
			limit = namedLimit
		}
		limited, cancel := context.WithTimeout(ctx, limit)
		err := k.run(r, limited)
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", strings.TrimSpace(r.engine()+" "+k.name), err)
			r.note("FAILED %v", err)
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

func (r *run) engine() string {
	if r.db == nil {
		return ""
	}
	return r.db.engine()
}

// onPostgres gives the first on PostgreSQL, the second on SQLite.
func onPostgres[T any](r *run, yes, no T) T {
	if r.engine() == enginePostgres {
		return yes
	}
	return no
}

// quickly gives the second in a quick run.
func quickly[T any](r *run, full, quick T) T {
	if r.Quick {
		return quick
	}
	return full
}

func (r *run) add(f Figure) {
	f.Database = r.engine()
	f.judge()
	r.report.Figures = append(r.report.Figures, f)
	if !r.JSON {
		f.print(r.out)
	}
}

func (r *run) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.report.Notes = append(r.report.Notes, text)
	if !r.JSON {
		_, _ = fmt.Fprintf(r.out, "  %s\n", text)
	}
}
