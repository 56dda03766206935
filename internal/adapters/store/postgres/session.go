package postgres

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
)

// session is one transaction on one connection. It speaks to pgx below database/sql for two things that
// database/sql does not have: statements in one exchange, and scanning without conversion.
type session struct {
	conn   *pgx.Conn
	texts  *texts
	begin  string // what begins the transaction; "" once it was sent
	writes bool
	heard  bool            // the server has answered, or begun to
	ended  bool            // COMMIT may have been sent
	cut    bool            // the connection was of no use from the beginning: nothing is lost
	queued []*engine.Batch // not sent yet

	patience time.Duration // for COMMIT and ROLLBACK
	due      time.Time     // when whoever waits for the answer must have it; zero: nobody said
}

// overtime is what the end of a transaction may take past the moment at which its caller must be answered: a person
// is told within 10 s whether it was saved, also where the server is silent.
const overtime = 500 * time.Millisecond

// ending is a context for what ends the transaction: not cut short with its caller, and never waiting for a silent
// server.
func (s *session) ending(ctx context.Context) (context.Context, context.CancelFunc) {
	patience := s.patience
	if !s.due.IsZero() {
		patience = min(patience, max(0, time.Until(s.due))+overtime)
	}
	return context.WithTimeout(context.WithoutCancel(ctx), patience)
}

// transaction runs f on a connection of the pool. Connections that were cut while they lay in the pool are found out by
// their next use: who has heard nothing from one, and has not asked for COMMIT, begins again on another.
func (db *DB) transaction(ctx context.Context, from *sql.DB, begin string, f func(engine.Session) error) error {
	due, _ := ctx.Deadline()
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errSlow)
	defer cancel()
	for more := from.Stats().MaxOpenConnections; ; more-- {
		s := &session{texts: &db.texts, begin: begin, writes: begin == writing, patience: db.Patience, due: due}
		err := s.on(ctx, from, f)
		if err == nil || more == 0 || !s.cut || ctx.Err() != nil {
			return err
		}
	}
}

func (s *session) on(ctx context.Context, from *sql.DB, f func(engine.Session) error) error {
	c, err := from.Conn(ctx)
	if err != nil {
		return translate(ctx, err, true)
	}
	defer func() { _ = c.Close() }() // it goes back to the pool
	return c.Raw(func(raw any) error {
		s.conn = raw.(*stdlib.Conn).Conn() //nolint:forcetypeassert // the pool is of pgx
		return s.attempt(ctx, f)
	})
}

func (s *session) attempt(ctx context.Context, f func(engine.Session) error) (err error) {
	defer func() {
		if err != nil {
			s.cut = !s.heard && !s.ended && s.conn.IsClosed()
			s.rollback(ctx)
		}
	}()
	if err := engine.Protect(func() error { return f(s) }); err != nil {
		return err
	}
	last := s.unchecked()
	if err := s.exchange(ctx, nil); err != nil {
		return err
	}
	if s.begin != "" && len(last) == 0 {
		return nil // no statement at all
	}
	return s.commit(ctx, last)
}

// unchecked takes what is queued after the last batch whose count must be looked at: it can go with COMMIT.
func (s *session) unchecked() []*engine.Batch {
	n := len(s.queued)
	for n > 0 && !s.queued[n-1].All {
		n--
	}
	last := s.queued[n:]
	s.queued = s.queued[:n]
	return last
}

// commit sends the last writes and COMMIT in one exchange: what they lock, the lanes above all, is held for no more
// turns of both processes.
func (s *session) commit(ctx context.Context, last []*engine.Batch) error {
	ctx, cancel := s.ending(ctx)
	defer cancel()
	var tag pgconn.CommandTag
	s.queued, s.ended = last, true
	err := s.send(ctx, func(p *pgx.Batch) {
		p.Queue("COMMIT").Exec(func(t pgconn.CommandTag) error {
			tag = t
			return nil
		})
	})
	switch {
	case err != nil && !s.writes:
		return unavailable(err) // nothing can have been written: no outcome is unknown
	case err != nil:
		return commitError(err)
	}
	if tag.String() != "COMMIT" {
		return errors.New("a statement failed in the transaction, and its error was passed over")
	}
	return nil
}

