package store_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/app/insight/readertest"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/ports"
	"github.com/rouse-oncall/rouse/internal/ports/porttest"
)

// big is how many rows make a table one that no statement may read from end to end.
const big = 5000

// small are the tables that do not grow with what happens: what people own, who may come in, single rows.
var small = []string{
	"api_token", "channel", "edited", "escalation_policy", "heard", "integration", "lease", "link", "linked", "look", "merged", "paging", "password", "payload", "pulse", "room", "secret", "sender", "service", "session",
	"settings", "team", "uptime", "user_account",
}

// excused are statements that do read more than they give, by what only they say.
var excused = map[string]string{
	"{contains search":                           "a search looks into each incident of its filters: insight has no index of words",
	"SET due_at = due_at + $1":                   "once after intake was down, every timer of some kinds moves",
	"AS MATERIALIZED":                            "the auditor compares all open incidents with all timers, by two indexes",
	"{plain ":                                    "a list by several filters reads the narrow table in its order until a page is full",
	"FROM correlation WHERE inc":                 "a merge by a person looks for the keys of one incident: an index would cost every alert that opens one",
	"GROUP BY service_id":                        "counts every unresolved incident, by their part of an index",
	"EXISTS (SELECT 1 FROM alert":                "the newest incidents of one integration: asked for on its page, over a week",
	"EXISTS (SELECT 1 FROM page":                 "the incidents of which somebody was paged: asked for by a link of a figure, over its time",
	"to_answer, lasted FROM":                     "figures read all of their time, from the narrow table",
	"FROM (SELECT number FROM":                   "pages of all incidents of a time, as figures do",
	"min(due_at) AS at":                          "for who drives time: stories and the demonstration",
	"SELECT count(*) FROM message WHERE id <":    "a command counts what a server would remove",
	"SELECT count(*) FROM quarantine WHERE at <": "a command counts what a server would remove",
	"FROM listing l JOIN incident":               "the auditor goes through all unresolved incidents, page by page",
}

// few are partial indexes that hold so little that they may be read whole.
var few = map[string]string{
	"listing_open": "incidents that are not resolved: the auditor's",
	"message_look": "messages that are not done with: their oldest is asked for with the metrics",
	"timer_grace":  "resolved incidents whose alerts may still fire",
}

// whatIsSent gives each statement that the store's suites make it send and that has no excuse, once a way.
func whatIsSent(t *testing.T) []store.Sent {
	rec := &store.Recorder{}
	opened := func(t *testing.T) *store.DB {
		db := open(t, engines["sqlite"](t))
		rec.Listen(db)
		return db
	}
	t.Run("suites", func(t *testing.T) {
		conforming := func(t *testing.T) porttest.Store {
			return porttest.Store{First: store.Atomic(opened(t), store.Intake, repos)}
		}
		porttest.Incidents(t, conforming)
		porttest.Alerts(t, conforming)
		porttest.Timers(t, conforming)
		porttest.Watch(t, conforming)
		porttest.Changes(t, conforming)
		porttest.Directory(t, conforming)
		porttest.Outbox(t, func(t *testing.T) porttest.OutboxStore {
			db := opened(t)
			return porttest.OutboxStore{First: store.Atomic(db, store.Engine, outboxRepos), Outbox: db.Outbox(), Messages: db.Messages(), Sent: db.Sent(), Usage: db.Usage()}
		})
		readertest.Run(t, func(t *testing.T) readertest.Store {
			db := opened(t)
			return readertest.Store{Reader: db.Insight(), Around: db.Around(), Figures: db.Figures(), Atomically: store.Atomic(db, store.People, readerRepos)}
		})
		porttest.Accounts(t, func(t *testing.T) ports.Atomically[porttest.AccountRepos] {
			return store.Atomic(opened(t), store.People, accountRepos)
		})
	})
	outside(t, opened(t))
	allHeard(t, rec.Sent())
	once := map[string]store.Sent{}
	for _, s := range rec.Sent() {
		if excuse(s) == "" {
			once[fmt.Sprint(s.Way, s.Text(true))] = s
		}
	}
	if len(once) < 150 {
		t.Errorf("only %d statements were heard: the test shows little", len(once))
	}
	out := make([]store.Sent, 0, len(once))
	for _, key := range slices.Sorted(maps.Keys(once)) {
		out = append(out, once[key])
	}
	return out
}

