package store

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Tx is one transaction: its statements, and what it has seen so far. Each repository is a small
// struct around it, e.g. `type incidents struct{ tx *Tx }`.
type Tx struct {
	engine.Session
	db       *DB
	snapshot *directory.Snapshot            // as this transaction sees it; nil: not asked yet
	loaded   map[id.Incident]incident.State // as locked or saved by this transaction
	leads    map[string]id.Incident         // correlation keys, as locked
	waking   map[notification.Lane]waking   // lanes that must be looked at
	after    []func()                       // run when COMMIT has succeeded
}

// AfterCommit runs f once the transaction is committed; not at all when it is not.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }

func (tx *Tx) committed() {
	for _, f := range tx.after {
		f()
	}
}

// retries is how often a transaction runs again after a conflict with another.
const retries = 3

// Atomic gives a use case its transactions: bind makes its repositories of one.
func Atomic[R any](db *DB, lane Lane, bind func(tx *Tx) R) ports.Atomically[R] {
	return func(ctx context.Context, f func(context.Context, R) error) error {
		var err error
		for try := range retries + 1 {
			if try > 0 && !pause(ctx, try) {
				return err
			}
			err = db.write(ctx, lane, func(tx *Tx) error { return f(ctx, bind(tx)) })
			if !errors.Is(err, ports.ErrStale) {
				return said(err)
			}
		}
		return fault.Unavailable(time.Second, "store.busy", "others kept changing the same things; try again").Because(err)
	}
}

// said gives the words for what a sender or a person can only try again; errors.Is still finds the cause.
func said(err error) error {
	switch {
	case fault.Is(err, fault.KindUnavailable):
		return err
	case errors.Is(err, ports.ErrUnknownOutcome):
		return fault.Unavailable(time.Second, "store.unknown_outcome", "the database did not say whether it was saved; send again").Because(err)
	case errors.Is(err, context.DeadlineExceeded):
		return fault.Unavailable(time.Second, "store.slow", "the database did not answer in time").Because(err)
	}
	return err
}

func pause(ctx context.Context, try int) bool {
	t := time.NewTimer(time.Duration(try) * (time.Millisecond + rand.N(10*time.Millisecond)))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (db *DB) write(ctx context.Context, lane Lane, f func(*Tx) error) error {
	var tx *Tx
	of := db.ask(lane.String())
	err := db.engine.Write(ctx, lane, func(s engine.Session) error {
		of.begin()
		tx = &Tx{Session: s, db: db, loaded: make(map[id.Incident]incident.State), leads: make(map[string]id.Incident)}
		if err := f(tx); err != nil {
			return err
		}
		return tx.wakeLanes(ctx)
	})
	of.end()
	switch {
	case err == nil:
		tx.committed()
	case engine.IsFull(err):
		db.full.Store(time.Now().UnixNano())
		db.cache.clear()
	case fault.Is(err, fault.KindUnavailable), errors.Is(err, ports.ErrUnknownOutcome):
		db.cache.clear()
	}
	return err
}

// Read gives read models their transactions: one unchanging picture, nothing can be written.
func Read[R any](db *DB, bind func(tx *Tx) R) ports.Atomically[R] {
	return func(ctx context.Context, f func(context.Context, R) error) error {
		return db.read(ctx, func(tx *Tx) error { return f(ctx, bind(tx)) })
	}
}

func (db *DB) read(ctx context.Context, f func(*Tx) error) error {
	var tx *Tx
	of := db.ask("read")
	err := db.engine.Read(ctx, func(s engine.Session) error {
		of.begin()
		tx = &Tx{Session: s, db: db}
		return f(tx)
	})
	of.end()
	if err == nil {
		tx.committed()
	}
	return said(err)
}

// span is the time of one transaction.
type span struct {
	of           string
	asked, began time.Time
	observe      func(of string, waited, took time.Duration)
}

func (db *DB) ask(of string) span {
	return span{of: of, asked: time.Now(), observe: db.options.Observe}
}

func (s *span) begin() { s.began = time.Now() }

// end tells of it; one that never began only waited, and what it waited for is told by its error.
func (s *span) end() {
	if s.observe != nil && !s.began.IsZero() {
		s.observe(s.of, s.began.Sub(s.asked), time.Since(s.began))
	}
}