// rollback leaves the connection without a transaction, or closed: then the server ends the transaction.
func (s *session) rollback(ctx context.Context) {
	c := s.conn.PgConn()
	if c.IsClosed() || !c.IsBusy() && c.TxStatus() == 'I' {
		return
	}
	ending, cancel := s.ending(ctx)
	defer cancel()
	if _, err := s.conn.Exec(ending, "ROLLBACK"); err != nil {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = s.conn.Close(closing) // it is of no use any more, whatever it says
	}
}

// exchange sends BEGIN where it was not yet sent, what is queued, and one more statement: each exchange
// costs a turn of both processes, on a busy machine far more than the statements do.
func (s *session) exchange(ctx context.Context, last func(*pgx.Batch)) error {
	if len(s.queued) == 0 && last == nil {
		return nil
	}
	err := s.send(ctx, last)
	return translate(ctx, err, s.conn.IsClosed())
}

func (s *session) send(ctx context.Context, last func(*pgx.Batch)) error {
	var p pgx.Batch
	if s.begin != "" {
		p.Queue(s.begin)
	}
	for _, b := range s.queued {
		p.Queue(b.Postgres, b.Arrays()...).Exec(func(tag pgconn.CommandTag) error { return b.Check(tag.RowsAffected()) })
	}
	if last != nil {
		last(&p)
	}
	s.begin, s.queued = "", nil
	err := s.conn.SendBatch(ctx, &p).Close()
	s.heard = s.heard || err == nil
	return err
}

// texts keeps the rewritten form of each SQL text.
type texts struct{ m sync.Map }

func (t *texts) of(query string) string {
	if v, ok := t.m.Load(query); ok {
		return v.(string) //nolint:forcetypeassert // nothing else is stored
	}
	v := engine.ForPostgres(query)
	t.m.Store(query, v)
	return v
}

func (s *session) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	var affected int64
	err := s.exchange(ctx, func(p *pgx.Batch) {
		p.Queue(s.texts.of(query), args...).Exec(func(tag pgconn.CommandTag) error {
			affected = tag.RowsAffected()
			return nil
		})
	})
	return affected, err
}

func (s *session) Query(ctx context.Context, query string, each func(engine.Scan) error, args ...any) error {
	return s.query(ctx, s.texts.of(query), each, args)
}

func (s *session) QueryRows(ctx context.Context, b *engine.Batch, each func(engine.Scan) error) error {
	if b.Len() == 0 {
		return nil
	}
	return s.query(ctx, b.Postgres, each, b.Arrays())
}

func (s *session) query(ctx context.Context, query string, each func(engine.Scan) error, args []any) error {
	return s.exchange(ctx, func(p *pgx.Batch) {
		p.Queue(query, args...).Query(func(rows pgx.Rows) error {
			for rows.Next() {
				s.heard = true
				if err := each(rows.Scan); err != nil {
					return err
				}
			}
			return rows.Err()
		})
	})
}

func (s *session) Send(_ context.Context, batches ...*engine.Batch) error {
	for _, b := range batches {
		if b.Len() > 0 {
			s.queued = append(s.queued, b)
		}
	}
	return nil
}

func (s *session) Reserve(ctx context.Context, sequence string, n int) ([]int64, error) {
	out := make([]int64, 0, n)
	err := s.Query(ctx, `SELECT nextval($1::regclass) FROM generate_series(1, $2::bigint)`, func(scan engine.Scan) error {
		out = append(out, 0)
		return scan(&out[len(out)-1])
	}, sequence, int64(n))
	return out, err
}
