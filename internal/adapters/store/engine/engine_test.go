package engine

import "testing"

func TestTheWordsOfBothEngines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, postgres, sqlite string }{
		{"SELECT 1", "SELECT 1", "SELECT 1"},
		{"a {in $1} x", "a = ANY ($1) x", "a IN (SELECT value FROM json_each($1)) x"},
		{"x {for update of i skip locked}", "x FOR UPDATE of i skip locked", "x "},
		{"{contains a, $1}", "strpos(a, $1) > 0", "instr(a, $1) > 0"},
		{"{plain a} = $1", "a = $1", "+a = $1"},
		{"{only postgres AND (a)}{only sqlite EXCEPT b}", "AND (a)", "EXCEPT b"},
	} {
		if got := ForPostgres(c.text); got != c.postgres {
			t.Errorf("PostgreSQL: %q, want %q", got, c.postgres)
		}
		if got := ForSQLite(c.text); got != c.sqlite {
			t.Errorf("SQLite: %q, want %q", got, c.sqlite)
		}
	}
}

func TestStatementsOverRows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		stmt             *Stmt
		postgres, sqlite string
	}{
		{
			Insert("t", "a bigint, b text", "ON CONFLICT DO NOTHING"),
			"INSERT INTO t (a, b) SELECT * FROM unnest($1::bigint[], $2::text[]) ON CONFLICT DO NOTHING",
			"INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT DO NOTHING",
		},
		{
			Update("t", "k bigint", "a text, b boolean", "v = t.v + 1"),
			"UPDATE t SET a = rows.a, b = rows.b, v = t.v + 1 FROM unnest($1::text[], $2::boolean[], $3::bigint[]) AS rows (a, b, k) WHERE t.k = rows.k",
			"UPDATE t SET a = $1, b = $2, v = t.v + 1 WHERE k = $3",
		},
		{
			Over("DELETE FROM t WHERE a IN (SELECT a FROM {rows a bigint} AS r)"),
			"DELETE FROM t WHERE a IN (SELECT a FROM (SELECT * FROM unnest($1::bigint[]) AS r (a)) AS r)",
			"DELETE FROM t WHERE a IN (SELECT a FROM (SELECT $1 AS a) AS r)",
		},
	} {
		if c.stmt.Postgres != c.postgres {
			t.Errorf("PostgreSQL:\n%s\nwant\n%s", c.stmt.Postgres, c.postgres)
		}
		if c.stmt.SQLite != c.sqlite {
			t.Errorf("SQLite:\n%s\nwant\n%s", c.stmt.SQLite, c.sqlite)
		}
	}
}
