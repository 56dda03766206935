package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
	"github.com/rouse-oncall/rouse/internal/testkit"
)

// engines gives the URL of an empty database of each kind.
var engines = map[string]func(tb testing.TB) string{
	"sqlite":   func(tb testing.TB) string { return "sqlite:" + filepath.Join(tb.TempDir(), "rouse.db") },
	"postgres": func(tb testing.TB) string { return testkit.Postgres(tb) },
}

func open(tb testing.TB, url string) *store.DB {
	tb.Helper()
	db, err := store.Open(tb.Context(), url, store.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}

// onEngines runs the test for both engines.
func onEngines(t *testing.T, test func(t *testing.T, fresh func(testing.TB) string)) {
	t.Parallel()
	for name, fresh := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, fresh)
		})
	}
}

// onEach runs the test on an empty database of each engine.
func onEach(t *testing.T, test func(t *testing.T, url string)) {
	onEngines(t, func(t *testing.T, fresh func(testing.TB) string) { test(t, fresh(t)) })
}

func itself(tx *store.Tx) *store.Tx { return tx }

func count(t *testing.T, db *store.DB) int {
	t.Helper()
	n := 0
	err := store.Read(db, itself)(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.Query(ctx, `SELECT count(*) FROM correlation`, func(scan engine.Scan) error { return scan(&n) })
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func insert(ctx context.Context, tx *store.Tx, key string) error {
	_, err := tx.Exec(ctx, `INSERT INTO correlation (key, incident) VALUES ($1, $2)`, key, 1)
	return err
}

func TestATransactionIsKeptWholeOrNotAtAll(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db := open(t, url)
		atomically := store.Atomic(db, store.People, itself)
		wrong := errors.New("wrong")
		err := atomically(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(insert(ctx, tx, "a"), wrong)
		})
		if !errors.Is(err, wrong) || count(t, db) != 0 {
			t.Fatalf("error %v, %d rows; want the function's own error and nothing kept", err, count(t, db))
		}
		err = atomically(t.Context(), func(ctx context.Context, tx *store.Tx) error { return insert(ctx, tx, "a") })
		if err != nil || count(t, db) != 1 {
			t.Fatalf("error %v, %d rows; want one row", err, count(t, db))
		}
	})
}

func TestAJobThatFailsLeavesItsGroupAlone(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db := open(t, url)
		var wg sync.WaitGroup
		for i := range 60 {
			wg.Go(func() {
				lane := []store.Lane{store.Engine, store.People, store.Intake}[i%3]
				err := store.Atomic(db, lane, itself)(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					if err := insert(ctx, tx, string(rune('A'+i))); err != nil {
						return err
					}
					switch {
					case i%5 == 0:
						return errors.New("no")
					case i%7 == 0:
						panic("no")
					}
					return nil
				})
				if failed := i%5 == 0 || i%7 == 0; failed != (err != nil) {
					t.Errorf("job %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		if n := count(t, db); n != 41 {
			t.Errorf("%d rows, want 41", n)
		}
	})
}

func TestEveryLaneHasItsPool(t *testing.T) {
	t.Parallel()
	db := open(t, testkit.Postgres(t))
	for lane, want := range map[store.Lane]string{store.Engine: "rouse engine", store.People: "rouse people", store.Intake: "rouse intake"} {
		var got string
		err := store.Atomic(db, lane, itself)(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.Query(ctx, `SELECT current_setting('application_name')`, func(scan engine.Scan) error { return scan(&got) })
		})
		if err != nil || got != want {
			t.Errorf("lane %d writes by the pool %q (%v), want %q", lane, got, err, want)
		}
	}
}

