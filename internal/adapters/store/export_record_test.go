package store

import (
	"context"
	"sync"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
)

// Sent is a statement as the store gave it to its engine.
type Sent struct {
	Way   Way
	Query string        // with the words of engine.ForPostgres; "" where it is a batch
	Batch *engine.Batch // nil where it is a query
	Args  []any
}

// Text is the statement for one of the engines.
func (s Sent) Text(postgres bool) string {
	switch {
	case s.Batch != nil && postgres:
		return s.Batch.Postgres
	case s.Batch != nil:
		return s.Batch.SQLite
	case postgres:
		return engine.ForPostgres(s.Query)
	}
	return engine.ForSQLite(s.Query)
}

// Values are its parameters for one of the engines: a batch has arrays on PostgreSQL, rows on SQLite.
func (s Sent) Values(postgres bool) []any {
	switch {
	case s.Batch != nil && postgres:
		return s.Batch.Arrays()
	case s.Batch != nil:
		return s.Batch.Row(0)
	}
	return s.Args
}

// Way is how a transaction comes to the database: on PostgreSQL each has a pool with settings of its own.
type Way struct {
	Name string // write, read, peek
	Lane Lane   // of write
}

// Go runs f in a transaction of this way.
func (w Way) Go(ctx context.Context, db *DB, f func(engine.Session) error) error {
	switch w.Name {
	case "read":
		return db.engine.Read(ctx, f)
	case "peek":
		return db.engine.Peek(ctx, f)
	}
	return db.engine.Write(ctx, w.Lane, f)
}

// Recorder notes all that stores send.
type Recorder struct {
	mu   sync.Mutex
	sent []Sent
}

// Listen lets the recorder hear a store from now on.
func (r *Recorder) Listen(db *DB) { db.engine = &heard{db.engine, r} }

// Sent is what was heard so far.
func (r *Recorder) Sent() []Sent {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sent
}

func (r *Recorder) note(s Sent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, s)
}

type heard struct {
	engine.Engine
	r *Recorder
}

func (h *heard) Write(ctx context.Context, lane Lane, f func(engine.Session) error) error {
	return h.Engine.Write(ctx, lane, h.hear(Way{"write", lane}, f))
}

func (h *heard) Read(ctx context.Context, f func(engine.Session) error) error {
	return h.Engine.Read(ctx, h.hear(Way{Name: "read"}, f))
}

func (h *heard) Peek(ctx context.Context, f func(engine.Session) error) error {
	return h.Engine.Peek(ctx, h.hear(Way{Name: "peek"}, f))
}

func (h *heard) hear(w Way, f func(engine.Session) error) func(engine.Session) error {
	return func(s engine.Session) error { return f(&session{s, h.r, w}) }
}

type session struct {
	engine.Session
	r *Recorder
	w Way
}

func (s *session) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	s.r.note(Sent{Way: s.w, Query: query, Args: args})
	return s.Session.Exec(ctx, query, args...)
}

func (s *session) Query(ctx context.Context, query string, each func(engine.Scan) error, args ...any) error {
	s.r.note(Sent{Way: s.w, Query: query, Args: args})
	return s.Session.Query(ctx, query, each, args...)
}

func (s *session) QueryRows(ctx context.Context, b *engine.Batch, each func(engine.Scan) error) error {
	if b.Len() > 0 {
		s.r.note(Sent{Way: s.w, Batch: b})
	}
	return s.Session.QueryRows(ctx, b, each)
}

func (s *session) Send(ctx context.Context, batches ...*engine.Batch) error {
	for _, b := range batches {
		if b.Len() > 0 {
			s.r.note(Sent{Way: s.w, Batch: b})
		}
	}
	return s.Session.Send(ctx, batches...)
}