// outside calls what the store does beside the ports of its suites.
func outside(t *testing.T, db *store.DB) {
	now := time.Now()
	_, err1 := db.Ages(t.Context(), now)
	_, err2 := db.AnyDue(t.Context(), nil, now)
	_, err3 := db.NextDue(t.Context(), now)
	_, err9 := db.Size(t.Context())
	if err := cmp.Or(db.Ping(t.Context()), err1, err2, err3, err9); err != nil {
		t.Fatal(err)
	}
	live(t, db)
	past, _, err4 := db.History().Over(t.Context(), now.Add(24*time.Hour), ports.Past{}, 50)
	records, err5 := db.Records().Records(t.Context(), past)
	_, err8 := db.History().Forget(t.Context(), past, now.Add(24*time.Hour))
	err6 := db.Records().Revive(t.Context(), records)
	_, err7 := db.History().ForgetKeys(t.Context(), "", 50)
	if err := cmp.Or(err4, err5, err6, err7, err8); err != nil {
		t.Fatal(err)
	}
	for _, what := range []ports.Gone{ports.GoneQuarantine, ports.GonePayloads, ports.GoneMessages} {
		_, err1 := db.Others().ForgetOther(t.Context(), what, now, 50)
		_, err2 := db.Others().CountOther(t.Context(), what, now)
		if err := cmp.Or(err1, err2); err != nil {
			t.Fatal(err)
		}
	}
	critical := alert.Critical()
	for _, f := range []insight.Filter{ // each way of listing that has an index: the suite mixes them as chance wills
		{}, {Service: "s"}, {Environment: "prod"}, {Team: "team-1"}, {Assignee: "u"}, {Priority: 3}, {Severity: &critical},
	} {
		f.Limit = 51
		if _, err := db.Insight().List(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
}

var (
	statement = regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\s`)
	holes     = regexp.MustCompile(`\{[^}]*\}|%\w`) // what is filled in later
	spaces    = regexp.MustCompile(`\s+`)
)

// allHeard looks for every statement that is written in this package among those that were sent.
func allHeard(t *testing.T, sent []store.Sent) {
	var heard strings.Builder
	for _, s := range sent {
		heard.WriteString(spaces.ReplaceAllString(s.Text(true)+" "+s.Text(false)+" ", " "))
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			l, ok := n.(*ast.BasicLit)
			// `rouse verify` and backups read all there is, in order: that is their purpose. A write that changes nothing is
			// tried where the disk was full, which no suite brings about.
			if !ok || l.Kind != token.STRING || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "verify") || strings.HasPrefix(name, "copy") {
				return true
			}
			text, err := strconv.Unquote(l.Value)
			if err != nil || !statement.MatchString(text) || strings.HasPrefix(text, "UPDATE settings SET id = id") {
				return true
			}
			parts := holes.Split(spaces.ReplaceAllString(text, " "), -1)
			longest := slices.MaxFunc(parts, func(a, b string) int { return len(a) - len(b) })
			if !strings.Contains(heard.String(), strings.TrimSpace(longest)) {
				t.Errorf("%s: no suite makes the store send %s", name, text)
			}
			return true
		})
	}
}

// node is one step of PostgreSQL's plan.
type node struct {
	Kind     string `json:"Node Type"`
	Relation string `json:"Relation Name"`
	Index    string `json:"Index Name"`
	Cond     string `json:"Index Cond"`
	Filter   string `json:"Filter"`
	Plans    []node `json:"Plans"`
}

// whole says where a plan reads a table from end to end: in its own order, in an index's without a condition
// on its first column, or in an index's until enough has passed a filter. limited is below a LIMIT that ends
// the reading.
func (p planner) whole(n node, limited bool) []string {
	var out []string
	index := strings.Contains(n.Kind, "Index")
	narrow := index && n.Cond != "" && slices.Contains(columnNames.FindAllString(n.Cond, -1), p.first[n.Index]) &&
		(p.first[n.Index] != "status" || n.Filter == "" || strings.Contains(n.Cond, "opened_at")) && // nearly all are resolved
		(p.first[n.Index] != "integration" || !strings.Contains(n.Filter, "firing")) // and nearly all alerts are over
	switch {
	case n.Kind == "Seq Scan" && p.isBig(n.Relation):
		out = append(out, "Seq Scan of "+n.Relation)
	case index && p.first[n.Index] != "" && !narrow && (!limited || n.Filter != "" || n.Cond != ""):
		out = append(out, n.Kind+" of all "+n.Index)
	}
	switch n.Kind {
	case "Limit":
		limited = true
	case "Append", "Merge Append", "Subquery Scan", "LockRows", "Result": // pass on what they get, row by row
	default:
		limited = false
	}
	for _, below := range n.Plans {
		out = append(out, p.whole(below, limited)...)
	}
	return out
}

// planner asks PostgreSQL how it would run statements, on the pools that run them.
type planner struct {
	t     *testing.T
	db    *store.DB
	isBig func(table string) bool
	first map[string]string // columns of the indexes of big tables
}

var columnNames = regexp.MustCompile(`\w+`)

func newPlanner(t *testing.T, db *store.DB, rows map[string]int) planner {
	p := planner{t, db, func(table string) bool { return rows[table] >= big }, map[string]string{}}
	for _, i := range names(t, db, `
		SELECT i.relname || ' ' || t.relname || ' ' || a.attname
		FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
		JOIN pg_namespace s ON s.oid = t.relnamespace
		JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]
		WHERE s.nspname = 'public'`) {
		part := strings.Fields(i)
		if p.isBig(part[1]) && few[part[0]] == "" {
			p.first[part[0]] = part[2]
		}
	}
	return p
}

// wrong gives what a statement reads whole, by the plans for its values and for any.
func (p planner) wrong(s store.Sent) []string {
	p.t.Helper()
	var out []string
	err := s.Way.Go(p.t.Context(), p.db, func(q engine.Session) error {
		ask := func(explain string, args ...any) error {
			return q.Query(p.t.Context(), explain, func(scan engine.Scan) error {
				var text string
				if err := scan(&text); err != nil {
					return err
				}
				var plans []struct{ Plan node }
				err := json.Unmarshal([]byte(text), &plans)
				for _, root := range plans {
					out = append(out, p.whole(root.Plan, false)...)
				}
				return err
			}, args...)
		}
		if err := ask("EXPLAIN (FORMAT JSON) "+s.Text(true), s.Values(true)...); err != nil || s.Way.Name == "read" || s.Way.Lane == store.People {
			return err // readers' plans are always made for their values
		}
		if _, err := q.Exec(p.t.Context(), `SET LOCAL plan_cache_mode = force_generic_plan`); err != nil {
			return err
		}
		if _, err := q.Exec(p.t.Context(), "PREPARE any_values AS "+s.Text(true)); err != nil {
			return err
		}
		values := strings.TrimSuffix(strings.Repeat("NULL, ", len(s.Values(true))), ", ")
		if values != "" {
			values = "(" + values + ")"
		}
		if err := ask("EXPLAIN (FORMAT JSON) EXECUTE any_values" + values); err != nil {
			return err
		}
		_, err := q.Exec(p.t.Context(), `DEALLOCATE any_values`)
		return err
	})
	if err != nil {
		p.t.Errorf("%v in %s", err, s.Text(true))
	}
	return out
}

func excuse(s store.Sent) string {
	for part, why := range excused {
		if strings.Contains(s.Query, part) || s.Batch != nil && strings.Contains(s.Batch.Postgres, part) {
			return why
		}
	}
	return ""
}

// TestNoStatementReadsABigTableWhole explains every statement that the store sends on a database of many
// incidents: those that its suites make it send, found at its engine and not in a list. Then it takes away one
// index after the other, and must see it.
func TestNoStatementReadsABigTableWhole(t *testing.T) {
	t.Parallel()
	sent := whatIsSent(t)
	t.Run("sqlite", func(t *testing.T) { sqliteSearches(t, sent) })
	t.Run("postgres", func(t *testing.T) { postgresSearches(t, sent) })
}

// scans are what SQLite calls reading a table or an index from end to end.
var scans = regexp.MustCompile(`^SCAN (\w+)`)

// sqliteSearches needs no rows: SQLite plans by the tables and their indexes, for it is never told to ANALYZE.
func sqliteSearches(t *testing.T, sent []store.Sent) {
	url := engines["sqlite"](t)
	db := open(t, url)
	grows := slices.DeleteFunc(names(t, db, `SELECT name FROM sqlite_master WHERE type = 'table'`), func(table string) bool {
		return slices.Contains(small, table)
	})
	wrong := func(db *store.DB, s store.Sent) []string {
		return slices.DeleteFunc(plans(t, db, s.Text(false), s.Values(false)), func(step string) bool {
			m := scans.FindStringSubmatch(step)
			// The first page of all; and here every change has the xid 0.
			all := !strings.Contains(s.Query, "WHERE") || strings.Contains(s.Text(false), "c.xid = 0")
			first := all && strings.Contains(s.Query, "LIMIT")
			return m == nil || first || !isOf(m[1], s.Text(false), grows)
		})
	}
	before := make([][]string, len(sent))
	for i, s := range sent {
		if before[i] = wrong(db, s); len(before[i]) > 0 {
			t.Errorf("%v: %s\n%s", s.Way, strings.Join(before[i], ", "), s.Text(false))
		}
	}
	change(t, db, "DROP INDEX timer_due")
	anew := open(t, url) // what is open already plans by the tables that it saw
	missed := false
	for i := 0; i < len(sent) && !missed; i++ {
		missed = newly(before[i], wrong(anew, sent[i]))
	}
	if !missed {
		t.Error("without the index timer_due nothing is found to be wrong: this test is blind")
	}
}

// isOf says whether a name in a statement is one of these tables, or stands for one.
func isOf(name, text string, tables []string) bool {
	return slices.ContainsFunc(tables, func(table string) bool {
		return table == name || regexp.MustCompile(`\b(FROM|JOIN)\s+`+table+`\s+`+name+`\b`).MatchString(text)
	})
}

// newly says whether something is wrong that was not before: what always was shows nothing.
func newly(before, after []string) bool {
	return slices.ContainsFunc(after, func(w string) bool { return !slices.Contains(before, w) })
}

// change changes the schema.
func change(t *testing.T, db *store.DB, ddl string) {
	t.Helper()
	err := store.Atomic(db, store.People, itself)(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, ddl)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func postgresSearches(t *testing.T, sent []store.Sent) {
	db := grown(t, engines["postgres"](t))
	rows := tables(t, db)
	for table, n := range rows {
		if n < big && !slices.Contains(small, table) {
			t.Errorf("the table %s has %d rows here: fill it in grown, or say that it stays small", table, n)
		}
	}
	p := newPlanner(t, db, rows)
	before := make([][]string, len(sent))
	for i, s := range sent {
		if before[i] = p.wrong(s); len(before[i]) > 0 {
			t.Errorf("%v: %s\n%s", s.Way, strings.Join(before[i], ", "), s.Text(true))
		}
	}
	for _, index := range names(t, db, indexesOfBigTables) {
		part := strings.SplitN(index, " ", 3)
		name, table, definition := part[0], part[1], part[2]
		// Without alert_firing, the primary key finds the same, past all that ever fired of an integration.
		if !p.isBig(table) || name == "listing_open" || name == "alert_firing" {
			continue
		}
		change(t, db, "DROP INDEX "+name)
		missed := false
		for i := 0; i < len(sent) && !missed; i++ {
			missed = strings.Contains(sent[i].Text(true), table) && newly(before[i], p.wrong(sent[i]))
		}
		change(t, db, definition) // each is looked at with all others in place
		if !missed {
			t.Errorf("without the index %s nothing is found to be wrong: no statement needs it, or this test is blind", name)
		}
	}
}

// indexesOfBigTables are those that only speed things up: name, table, definition.
const indexesOfBigTables = `
	SELECT i.relname || ' ' || t.relname || ' ' || pg_get_indexdef(i.oid)
	FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
	JOIN pg_namespace s ON s.oid = t.relnamespace
	WHERE s.nspname = 'public' AND NOT x.indisunique`
