package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
)

// session is one connection with its prepared statements.
type session struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	ctx   context.Context //nolint:containedctx // readers stop with their caller; the writer never does
}

func newSession(c *sql.Conn) *session {
	return &session{conn: c, stmts: make(map[string]*sql.Stmt), ctx: context.Background()}
}

// until gives the same session whose statements end with ctx. Only readers may be cut short:
// an interrupted statement of the writer would roll back the whole group.
func (s *session) until(ctx context.Context) *session {
	c := *s
	c.ctx = ctx
	return &c
}

func (s *session) close() {
	for _, st := range s.stmts {
		_ = st.Close()
	}
	_ = s.conn.Close()
}

func (s *session) run(query string) error {
	st, err := s.prepare(query)
	if err != nil {
		return err
	}
	_, err = st.ExecContext(context.Background())
	return err
}

func (s *session) prepare(query string) (*sql.Stmt, error) {
	if st, ok := s.stmts[query]; ok {
		return st, nil
	}
	st, err := s.conn.PrepareContext(context.Background(), engine.ForSQLite(query))
	if err != nil {
		return nil, fmt.Errorf("%w in %s", err, query)
	}
	s.stmts[query] = st
	return st, nil
}

func (s *session) Exec(_ context.Context, query string, args ...any) (int64, error) {
	st, err := s.prepare(query)
	if err != nil {
		return 0, err
	}
	r, err := st.ExecContext(s.ctx, lists(args)...)
	if err != nil {
		return 0, translate(err)
	}
	return r.RowsAffected()
}

func (s *session) Query(_ context.Context, query string, each func(engine.Scan) error, args ...any) error {
	return s.query(query, each, lists(args))
}

func (s *session) query(query string, each func(engine.Scan) error, args []any) (err error) {
	st, err := s.prepare(query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(s.ctx, args...)
	if err != nil {
		return translate(err)
	}
	defer func() { err = errors.Join(err, translate(rows.Close())) }()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return translate(rows.Err())
}

func (s *session) QueryRows(_ context.Context, b *engine.Batch, each func(engine.Scan) error) error {
	for i := range b.Len() {
		if err := s.query(b.SQLite, each, b.Row(i)); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) Send(_ context.Context, batches ...*engine.Batch) error {
	for _, b := range batches {
		if err := s.send(b); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) send(b *engine.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	st, err := s.prepare(b.SQLite)
	if err != nil {
		return err
	}
	var affected int64
	for i := range b.Len() {
		r, err := st.ExecContext(s.ctx, b.Row(i)...)
		if err != nil {
			return translate(err)
		}
		n, err := r.RowsAffected()
		if err != nil {
			return err
		}
		affected += n
	}
	return b.Check(affected)
}

func (s *session) Reserve(ctx context.Context, sequence string, n int) ([]int64, error) {
	var last int64
	err := s.Query(ctx, `UPDATE counter SET value = value + $1 WHERE name = $2 RETURNING value`,
		func(scan engine.Scan) error { return scan(&last) }, n, sequence)
	if err != nil {
		return nil, err
	}
	if last == 0 {
		return nil, fmt.Errorf("no such sequence: %s", sequence)
	}
	out := make([]int64, n)
	for i := range out {
		out[i] = last - int64(n) + int64(i) + 1
	}
	return out, nil
}

// lists gives slices as JSON texts, which is how {in} reads them here.
func lists(args []any) []any {
	out := args
	for i, a := range args {
		switch a.(type) {
		case []int64, []string:
			b, _ := json.Marshal(a) // cannot fail for these
			out = slices.Clone(out)
			out[i] = string(b)
		}
	}
	return out
}