// Whoever reads lists, however many they are, does not hold up what wakes people, nor who answers.
func TestReadersOfListsAreInNobodysWay(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db := open(t, url)
		ctx, cancel := context.WithCancel(t.Context())
		var reading sync.WaitGroup
		began := make(chan struct{}, 32)
		for range cap(began) {
			reading.Go(func() {
				_ = store.Read(db, itself)(ctx, func(ctx context.Context, _ *store.Tx) error {
					began <- struct{}{}
					<-ctx.Done()
					return ctx.Err()
				})
			})
		}
		<-began // the first, and as many as there are readers
		for more := true; more; {
			select {
			case <-began:
			case <-time.After(200 * time.Millisecond):
				more = false
			}
		}
		soon, done := context.WithTimeout(t.Context(), 5*time.Second)
		_, err := db.AnyDue(soon, nil, time.Now())
		writes := map[store.Lane]error{}
		for _, lane := range []store.Lane{store.Engine, store.People, store.Intake} {
			writes[lane] = store.Atomic(db, lane, itself)(soon, func(ctx context.Context, tx *store.Tx) error { return insert(ctx, tx, fmt.Sprint(lane)) })
		}
		done()
		cancel()
		reading.Wait()
		if err != nil {
			t.Errorf("the engine could not look for what is due: %v", err)
		}
		for lane, err := range writes {
			if err != nil {
				t.Errorf("lane %d could not write: %v", lane, err)
			}
		}
	})
}

func TestAWriterThatHasNoTimeIsTold(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db := open(t, url)
		ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
		defer cancel()
		<-ctx.Done()
		err := store.Atomic(db, store.Intake, itself)(ctx, func(ctx context.Context, tx *store.Tx) error { return insert(ctx, tx, "a") })
		if !fault.Is(err, fault.KindUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want unavailable", err)
		}
	})
}

func TestConflictsRunAgain(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db := open(t, url)
		atomically := store.Atomic(db, store.Intake, itself)
		tries := 0
		err := atomically(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			tries++
			key := "a"
			if tries == 3 {
				key = "b"
			}
			if err := insert(ctx, tx, key); err != nil || tries > 1 {
				return err
			}
			return ports.ErrStale
		})
		if err != nil || tries != 2 {
			t.Fatalf("error %v after %d tries; want success at the second", err, tries)
		}
		tries = 0
		err = atomically(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			tries++
			return insert(ctx, tx, "a")
		})
		if !fault.Is(err, fault.KindUnavailable) || !errors.Is(err, ports.ErrStale) || tries != 4 {
			t.Fatalf("error %v after %d tries; want busy after 4", err, tries)
		}
	})
}

func TestReadersCannotWrite(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db := open(t, url)
		err := store.Read(db, itself)(t.Context(), func(ctx context.Context, tx *store.Tx) error { return insert(ctx, tx, "a") })
		if err == nil {
			t.Fatal("a reader wrote")
		}
	})
}

func TestOpeningTwiceAtOnceMigratesOnce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				db, err := store.Open(t.Context(), url, store.Options{})
				if err != nil {
					t.Error(err)
					return
				}
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

// openOne opens an incident and gives its number.
func openOne(t *testing.T, db *store.DB) (n id.Incident) {
	t.Helper()
	err := store.Atomic(db, store.Intake, itself)(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		numbers, err := tx.Incidents().Reserve(ctx, 1)
		if err != nil {
			return err
		}
		n = numbers[0]
		at := time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)
		return tx.Incidents().Save(ctx, []incident.Change{{State: incident.State{
			Number: n, ID: n.String(), Title: "before", Status: incident.Open(), Severity: alert.Critical(), OpenedAt: at, UpdatedAt: at,
		}}})
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// After a restore or a failover the same version may be another one.
func TestWhatIsAtHandGivesWayToAnotherHistory(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db := open(t, url)
		n := openOne(t, db)
		err := store.Atomic(db, store.Intake, itself)(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE incident SET title = 'after', updated_at = updated_at + 1 WHERE number = $1`, int64(n)); err != nil {
				return err
			}
			states, err := tx.Incidents().Lock(ctx, []id.Incident{n})
			if got := states[n].Title; got != "after" {
				t.Errorf("the title is %q, want what is stored", got)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestNothingIsAtHandAfterTheDatabaseWasAway(t *testing.T) {
	t.Parallel()
	w, address := newWire(t, testkit.Postgres(t))
	db := open(t, address)
	openOne(t, db)
	if store.Cached(db) != 1 {
		t.Fatal("what was saved is not at hand: the test shows nothing")
	}
	w.cut("never-arrives")
	err := store.Atomic(db, store.Intake, itself)(t.Context(), func(ctx context.Context, tx *store.Tx) error { return insert(ctx, tx, "never-arrives") })
	if err == nil || store.Cached(db) != 0 {
		t.Errorf("%v, %d incidents are at hand; want none after the connection was lost", err, store.Cached(db))
	}
}
