package store_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
)

// TestTransactionsAreObserved: also one that fails has taken its time; what waits behind it has waited as long.
func TestTransactionsAreObserved(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		const long = 30 * time.Millisecond
		var mu sync.Mutex
		var heard []string
		db, err := store.Open(t.Context(), url, store.Options{Observe: func(of string, waited, took time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			heard = append(heard, of)
			if waited < 0 || of == "people" && took < long {
				t.Errorf("%s waited %s and took %s", of, waited, took)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		nothing := func(context.Context, *store.Tx) error { return nil }
		wrong := errors.New("wrong")
		failing := func(context.Context, *store.Tx) error {
			for began := time.Now(); time.Since(began) < long; {
			}
			return wrong
		}
		if err := store.Atomic(db, store.People, itself)(t.Context(), failing); !errors.Is(err, wrong) {
			t.Error(err)
		}
		err = errors.Join(
			store.Atomic(db, store.Engine, itself)(t.Context(), nothing), store.Atomic(db, store.Intake, itself)(t.Context(), nothing),
			store.Read(db, itself)(t.Context(), nothing), db.Close())
		if err != nil {
			t.Error(err)
		}
		if want := []string{"people", "engine", "intake", "read"}; !slices.Equal(heard, want) {
			t.Errorf("heard of %v, want %v", heard, want)
		}
	})
}

func TestSize(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		if n, err := open(t, url).Size(t.Context()); err != nil || n < 100_000 || n > 1<<30 {
			t.Errorf("an empty database has %d bytes, %v", n, err)
		}
	})
}
