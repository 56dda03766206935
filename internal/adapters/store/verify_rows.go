package store

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/app/verify"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// place is the values of a key, numbers and then texts.
type place struct {
	N []int64  `json:"n"`
	T []string `json:"t"`
}

func (o owned) begin() place {
	p := place{T: make([]string, o.texts)}
	for range len(o.key) - o.texts {
		p.N = append(p.N, math.MinInt64)
	}
	return p
}

// query gives a page of the table, each row with whether its incident exists. Timers of single alerts belong to
// incident 0, as do keys that lead nowhere yet; the synthetic alert comes and goes.
func (o owned) query() string {
	columns := "t." + strings.Join(o.key, ", t.")
	holders := make([]string, len(o.key))
	for i := range holders {
		holders[i] = fmt.Sprintf("$%d", i+1)
	}
	match := ""
	if slices.Contains(o.key, "opened_at") {
		match = " AND i.opened_at = t.opened_at"
	}
	key := strings.Join(o.key, ", ")
	return fmt.Sprintf(`
		SELECT %s, t.%s, CASE WHEN i.number IS NULL AND t.%s NOT IN (0, %d) THEN 1 ELSE 0 END
		FROM (SELECT * FROM %s WHERE (%s) > (%s) ORDER BY %s LIMIT $%d) t
		LEFT JOIN incident i ON i.number = t.%s%s
		ORDER BY %s`,
		columns, o.incident, o.incident, int64(id.Probe), o.table, key, strings.Join(holders, ", "), key, len(o.key)+1, o.incident, match, columns)
}

func (r verifier) rows(ctx context.Context, o owned, after verify.Place, limit int) (verify.Rows, error) {
	at := o.begin()
	if after != "" {
		if err := decode(string(after), &at); err != nil {
			return verify.Rows{}, err
		}
	}
	args := make([]any, 0, len(o.key)+1)
	for _, n := range at.N {
		args = append(args, n)
	}
	for _, t := range at.T {
		args = append(args, t)
	}
	var out verify.Rows
	err := r.db.read(ctx, func(tx *Tx) error {
		out = verify.Rows{}
		return tx.Query(ctx, o.query(), func(scan engine.Scan) error {
			stray, of, dest := 0, int64(0), []any(nil)
			for i := range at.N {
				dest = append(dest, &at.N[i])
			}
			for i := range at.T {
				dest = append(dest, &at.T[i])
			}
			err := scan(append(dest, &of, &stray)...)
			out.Count++
			if stray == 1 {
				out.Strays = append(out.Strays, o.words(at, id.Incident(of)))
			}
			return err
		}, append(args, limit)...)
	})
	if err != nil || out.Count < limit {
		return out, err
	}
	next, err := encode(at)
	out.Next = verify.Place(next)
	return out, err
}

// words name a row by its key, as who looks for it would.
func (o owned) words(at place, of id.Incident) string {
	parts := make([]string, len(o.key))
	for i, column := range o.key {
		if i < len(at.N) {
			parts[i] = fmt.Sprintf("%s %d", column, at.N[i])
		} else {
			parts[i] = fmt.Sprintf("%s %q", column, at.T[i-len(at.N)])
		}
	}
	opened := ""
	if slices.Contains(o.key, "opened_at") {
		opened = " that was opened then"
	}
	return fmt.Sprintf("the row with %s belongs to incident %s, and there is none%s", strings.Join(parts, ", "), of, opened)
}
