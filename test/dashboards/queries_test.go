package dashboards

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rouse-oncall/rouse/internal/testkit"
)

// TestEveryQueryGivesData runs all queries of all panels with their variables filled in as Grafana does.
func TestEveryQueryGivesData(t *testing.T) {
	t.Parallel()
	dashboards := read(t)
	w := newWorld(t)
	w.live(t)
	rows := w.reader(t)
	for name, d := range dashboards {
		values := w.values(t, &d, rows)
		for _, p := range d.Panels {
			for _, q := range p.Targets {
				what := fmt.Sprintf("%s, %s, query %s", name, p.Title, q.RefID)
				if q.RawSQL != "" {
					text := fill(t, q.RawSQL, values)
					if n, err := count(t.Context(), rows, text); err != nil || n == 0 {
						t.Errorf("%s: %d rows, %v\n%s", what, n, err, text)
					}
					continue
				}
				text := fill(t, q.Expr, values)
				if err := gives(t.Context(), w.prometheus, text, q.Instant); err != nil {
					t.Errorf("%s: %v\n%s", what, err, text)
				}
			}
		}
	}
	nights(t, rows)
	w.lint(t)
}

// gives asks again for a few seconds: what a gauge was is gone when a busy server is too late for one look of Prometheus.
func gives(ctx context.Context, p *testkit.Server, expr string, instant bool) error {
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		found, err := ask(ctx, p, expr, instant)
		switch {
		case found || err != nil:
			return err
		case time.Now().After(deadline):
			return errors.New("no data")
		}
	}
}

// ask says whether a Prometheus has a number for an expression, within the last minute or now.
func ask(ctx context.Context, p *testkit.Server, expr string, instant bool) (found bool, err error) {
	now := time.Now()
	path, q := "/api/v1/query_range", url.Values{
		"query": {expr}, "start": {strconv.FormatInt(now.Add(-time.Minute).Unix(), 10)}, "end": {strconv.FormatInt(now.Unix()+1, 10)}, "step": {"1"},
	}
	if instant {
		path, q = "/api/v1/query", url.Values{"query": {expr}}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+path+"?"+q.Encode(), http.NoBody)
	if err != nil {
		return false, err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: limit}
	res, err := client.Do(r)
	if err != nil {
		return false, err
	}
	defer func() { _ = res.Body.Close() }()
	var answer struct {
		Error string
		Data  struct {
			Result []struct {
				Value  []any
				Values [][]any
			}
		}
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return false, err
	}
	for _, s := range answer.Data.Result {
		for _, v := range append(s.Values, s.Value) {
			found = found || len(v) == 2 && v[1] != "NaN"
		}
	}
	if answer.Error != "" {
		err = errors.New(answer.Error)
	}
	return found, err
}

// reader is the account that the guide lets dashboards have: it must do.
func (w *world) reader(t *testing.T) *pgx.Conn {
	t.Helper()
	guide, err := os.ReadFile(root + "docs/guide/reporting.md")
	if err != nil {
		t.Fatal(err)
	}
	grants := regexp.MustCompile("(?s)```sql\n(.*?)```").FindStringSubmatch(string(guide))
	if grants == nil {
		t.Fatal("the guide has no SQL")
	}
	owner, err := pgx.Connect(t.Context(), w.databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := owner.Exec(t.Context(), grants[1]); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // roles are the whole server's
		_, err := owner.Exec(context.Background(), "DROP OWNED BY grafana; DROP ROLE grafana")
		if err := errors.Join(err, owner.Close(context.Background())); err != nil {
			t.Error(err)
		}
	})
	conn, err := pgx.Connect(t.Context(), w.databaseURL)
	if err == nil {
		_, err = conn.Exec(t.Context(), "SET ROLE grafana")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	for _, secret := range []string{"user_account", "message", "session"} {
		if _, err := count(t.Context(), conn, "SELECT * FROM "+secret); err == nil {
			t.Errorf("the guide's account reads %s", secret)
		}
	}
	return conn
}

func count(ctx context.Context, conn *pgx.Conn, query string) (n int, err error) {
	rows, err := conn.Query(ctx, query)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}

