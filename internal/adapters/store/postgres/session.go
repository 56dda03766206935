package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
)

// session is one transaction on one connection. It speaks to pgx below database/sql for two things that
// database/sql does not have: statements in one exchange, and scanning without conversion.
type session struct {
	conn  *pgx.Conn
	texts *texts
}

func (db *DB) transaction(ctx context.Context, from *sql.DB, begin string, f func(engine.Session) error) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	c, err := from.Conn(ctx)
	if err != nil {
		return translate(ctx, err)
	}
	defer c.Close()
	return c.Raw(func(raw any) error {
		conn := raw.(*stdlib.Conn).Conn()
		err := attempt(ctx, &session{conn: conn, texts: &db.texts}, begin, f)
		if conn.IsClosed() && err == nil {
			return driver.ErrBadConn
		}
		return err
	})
}

func attempt(ctx context.Context, s *session, begin string, f func(engine.Session) error) (err error) {
	conn := s.conn
	if _, err := conn.Exec(ctx, begin); err != nil {
		return translate(ctx, err)
	}
	defer func() {
		if err != nil && !conn.IsClosed() && conn.PgConn().TxStatus() != 'I' {
			// Where even this fails the connection is closed, and so is the transaction.
			_, _ = conn.Exec(context.WithoutCancel(ctx), "ROLLBACK")
		}
	}()
	if err := f(s); err != nil {
		return err
	}
	tag, err := conn.Exec(context.WithoutCancel(ctx), "COMMIT")
	if err != nil {
		return commitError(err)
	}
	if tag.String() != "COMMIT" {
		return errors.New("a statement failed in the transaction, and its error was passed over")
	}
	return nil
}

// texts keeps the rewritten form of each SQL text.
type texts struct{ m sync.Map }

func (t *texts) of(query string) string {
	if v, ok := t.m.Load(query); ok {
		return v.(string)
	}
	v := engine.ForPostgres(query)
	t.m.Store(query, v)
	return v
}

func (s *session) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := s.conn.Exec(ctx, s.texts.of(query), args...)
	return tag.RowsAffected(), translate(ctx, err)
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
	rows, err := s.conn.Query(ctx, query, args...)
	if err != nil {
		return translate(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return translate(ctx, rows.Err())
}

func (s *session) Send(ctx context.Context, batches ...*engine.Batch) error {
	var pipeline pgx.Batch
	for _, b := range batches {
		if b.Len() > 0 {
			pipeline.Queue(b.Postgres, b.Arrays()...).Exec(func(tag pgconn.CommandTag) error {
				b.Affected = tag.RowsAffected()
				return nil
			})
		}
	}
	if pipeline.Len() == 0 {
		return nil
	}
	return translate(ctx, s.conn.SendBatch(ctx, &pipeline).Close())
}

func (s *session) Reserve(ctx context.Context, sequence string, n int) ([]int64, error) {
	out := make([]int64, 0, n)
	err := s.Query(ctx, `SELECT nextval($1::regclass) FROM generate_series(1, $2::bigint)`, func(scan engine.Scan) error {
		out = append(out, 0)
		return scan(&out[len(out)-1])
	}, sequence, int64(n))
	return out, err
}
