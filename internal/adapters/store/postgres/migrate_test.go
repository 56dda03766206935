package postgres

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/rouse-oncall/rouse/internal/testkit"
)

// TestAStepThatDeadlocksRunsAgain: an upgrade changes two tables in the one order while a server that works holds
// the second and wants the first.
func TestAStepThatDeadlocksRunsAgain(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	url := testkit.Postgres(t)
	db, err := Open(ctx, url, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	later := fstest.MapFS{"migrations/9999_later.sql": {Data: []byte("-- +goose Up\n" +
		"ALTER TABLE incident ADD COLUMN omen TEXT NOT NULL DEFAULT '';\n" +
		"ALTER TABLE message ADD COLUMN omen TEXT NOT NULL DEFAULT '';\n")}}
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := migrations.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		later[name] = &fstest.MapFile{Data: data}
	}
	working, err := db.engine.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	work := func(query string) {
		t.Helper()
		if _, err := working.ExecContext(ctx, query); err != nil {
			t.Error(err)
		}
	}
	work(`SET LOCAL deadlock_timeout = '1min'`) // the upgrade is the one that finds it, and ends
	work(`UPDATE message SET attempt = attempt WHERE id = ''`)
	upgraded := make(chan error)
	go func() { upgraded <- prepare(ctx, db.lists, later, false) }()
	for waits := false; !waits; {
		const waiting = `SELECT EXISTS (SELECT 1 FROM pg_locks WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND NOT granted)`
		if err := db.engine.QueryRowContext(ctx, waiting).Scan(&waits); err != nil {
			t.Fatal(err)
		}
	}
	work(`UPDATE incident SET version = version WHERE number = 0`)
	if err := working.Commit(); err != nil {
		t.Error(err)
	}
	if err := <-upgraded; err != nil {
		t.Errorf("the upgrade ended: %v", err)
	}
	for _, table := range []string{"incident", "message"} {
		if _, err := db.lists.ExecContext(ctx, `SELECT omen FROM `+table); err != nil {
			t.Error(err)
		}
	}
}
