package engine

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/rouse-oncall/rouse/internal/ports"
)

// Stmt is a statement over many rows of values. PostgreSQL runs it once over arrays,
// SQLite once a row by a prepared statement.
type Stmt struct {
	Postgres string
	SQLite   string
	Types    []string // bigint, text or boolean, by column
}

// Insert is INSERT INTO table (columns…) of all rows, then whatever `rest` says (ON CONFLICT …).
// columns is "name type, name type, …".
func Insert(table, columns, rest string) *Stmt {
	names, types := parseColumns(columns)
	list := strings.Join(names, ", ")
	return &Stmt{
		Postgres: fmt.Sprintf("INSERT INTO %s (%s) SELECT * FROM %s %s", table, list, unnest(types), rest),
		SQLite:   fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s) %s", table, list, params(len(names)), rest),
		Types:    types,
	}
}

// Update is UPDATE table of all rows: keys find a row ("number bigint, version bigint"), columns are written,
// and so is what `also` says ("version = t.version + 1"), which may be empty.
func Update(table, keys, columns, also string) *Stmt {
	names, types := parseColumns(columns + ", " + keys)
	written := strings.Count(columns, ",") + 1
	pg, lite := make([]string, len(names)), make([]string, len(names))
	for i, n := range names {
		lite[i] = fmt.Sprintf("%s = $%d", n, i+1)
		pg[i] = fmt.Sprintf("%s = rows.%s", n, n)
		if i >= written {
			pg[i] = table + "." + pg[i]
		}
	}
	if also != "" {
		also = ", " + also
	}
	return &Stmt{
		Postgres: fmt.Sprintf("UPDATE %s SET %s%s FROM %s AS rows (%s) WHERE %s", table, strings.Join(pg[:written], ", "), also,
			unnest(types), strings.Join(names, ", "), strings.Join(pg[written:], " AND ")),
		SQLite: fmt.Sprintf("UPDATE %s SET %s%s WHERE %s", table,
			strings.Join(lite[:written], ", "), also, strings.Join(lite[written:], " AND ")),
		Types: types,
	}
}

var rowsWord = regexp.MustCompile(`\{rows ([^}]*)\}`)

// Over is any statement in which {rows name type, name type, …} stands for the table of values.
func Over(query string) *Stmt {
	m := rowsWord.FindStringSubmatch(query)
	names, types := parseColumns(m[1])
	row := make([]string, len(names))
	for i, n := range names {
		row[i] = fmt.Sprintf("$%d AS %s", i+1, n)
	}
	arrays := fmt.Sprintf("(SELECT * FROM %s AS r (%s))", unnest(types), strings.Join(names, ", "))
	return &Stmt{
		Postgres: ForPostgres(strings.Replace(query, m[0], arrays, 1)),
		SQLite:   ForSQLite(strings.Replace(query, m[0], "(SELECT "+strings.Join(row, ", ")+")", 1)),
		Types:    types,
	}
}

func parseColumns(columns string) (names, types []string) {
	for c := range strings.SplitSeq(columns, ",") {
		f := strings.Fields(c)
		names, types = append(names, f[0]), append(types, f[1])
	}
	return names, types
}

func unnest(types []string) string {
	p := make([]string, len(types))
	for i, t := range types {
		p[i] = fmt.Sprintf("$%d::%s[]", i+1, t)
	}
	return "unnest(" + strings.Join(p, ", ") + ")"
}

func params(n int) string {
	p := make([]string, n)
	for i := range p {
		p[i] = fmt.Sprintf("$%d", i+1)
	}
	return strings.Join(p, ", ")
}

// Batch is a statement with its rows.
type Batch struct {
	*Stmt
	Values []any // row by row; int64, string or bool
	All    bool  // a row that affects nothing is ports.ErrStale
}

// Rows makes an empty batch with room for n rows.
func (s *Stmt) Rows(n int) *Batch {
	return &Batch{Stmt: s, Values: make([]any, 0, n*len(s.Types))}
}

// MustAffect says that every row must change one: else somebody was faster, and the transaction is stale.
func (b *Batch) MustAffect() *Batch {
	b.All = true
	return b
}

// Check compares what was affected with what must be.
func (b *Batch) Check(affected int64) error {
	if b.All && affected != int64(b.Len()) {
		return ports.ErrStale
	}
	return nil
}

// Add appends a row: a value for each column, int64, string or bool.
func (b *Batch) Add(values ...any) {
	if len(values) != len(b.Types) {
		panic(fmt.Sprintf("%d values for %d columns: %s", len(values), len(b.Types), b.SQLite))
	}
	b.Values = append(b.Values, values...)
}

// Len is the number of rows.
func (b *Batch) Len() int { return len(b.Values) / len(b.Types) }

// Row gives the values of row i.
func (b *Batch) Row(i int) []any { return b.Values[i*len(b.Types) : (i+1)*len(b.Types)] }

// Arrays gives the columns as []int64, []string and []bool.
func (b *Batch) Arrays() []any {
	out := make([]any, len(b.Types))
	for c, t := range b.Types {
		switch t {
		case "bigint":
			out[c] = column[int64](b, c)
		case "text":
			out[c] = column[string](b, c)
		case "boolean":
			out[c] = column[bool](b, c)
		default:
			panic("no such column type: " + t)
		}
	}
	return out
}

func column[T any](b *Batch, c int) []T {
	out := make([]T, b.Len())
	for i := range out {
		out[i] = b.Values[i*len(b.Types)+c].(T) //nolint:forcetypeassert // Add put it there by its type
	}
	return out
}
