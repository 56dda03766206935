package store_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
)

// names runs a query that gives one text a row, sorted.
func names(t *testing.T, db *store.DB, query string) []string {
	t.Helper()
	var out []string
	err := store.Read(db, itself)(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.Query(ctx, query, func(scan engine.Scan) error {
			var s string
			err := scan(&s)
			out = append(out, s)
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// TestBothEnginesHaveTheSameSchema compares tables, columns with their types and nullability, and unique keys.
// Three things differ by design: SQLite counts in a table, reads changes by seq alone, and has no views for reports.
func TestBothEnginesHaveTheSameSchema(t *testing.T) {
	t.Parallel()
	lite, pg := open(t, engines["sqlite"](t)), open(t, engines["postgres"](t))
	columns := names(t, lite, `
		SELECT m.name || '.' || c.name || ' ' || lower(c.type) || CASE WHEN c."notnull" OR c.pk THEN ' not null' ELSE '' END
		FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%' AND m.name <> 'counter'`)
	for i, c := range columns {
		columns[i] = strings.Replace(c, " integer", " bigint", 1) // a row id
	}
	slices.Sort(columns)
	want := names(t, pg, `
		SELECT table_name || '.' || column_name || ' ' || data_type || CASE is_nullable WHEN 'NO' THEN ' not null' ELSE '' END
		FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'goose%' AND table_name NOT LIKE 'report%'`)
	if diff := cmp.Diff(want, columns); diff != "" {
		t.Errorf("columns (-PostgreSQL +SQLite):\n%s", diff)
	}
	if len(want) < 100 {
		t.Errorf("only %d columns: the test shows little", len(want))
	}
	keys := names(t, lite, `
		SELECT t || ' ' || k FROM (
			SELECT m.name AS t, (SELECT group_concat(name, ',') FROM (SELECT ii.name FROM pragma_index_info(i.name) ii ORDER BY ii.seqno)) AS k
			FROM sqlite_master m JOIN pragma_index_list(m.name) i
			WHERE m.type = 'table' AND i."unique" AND m.name NOT LIKE 'goose%' AND m.name <> 'counter'
			UNION ALL
			SELECT m.name, (SELECT group_concat(name, ',') FROM pragma_table_info(m.name) WHERE pk)
			FROM sqlite_master m
			WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%' AND m.name <> 'counter'
			  AND (SELECT count(*) FROM pragma_index_list(m.name) i WHERE i.origin = 'pk') = 0)`)
	wantKeys := names(t, pg, `
		SELECT t.relname || ' ' || (
			SELECT string_agg(a.attname, ',' ORDER BY k.n)
			FROM unnest(CAST(i.indkey AS smallint[])) WITH ORDINALITY AS k (attnum, n)
			JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum)
		FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace s ON s.oid = t.relnamespace
		WHERE i.indisunique AND s.nspname = 'public' AND t.relname NOT LIKE 'goose%'`)
	for i, k := range wantKeys {
		if k == "change xid,seq" {
			wantKeys[i] = "change seq"
		}
	}
	slices.Sort(wantKeys)
	if diff := cmp.Diff(wantKeys, keys); diff != "" {
		t.Errorf("unique keys (-PostgreSQL +SQLite):\n%s", diff)
	}
}

// TestListsReadIndexesInOrder proves by SQLite's plans that no first page sorts or reads more than it shows.
func TestListsReadIndexesInOrder(t *testing.T) {
	t.Parallel()
	db := open(t, engines["sqlite"](t))
	sorts := regexp.MustCompile(`USE TEMP B-TREE FOR ORDER BY`)
	for name, query := range store.ListQueries() {
		plan := strings.Join(plans(t, db, query.Text, query.Args), "\n")
		// The last sort is of the pages of the statuses: at most three, of which none is longer than a page.
		if n := len(sorts.FindAllString(plan, -1)); n > query.Sorts {
			t.Errorf("%s sorts:\n%s", name, plan)
		}
		if query.Index != "" && !strings.Contains(plan, query.Index) {
			t.Errorf("%s does not read %s:\n%s", name, query.Index, plan)
		}
	}
}

func plans(t *testing.T, db *store.DB, query string, args []any) []string {
	t.Helper()
	var out []string
	err := store.Read(db, itself)(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.Query(ctx, "EXPLAIN QUERY PLAN "+query, func(scan engine.Scan) error {
			var id, parent, unused int
			var detail string
			err := scan(&id, &parent, &unused, &detail)
			out = append(out, detail)
			return err
		}, args...)
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
