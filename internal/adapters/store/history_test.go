package store_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/app/backup"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

func contentsOf(t *testing.T, db *store.DB) backup.Contents {
	t.Helper()
	c, err := db.Copy(t.Context(), filepath.Join(t.TempDir(), "copy.db"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// all gives everything that is over, by pages of 7.
func all(t *testing.T, db *store.DB, before time.Time) []ports.Past {
	t.Helper()
	var out []ports.Past
	for after := (ports.Past{}); ; {
		over, next, err := db.History().Over(t.Context(), before, after, 7)
		if err != nil {
			t.Fatal(err)
		}
		if out = append(out, over...); next.Number == 0 {
			return out
		}
		after = next
	}
}

// TestWhatIsOverIsForgottenWhole: nothing of it is left, nothing of others is gone, and from its records it comes back as it was.
func TestWhatIsOverIsForgottenWhole(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db := lived(t, url)
		inOne(t, db, func(ctx context.Context, tx *store.Tx) error {
			for _, s := range []string{
				`INSERT INTO timer (incident, kind, subject, generation, due_at) VALUES (3, 'grace', '', 1, 1)`, // pending: it may begin again
				`UPDATE alert SET firing = TRUE WHERE incident = 4`,
				`INSERT INTO merged (incident, survivor) VALUES (5, 1), (8, 9)`,                                       // 1 is unresolved, 9 is not
				`UPDATE delivery SET message = (SELECT message FROM delivery WHERE incident = 10) WHERE incident = 9`, // one message told of two
				`UPDATE message SET deliveries = '[' || (SELECT max(id) FROM delivery WHERE incident = 9) || ',' || (SELECT max(id) FROM delivery WHERE incident = 10) || ']' WHERE id = (SELECT message FROM delivery WHERE incident = 10)`,
				`INSERT INTO timer (incident, kind, subject, generation, due_at) SELECT 0, 'doubt', integration || '/' || fingerprint, 1, 1 FROM alert WHERE incident = 14`,
			} {
				if _, err := tx.Exec(ctx, s); err != nil {
					return err
				}
			}
			return nil
		})
		before := contentsOf(t, db)
		if over := all(t, db, time.Now()); len(over) != 0 {
			t.Fatalf("%d were resolved before now: they were resolved an hour after they were opened", len(over))
		}
		end := time.Now().Add(2 * time.Hour)
		over := all(t, db, end)
		var numbers []id.Incident
		for _, p := range over {
			numbers = append(numbers, p.Number)
		}
		if slices.Contains(numbers, 1) || slices.Contains(numbers, 2) || slices.Contains(numbers, 3) || slices.Contains(numbers, 4) || slices.Contains(numbers, 5) ||
			slices.Contains(numbers, 14) || !slices.Contains(numbers, 8) || len(numbers) != 300-4 {
			t.Fatalf("over are %d: %v", len(numbers), numbers)
		}
		over = slices.DeleteFunc(over, func(p ports.Past) bool { return p.Number == 9 }) // the other of whom a message told
		records, err := db.Records().Records(t.Context(), over)
		if err != nil || len(records) != len(over) {
			t.Fatalf("%d records, %v", len(records), err)
		}
		if n, err := db.History().Forget(t.Context(), over, time.Now()); n != 0 || err != nil {
			t.Fatalf("%d were forgotten that are not so old: %v", n, err)
		}
		changed, moved := over[0], over[0]
		changed.Version--
		moved.OpenedAt = moved.OpenedAt.Add(time.Second) // another database's
		if n, err := db.History().Forget(t.Context(), []ports.Past{changed, moved, {Number: 3, Version: 1}, {Number: 1, Version: 1}}, end); n != 0 || err != nil {
			t.Fatalf("%d were forgotten that had changed, or were not over: %v", n, err)
		}
		if n, err := db.History().Forget(t.Context(), over, end); n != len(over) || err != nil {
			t.Fatalf("forgotten: %d of %d, %v", n, len(over), err)
		}
		for _, table := range []string{"incident", "listing"} {
			if n := countOf(t, db, "SELECT count(*) FROM "+table); n != templates-int64(len(over)) {
				t.Errorf("%s has %d rows", table, n)
			}
		}
		for _, table := range []string{"timeline", "alert_history", "page", "delivery", "alert", "merged", "timer"} {
			if n := countOf(t, db, "SELECT count(*) FROM "+table+" t WHERE incident <> 0 AND NOT EXISTS (SELECT 1 FROM incident i WHERE i.number = t.incident)"); n != 0 {
				t.Errorf("%s has %d rows of nobody", table, n)
			}
		}
		if n := countOf(t, db, `SELECT count(*) FROM delivery d WHERE message <> '' AND NOT EXISTS (SELECT 1 FROM message m WHERE m.id = d.message)`); n != 0 {
			t.Errorf("%d deliveries have lost their message", n)
		}
		if n := countOf(t, db, `SELECT count(*) FROM message m WHERE deliveries LIKE '%,%'`); n != 0 {
			t.Errorf("%d messages list a delivery that is gone", n)
		}
		if err := db.Records().Revive(t.Context(), records); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, contentsOf(t, db)); diff != "" {
			t.Errorf("(-before +revived):\n%s", diff)
		}
	})
}

