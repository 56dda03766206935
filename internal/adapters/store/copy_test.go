package store_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports/porttest"
	"github.com/rouse-oncall/rouse/internal/testkit"
)

// lived gives a database with incidents of every kind, messages, and rows in every table that is copied.
func lived(t *testing.T, url string) *store.DB {
	t.Helper()
	db := open(t, url)
	live(t, db)
	return db
}

func live(t *testing.T, db *store.DB) {
	t.Helper()
	f := &fixture{atomically: store.Atomic(db, store.Intake, repos)}
	var numbers []id.Incident
	inOne(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
		numbers, err = openTemplates(ctx, tx, f)
		return err
	})
	inOne(t, db, send)
	inOne(t, db, func(ctx context.Context, tx *store.Tx) error { return resolveMost(ctx, tx, numbers) })
	inOne(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, s := range []string{
			`INSERT INTO catch_up (recipient, at) VALUES ('user:1', 7)`,
			`INSERT INTO inbound (key, until_at, done) VALUES ('sms:1', 7, TRUE)`,
			`INSERT INTO quarantine (id, integration, at, reason, raw) VALUES ('q', 'i', 7, 'odd', '{"a":"ä\u2028"}')`,
			`INSERT INTO merged (incident, survivor) VALUES (1, 2)`,
			`INSERT INTO paging (at, held, actor_kind, actor_id, actor_name, reason) VALUES (7, FALSE, 'user', 'u', 'Ana', 'for the night')`,
			`INSERT INTO session (id, user_id, phone, created_at, seen_at, address, agent) VALUES ('a secret', 'u', TRUE, 1, 1, '', '')`,
			`INSERT INTO link (hash, purpose, user_id, expires_at) VALUES ('h', 'password', 'u', 9)`,
			`INSERT INTO lease (name, holder, until_at) VALUES ('audit', 'x', 9)`,
		} {
			if _, err := tx.Exec(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
}

func inOne(t *testing.T, db *store.DB, do func(context.Context, *store.Tx) error) {
	t.Helper()
	if err := store.Atomic(db, store.Engine, itself)(t.Context(), do); err != nil {
		t.Fatal(err)
	}
}

var byOperator = incident.Paging{Held: true, At: time.Unix(1_800_000_000, 0).UTC(), By: incident.Actor{Kind: incident.BySystem, Name: "restore"}, Reason: "restored"}

// TestACopyIsRestoredIntoEitherEngine takes what was lived through a copy into each engine, row by row.
func TestACopyIsRestoredIntoEitherEngine(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func(testing.TB) string) {
		db := lived(t, fresh(t))
		path := filepath.Join(t.TempDir(), "copy.db")
		made, err := db.Copy(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if made.Rows("incident") != templates || made.Rows("message") == 0 || made.Rows("session")+made.Rows("link")+made.Rows("lease") != 0 {
			t.Errorf("in the copy: %+v", made)
		}
		if file, err := os.ReadFile(path); err != nil || bytes.Contains(file, []byte("a secret")) {
			t.Errorf("a session is in the file: %v", err)
		}
		for name, other := range engines {
			t.Run("into "+name, func(t *testing.T) {
				t.Parallel()
				into := open(t, other(t))
				got, err := into.Restore(t.Context(), path, "b", byOperator)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(made, got); diff != "" {
					t.Errorf("restored (-copy +database):\n%s", diff)
				}
				goesOn(t, into)
			})
		}
	})
}

// goesOn sees that a restored database is one that a server can work on.
func goesOn(t *testing.T, db *store.DB) {
	t.Helper()
	inOne(t, db, func(ctx context.Context, tx *store.Tx) error {
		p, err := tx.Paging().State(ctx)
		if diff := cmp.Diff(byOperator, p); diff != "" {
			t.Errorf("paging (-want +got):\n%s", diff)
		}
		return err
	})
	f := &fixture{atomically: store.Atomic(db, store.Intake, repos)}
	f.next.Store(1 << 20)
	if err := f.atomically(t.Context(), func(ctx context.Context, r porttest.Repos) error { return openEach(ctx, r, f) }); err != nil {
		t.Fatalf("no incident can be opened: %v", err)
	}
	if n := countOf(t, db, `SELECT max(number) FROM incident`); n != templates+group {
		t.Errorf("the newest incident is %d, it must be numbered on from %d", n, templates)
	}
	if _, err := db.Restore(t.Context(), copyOf(t, db), "b", byOperator); !fault.Is(err, fault.KindConflict) {
		t.Errorf("restored into a database that is used: %v", err)
	}
}

// TestWhatChangesLateIsInACopy: whatever changed after it was read the first time.
func TestWhatChangesLateIsInACopy(t *testing.T) {
	t.Parallel()
	db := lived(t, engines["postgres"](t))
	f := &fixture{atomically: store.Atomic(db, store.Intake, repos)}
	f.next.Store(1 << 20)
	inOne(t, db, func(ctx context.Context, tx *store.Tx) error { // of the first one nothing is being sent
		_, err := tx.Exec(ctx, `UPDATE delivery SET status = 'cancelled' WHERE incident = 1`)
		return err
	})
	got, err := store.CopyLate(t.Context(), db, filepath.Join(t.TempDir(), "copy.db"), func() {
		inOne(t, db, func(ctx context.Context, tx *store.Tx) error {
			// The outcome of what was being sent goes into no feed.
			if n, err := tx.Exec(ctx, `UPDATE message SET status = 'delivered', look_at = 0 WHERE look_at > 0`); err != nil || n == 0 {
				t.Errorf("%d messages were to be looked at: %v", n, err)
			}
			// Nor does that an alert still fires.
			if n, err := tx.Exec(ctx, `UPDATE alert SET last_seen = last_seen + 1 WHERE firing AND incident = 1`); err != nil || n == 0 {
				t.Errorf("%d alerts fire: %v", n, err)
			}
			// What is over may yet be added to, together with its incident: the report of a bounce, a late signal.
			states, err := tx.Incidents().Lock(ctx, []id.Incident{3})
			if err != nil {
				return err
			}
			for _, s := range []string{
				`UPDATE message SET detail = 'it came back' WHERE id IN (SELECT message FROM delivery WHERE incident = 3)`,
				`UPDATE alert SET labels = '{"late":"1"}' WHERE incident = 3`,
			} {
				if n, err := tx.Exec(ctx, s); err != nil || n == 0 {
					t.Errorf("%s: %d, %v", s, n, err)
				}
			}
			return tx.Incidents().Save(ctx, []incident.Change{{State: states[3]}})
		})
		if err := f.atomically(t.Context(), func(ctx context.Context, r porttest.Repos) error { return openEach(ctx, r, f) }); err != nil {
			t.Fatal(err)
		}
		inOne(t, db, send) // what was opened
		inOne(t, db, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO message SELECT 'ff000000-0000-7000-8000-000000000000', lane, kind, recipient, address, 'test', digest, items, '[]', status,
				attempt, token, lease_until, next_at, 0, may_repeat, provider_id, detail, created_at, sent_at, expires_at, faults, tries, provider, provider_before FROM message LIMIT 1`)
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	want, err := db.Copy(t.Context(), filepath.Join(t.TempDir(), "calm.db"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-as it is +as it was copied):\n%s", diff)
	}
}

func copyOf(t *testing.T, db *store.DB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "another.db")
	if _, err := db.Copy(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	return path
}

func countOf(t *testing.T, db *store.DB, query string, args ...any) (n int64) {
	t.Helper()
	inOne(t, db, func(ctx context.Context, tx *store.Tx) error {
		return tx.Query(ctx, query, func(scan engine.Scan) error { return scan(&n) }, args...)
	})
	return n
}

// TestARestoreThatBrokeOffIsDoneAgain lets one fail in the middle: by an index that its rows break.
func TestARestoreThatBrokeOffIsDoneAgain(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		path := copyOf(t, lived(t, engines["sqlite"](t)))
		into := open(t, url)
		inOne(t, into, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, `CREATE UNIQUE INDEX clash ON listing (status)`)
			return err
		})
		if _, err := into.Restore(t.Context(), path, "b", byOperator); err == nil || !strings.Contains(err.Error(), "restore table listing") {
			t.Fatalf("it did not fail in the middle: %v", err)
		}
		if name, err := into.Unfinished(t.Context()); name != "b" {
			t.Fatalf("unfinished: %q, %v", name, err)
		}
		if _, err := into.Restore(t.Context(), path, "c", byOperator); err == nil || !strings.Contains(err.Error(), "a restore of b") {
			t.Errorf("another backup was restored over a half one: %v", err)
		}
		inOne(t, into, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, `DROP INDEX clash`)
			return err
		})
		if _, err := into.Restore(t.Context(), path, "b", byOperator); err != nil {
			t.Fatal(err)
		}
		if name, err := into.Unfinished(t.Context()); name != "" || err != nil {
			t.Errorf("unfinished: %q, %v", name, err)
		}
	})
}

// TestTheSameRestoreTwiceAtOnce: the one that began later goes on, the other writes no more.
func TestTheSameRestoreTwiceAtOnce(t *testing.T) {
	t.Parallel()
	path := copyOf(t, lived(t, engines["sqlite"](t)))
	url := testkit.Postgres(t)
	first, second := open(t, url), open(t, url)
	_, err := store.RestoreLate(t.Context(), first, path, "b", byOperator, func() {
		if _, err := second.Restore(t.Context(), path, "b", byOperator); err != nil {
			t.Error(err)
		}
		inOne(t, second, func(ctx context.Context, tx *store.Tx) error { // a server works there already
			_, err := tx.Exec(ctx, `UPDATE incident SET title = 'changed since' WHERE number = 1`)
			return err
		})
	})
	if err == nil || !strings.Contains(err.Error(), "begun again by somebody else") {
		t.Errorf("the first one went on: %v", err)
	}
	if n := countOf(t, second, `SELECT count(*) FROM incident WHERE title = 'changed since'`); n != 1 {
		t.Error("what was changed since was overwritten")
	}
}

// TestWhatIsForgottenMeanwhileIsNotInACopy: retention goes on beside it, and is told in no feed.
func TestWhatIsForgottenMeanwhileIsNotInACopy(t *testing.T) {
	t.Parallel()
	db := lived(t, engines["postgres"](t))
	end := time.Now().Add(2 * time.Hour)
	got, err := store.CopyLate(t.Context(), db, filepath.Join(t.TempDir(), "copy.db"), func() {
		if n, err := db.History().Forget(t.Context(), all(t, db, end)[:50], end); n != 50 || err != nil {
			t.Errorf("%d were forgotten: %v", n, err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(contentsOf(t, db), got); diff != "" {
		t.Errorf("(-as it is +as it was copied):\n%s", diff)
	}
}

// TestARestoreIsRefused where a server works, where the backup is of a newer version, or is none.
func TestARestoreIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		path := copyOf(t, lived(t, engines["sqlite"](t)))
		into := open(t, url)
		now, err := into.Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		inOne(t, into, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Leases().Take(ctx, "audit", "another", now, now.Add(30*time.Second))
			return err
		})
		refused := func(words string) {
			t.Helper()
			if _, err := into.Restore(t.Context(), path, "b", byOperator); err == nil || !strings.Contains(err.Error(), words) {
				t.Errorf("instead of %q: %v", words, err)
			}
			if n := countOf(t, into, `SELECT count(*) FROM incident`); n != 0 {
				t.Errorf("%d incidents are there", n)
			}
		}
		refused("a server works on the database")
		inOne(t, into, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, `DELETE FROM lease`)
			return err
		})
		newer := open(t, "sqlite:"+path)
		inOne(t, newer, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO goose_db_version (version_id, is_applied, tstamp) VALUES (9999, TRUE, '2027-01-01')`)
			return err
		})
		refused("was made by a newer Rouse: its tables are of version 9999")
		path = filepath.Join(t.TempDir(), "text.db")
		if err := os.WriteFile(path, []byte(strings.Repeat("This is no database. ", 500)), 0o600); err != nil {
			t.Fatal(err)
		}
		refused("b is not a database")
	})
}
