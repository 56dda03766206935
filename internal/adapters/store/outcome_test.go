package store_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/ports"
	"github.com/rouse-oncall/rouse/internal/testkit"
)

// wire passes bytes to a server until it is told to cut what asks for a word.
type wire struct {
	address string
	mu      sync.Mutex
	cutAt   string // the client's bytes that end the connection; "" none
}

// newWire puts a wire in front of the server of a database URL and gives the URL through it.
func newWire(t *testing.T, to string) (*wire, string) {
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	w := &wire{address: u.Host}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go w.pass(c)
		}
	}()
	u.Host = l.Addr().String()
	return w, u.String()
}

func (w *wire) cut(at string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cutAt = at
}

func (w *wire) pass(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", w.address)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		defer client.Close()
		b := make([]byte, 64<<10)
		for {
			n, err := server.Read(b)
			if _, err2 := client.Write(b[:n]); err != nil || err2 != nil {
				return
			}
		}
	}()
	b := make([]byte, 64<<10)
	for {
		n, err := client.Read(b)
		if err != nil {
			return
		}
		w.mu.Lock()
		cut := w.cutAt != "" && contains(b[:n], w.cutAt)
		w.mu.Unlock()
		if cut {
			return
		}
		if _, err := server.Write(b[:n]); err != nil {
			return
		}
	}
}

func contains(b []byte, word string) bool {
	for i := range b {
		if i+len(word) <= len(b) && string(b[i:i+len(word)]) == word {
			return true
		}
	}
	return false
}

func TestALostConnectionIsTold(t *testing.T) {
	t.Parallel()
	w, address := newWire(t, testkit.Postgres(t))
	db := open(t, address)
	tries := 0
	put := func(key string) error {
		return store.Atomic(db, store.Intake, itself)(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			tries++
			return insert(ctx, tx, key)
		})
	}
	if err := put("a"); err != nil {
		t.Fatal(err)
	}
	w.cut("never-arrives")
	if err := put("never-arrives"); err == nil || !fault.Is(err, fault.KindUnavailable) || errors.Is(err, ports.ErrUnknownOutcome) {
		t.Errorf("lost before COMMIT: %v, want unavailable", err)
	}
	w.cut("COMMIT")
	tries = 0
	if err := put("c"); !errors.Is(err, ports.ErrUnknownOutcome) || tries != 1 {
		t.Errorf("lost at COMMIT: %v after %d tries, want an unknown outcome after one", err, tries)
	}
	w.cut("")
	if err := put("d"); err != nil {
		t.Errorf("after the connection is back: %v", err)
	}
}

func TestWhatTheDatabaseRefusesIsTold(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db := open(t, url)
		tries := 0
		err := store.Atomic(db, store.Intake, itself)(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			tries++
			_, err := tx.Exec(ctx, `INSERT INTO correlation (key, incident) VALUES ($1, NULL)`, "a")
			return err
		})
		if !errors.Is(err, ports.ErrRefused) || tries != 1 {
			t.Errorf("%v after %d tries, want ErrRefused after one", err, tries)
		}
	})
}

func TestTheCallersOwnErrorComesBack(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db, own := open(t, url), errors.New("own")
		err := store.Atomic(db, store.Intake, itself)(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.Query(ctx, `SELECT 1`, func(engine.Scan) error { return fmt.Errorf("reading: %w", own) })
		})
		if !errors.Is(err, own) || fault.Is(err, fault.KindUnavailable) {
			t.Errorf("%v, want the caller's own", err)
		}
	})
}

func TestACancelledCallerWritesNothing(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db := open(t, url)
		ctx, cancel := context.WithCancel(t.Context())
		err := store.Atomic(db, store.Intake, itself)(ctx, func(ctx context.Context, tx *store.Tx) error {
			if err := insert(ctx, tx, "a"); err != nil {
				return err
			}
			cancel()
			return ctx.Err()
		})
		if !errors.Is(err, context.Canceled) || count(t, db) != 0 {
			t.Errorf("%v, %d rows; want cancelled and none", err, count(t, db))
		}
		if err := store.Atomic(db, store.Intake, itself)(ctx, func(context.Context, *store.Tx) error { return nil }); url[0] == 's' && !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled caller was served: %v", err)
		}
	})
}
