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
	begin  string          // what begins the transaction; "" once it was sent
	queued []*engine.Batch // not sent yet
}

func (db *DB) transaction(ctx context.Context, from *sql.DB, begin string, f func(engine.Session) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errSlow)
	defer cancel()
	c, err := from.Conn(ctx)
	if err != nil {
		return translate(ctx, err, true)
	}
	defer func() { _ = c.Close() }() // it goes back to the pool
	return c.Raw(func(raw any) error {
		return db.attempt(ctx, &session{conn: raw.(*stdlib.Conn).Conn(), texts: &db.texts, begin: begin}, f) //nolint:forcetypeassert // the pool is of pgx
	})
}

func (db *DB) attempt(ctx context.Context, s *session, f func(engine.Session) error) (err error) {
	writes := s.begin == writing
	defer func() {
		if err != nil {
			s.rollback(ctx, db.Patience)
		}
	}()
	if err := engine.Protect(func() error { return f(s) }); err != nil {
		return err
	}
	if err := s.exchange(ctx, nil); err != nil {
		return err
	}
	if s.begin != "" {
		return nil // no statement at all
	}
	tag, err := s.end(ctx, "COMMIT", db.Patience)
	switch {
	case err != nil && !writes:
		return unavailable(err) // nothing can have been written: no outcome is unknown
	case err != nil:
		return commitError(err)
	}
	if tag.String() != "COMMIT" {
		return errors.New("a statement failed in the transaction, and its error was passed over")
	}
	return nil
}

// end sends what ends the transaction: not cut short with its caller, and never waiting for a silent server.
func (s *session) end(ctx context.Context, word string, patience time.Duration) (pgconn.CommandTag, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return s.conn.Exec(ctx, word)
}

// rollback leaves the connection without a transaction, or closed: then the server ends the transaction.
func (s *session) rollback(ctx context.Context, patience time.Duration) {
	c := s.conn.PgConn()
	if c.IsClosed() || !c.IsBusy() && c.TxStatus() == 'I' {
		return
	}
	if _, err := s.end(ctx, "ROLLBACK", patience); err != nil {
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
	return translate(ctx, err, s.conn.IsClosed())
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