// TestKeysOfForgottenIncidentsGo, and no others.
func TestKeysOfForgottenIncidentsGo(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db := open(t, url)
		inOne(t, db, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO correlation (key, incident) VALUES ('a', 0), ('b', 7), ('c', -1), ('d', 8), ('e', 9)`)
			return err
		})
		last := ""
		for range 3 {
			var err error
			if last, err = db.History().ForgetKeys(t.Context(), last, 2); err != nil {
				t.Fatal(err)
			}
		}
		if last != "" || countOf(t, db, `SELECT count(*) FROM correlation`) != 2 || countOf(t, db, `SELECT count(*) FROM correlation WHERE incident <= 0`) != 2 {
			t.Errorf("last %q, %d are left", last, countOf(t, db, `SELECT count(*) FROM correlation`))
		}
	})
}

// TestWhatGoesByItself is counted as it is removed: what came before the moment, some at once.
func TestWhatGoesByItself(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db := lived(t, url)
		moment := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
		inOne(t, db, func(ctx context.Context, tx *store.Tx) error {
			for i, at := range []time.Time{moment.Add(-2 * time.Second), moment.Add(-time.Second), moment} {
				m := []string{"019cadfd-8130-7000-8000-000000000000", "019cadfd-8518-7000-8000-000000000000", "019cadfd-8900-7000-8000-000000000000"}[i]
				if _, err := tx.Exec(ctx, `INSERT INTO quarantine (id, integration, at, reason, raw) VALUES ($1, 'i', $2, '', '')`, m, at.UnixMicro()); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `INSERT INTO payload (integration, at, body) VALUES ('i', $1, '')`, at.UnixMicro()); err != nil {
					return err
				}
				_, err := tx.Exec(ctx, `INSERT INTO message SELECT $1, lane, kind, recipient, address, 'test', digest, items, '[]', status, attempt, token, lease_until,
					next_at, 0, may_repeat, provider_id, detail, created_at, sent_at, expires_at, faults, tries, provider, provider_before FROM message LIMIT 1`, m)
				if err != nil {
					return err
				}
			}
			_, err := tx.Exec(ctx, `DELETE FROM quarantine WHERE id = 'q'`)
			return err
		})
		for _, what := range []ports.Gone{ports.GoneQuarantine, ports.GonePayloads, ports.GoneMessages} {
			n, err := db.Others().CountOther(t.Context(), what, moment)
			if n != 2 || err != nil {
				t.Errorf("%s: %d, %v", what, n, err)
			}
			for _, want := range []int{1, 1, 0} {
				if n, err := db.Others().ForgetOther(t.Context(), what, moment, 1); n != want || err != nil {
					t.Errorf("%s: removed %d, not %d: %v", what, n, want, err)
				}
			}
			if n, err := db.Others().CountOther(t.Context(), what, moment.Add(time.Second)); n != 1 || err != nil {
				t.Errorf("%s: %d are left, %v", what, n, err)
			}
		}
	})
}