// values are what Grafana fills in: the last hour, and the variables as they are when the dashboard is opened.
func (w *world) values(t *testing.T, d *dashboard, rows *pgx.Conn) map[string]string {
	t.Helper()
	now := time.Now()
	out := map[string]string{
		"__from": strconv.FormatInt(now.Add(-time.Hour).UnixMilli(), 10), "__to": strconv.FormatInt(now.UnixMilli(), 10),
		"__range": "1h", "__rate_interval": "30s",
	}
	for _, v := range d.Templating.List {
		switch {
		case v.Type == "custom":
			out[v.Name], _ = v.Current.Value.(string)
			if !strings.Contains(v.Query, out[v.Name]) {
				t.Errorf("%s: %s is %q, of %q", d.Title, v.Name, out[v.Name], v.Query)
			}
		case v.Type == "query" && v.Datasource.Type == "prometheus":
			out[v.Name] = w.label(t, v.Query)
		case v.Type == "query":
			out[v.Name] = all(t, rows, v.Query)
		}
	}
	return out
}

// label is the first value of label_values(metric, label).
func (w *world) label(t *testing.T, query string) string {
	t.Helper()
	m := regexp.MustCompile(`^label_values\((\w+), (\w+)\)$`).FindStringSubmatch(query)
	if m == nil {
		t.Fatalf("what is %s?", query)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.prometheus.URL+"/api/v1/label/"+m[2]+"/values?match[]="+m[1], http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := w.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var answer struct{ Data []string }
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || len(answer.Data) == 0 {
		t.Fatalf("%s: %v, %v", query, answer.Data, err)
	}
	return answer.Data[0]
}

// all are the values of a variable, quoted for SQL.
func all(t *testing.T, rows *pgx.Conn, query string) string {
	t.Helper()
	found, err := rows.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %v, %v", query, names, err)
	}
	for i, n := range names {
		names[i] = "'" + strings.ReplaceAll(n, "'", "''") + "'"
	}
	return strings.Join(names, ",")
}

var reference = regexp.MustCompile(`\$(?:\{(\w+)(?::sqlstring)?\}|(\w+))`)

// fill puts values in for $name, ${name} and ${name:sqlstring}.
func fill(t *testing.T, text string, values map[string]string) string {
	t.Helper()
	return reference.ReplaceAllStringFunc(text, func(ref string) string {
		m := reference.FindStringSubmatch(ref)
		v, ok := values[m[1]+m[2]]
		if !ok {
			t.Errorf("nobody fills in %s in %s", ref, text)
		}
		return v
	})
}

// nights holds the views to what happened: it is night for both, each was woken, ana again when ben had not answered.
func nights(t *testing.T, rows *pgx.Conn) {
	t.Helper()
	found, err := rows.Query(t.Context(), `SELECT person || ' ' || team || ' ' || bool_and(night) || ' ' || (count(DISTINCT night_of) = 1) FROM report_page GROUP BY person, team ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(found, pgx.RowTo[string])
	if want := "[Ana _none true true Ana web true true Ben _none true true]"; err != nil || fmt.Sprint(got) != want {
		t.Errorf("pages are %v, want %s; %v", got, want, err)
	}
	var open, acknowledged int
	err = rows.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE status = 'open'), count(seconds_to_acknowledge) FROM report_incident`).Scan(&open, &acknowledged)
	if err != nil || open != 1 || acknowledged != 2 {
		t.Errorf("%d open, %d acknowledged, %v; want 1 and 2", open, acknowledged, err)
	}
}

// lint has promtool look at the metrics of a server that has worked. One name was given to us.
func (w *world) lint(t *testing.T) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+"/metrics", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := w.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	cmd := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
	cmd.Stdin = res.Body
	said, _ := cmd.CombinedOutput() // it ends badly where it finds anything
	const exempt = `incident_active_total non-counter metrics should not have "_total" suffix`
	if strings.TrimSpace(string(said)) != exempt {
		t.Errorf("promtool says\n%s", said)
	}
}
