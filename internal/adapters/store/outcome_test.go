package store_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/ports"
	"github.com/rouse-oncall/rouse/internal/testkit"
)

// wire passes bytes to a server until it is told to cut, or to swallow, what asks for a word.
type wire struct {
	address string
	mu      sync.Mutex
	cutAt   string // the client's bytes that end the connection; "" none
	silent  bool   // they do not end it: nothing arrives, and nothing is said
	open    []net.Conn
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
			w.mu.Lock()
			w.open = append(w.open, c)
			w.mu.Unlock()
			go w.pass(c)
		}
	}()
	u.Host = l.Addr().String()
	return w, u.String()
}

func (w *wire) cut(at string) { w.set(at, false) }

func (w *wire) swallow(at string) { w.set(at, true) }

// hangUp ends every connection that there is.
func (w *wire) hangUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.open {
		_ = c.Close()
	}
	w.open = nil
}

func (w *wire) set(at string, silent bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cutAt, w.silent = at, silent
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
		cut, silent := w.cutAt != "" && contains(b[:n], w.cutAt), w.silent
		w.mu.Unlock()
		switch {
		case cut && silent:
			continue
		case cut:
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
	if err := put("c"); !errors.Is(err, ports.ErrUnknownOutcome) || !fault.Is(err, fault.KindUnavailable) || tries != 1 {
		t.Errorf("lost at COMMIT: %v after %d tries, want an unknown outcome after one", err, tries)
	}
	read := store.Read(db, itself)(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `SELECT 1`)
		return err
	})
	if errors.Is(read, ports.ErrUnknownOutcome) || !fault.Is(read, fault.KindUnavailable) {
		t.Errorf("lost at a reader's COMMIT: %v, want unavailable: nothing can have been written", read)
	}
	w.cut("")
	if err := put("d"); err != nil {
		t.Errorf("after the connection is back: %v", err)
	}
}

// After a failover every connection in the pools is dead: nobody is to be told so by an error.
func TestConnectionsCutInThePoolAreNobodysError(t *testing.T) {
	t.Parallel()
	w, address := newWire(t, testkit.Postgres(t))
	db := open(t, address)
	read := func(ctx context.Context, tx *store.Tx) error {
		return tx.Query(ctx, `SELECT 1`, func(engine.Scan) error { return nil })
	}
	for _, use := range []ports.Atomically[*store.Tx]{store.Read(db, itself), store.Atomic(db, store.People, itself)} {
		if err := use(t.Context(), read); err != nil {
			t.Fatal(err)
		}
		w.hangUp()
		if err := use(t.Context(), read); err != nil {
			t.Errorf("the first to use a connection that was cut in the pool hears: %v", err)
		}
	}
}

// A server that is silent at the end must not hold its caller for ever.
func TestASilentServerIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	for word, check := range map[string]func(error) bool{
		"COMMIT": func(err error) bool {
			return errors.Is(err, ports.ErrUnknownOutcome) && fault.Is(err, fault.KindUnavailable)
		},
		"ROLLBACK": func(err error) bool { return errors.Is(err, errOwn) },
	} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			w, address := newWire(t, testkit.Postgres(t))
			db := open(t, address)
			store.BePatient(db, 100*time.Millisecond)
			atomically := store.Atomic(db, store.Intake, itself)
			w.swallow(word)
			ended := make(chan error, 1)
			go func() {
				ended <- atomically(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					if _, err := tx.Exec(ctx, `SELECT 1`); err != nil || word == "COMMIT" {
						return err
					}
					return errOwn
				})
			}()
			select {
			case err := <-ended:
				if !check(err) {
					t.Errorf("silent at %s: %v", word, err)
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("silent at %s: still waiting", word)
			}
			w.cut("")
			if err := atomically(t.Context(), func(ctx context.Context, tx *store.Tx) error { return insert(ctx, tx, "a") }); err != nil {
				t.Errorf("after the server speaks again: %v", err)
			}
		})
	}
}

// Whoever must be answered by a moment is, also where the server is silent at COMMIT.
func TestASilentServerIsWaitedForNoLongerThanItsCallerIs(t *testing.T) {
	t.Parallel()
	w, address := newWire(t, testkit.Postgres(t))
	atomically := store.Atomic(open(t, address), store.People, itself)
	w.swallow("COMMIT")
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- atomically(ctx, func(ctx context.Context, tx *store.Tx) error { return insert(ctx, tx, "a") })
	}()
	select {
	case err := <-ended:
		if !errors.Is(err, ports.ErrUnknownOutcome) {
			t.Errorf("silent at COMMIT: %v", err)
		}
	case <-time.After(5 * time.Second): // its own patience is longer
		t.Fatal("silent at COMMIT: still waiting")
	}
}

var errOwn = errors.New("own")

func TestAPanicIsAnErrorAndTheConnectionStaysGood(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db := open(t, url)
		atomically := store.Atomic(db, store.Engine, itself)
		for range 20 {
			for _, f := range []func(ctx context.Context, tx *store.Tx) error{
				func(context.Context, *store.Tx) error { panic("at the beginning") },
				func(ctx context.Context, tx *store.Tx) error {
					return tx.Query(ctx, `SELECT key FROM correlation UNION ALL SELECT 'x'`, func(engine.Scan) error { panic("while reading") })
				},
				func(ctx context.Context, tx *store.Tx) error {
					err := insert(ctx, tx, "a")
					panic(fmt.Sprint("after writing ", err))
				},
			} {
				if err := atomically(t.Context(), f); err == nil || !strings.Contains(err.Error(), "panic in a transaction") {
					t.Fatalf("a panic gave %v", err)
				}
			}
		}
		if err := atomically(t.Context(), func(ctx context.Context, tx *store.Tx) error { return insert(ctx, tx, "b") }); err != nil || count(t, db) != 1 {
			t.Errorf("afterwards: %v, %d rows", err, count(t, db))
		}
	})
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
		db, own := open(t, url), errOwn
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
