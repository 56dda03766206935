// Package operate_test keeps, moves and brings back what a server holds, with the parts that people have for it.
package operate_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"

	"github.com/rouse-oncall/rouse/internal/bench/history"
	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

const (
	adminToken = "operate-admin-token-0123456789"
	key        = "OperateIntegrationKey00000000000"
	limit      = 60 * time.Second
)

func TestMain(m *testing.M) { binary.Main(m) }

// operator is somebody with a server, a shell and a Prometheus.
type operator struct {
	*binary.Server
	t   *testing.T
	env []string
	dir string
}

const people = `
settings: {default_policy: p, fallback: [{user: ana@example.org}]}
users: [{email: ana@example.org, name: Ana, contacts: [{name: mail, kind: email, to: ana@example.org}], rules: {high: [{contact: mail}]}}]
escalation_policies: [{name: p, levels: [{ack_timeout: 15m, targets: [{user: ana@example.org}]}]}]
integrations: [{name: main, kind: alertmanager, key_env: OPERATE_KEY}]
`

func newOperator(t *testing.T, databaseURL string, env ...string) *operator {
	t.Helper()
	o := &operator{t: t, dir: t.TempDir()}
	config := filepath.Join(o.dir, "people.yaml")
	if err := os.WriteFile(config, []byte(people), 0o600); err != nil {
		t.Fatal(err)
	}
	o.env = append([]string{
		"ROUSE_ADMIN_TOKEN=" + adminToken, "ROUSE_CONFIG_DIR=" + config, "OPERATE_KEY=" + key, "ROUSE_TOKEN=" + adminToken, "ROUSE_KEEP_INCIDENTS=0",
	}, env...)
	o.serve(databaseURL)
	return o
}

// serve starts a server on this database; the commands work on it from now on.
func (o *operator) serve(databaseURL string) {
	o.t.Helper()
	o.env = append(o.env, "ROUSE_DATABASE_URL="+databaseURL)
	o.Server = binary.New(o.t, o.env...)
	o.Start(o.t)
}

// rouse runs a command, whose exit code must be as said; it gives all that was printed.
func (o *operator) rouse(exit int, args ...string) string {
	o.t.Helper()
	out, errs, code := binary.Run(o.t, o.dir, binary.Environment(append([]string{"ROUSE_URL=" + o.URL}, o.env...)...), args...)
	if code != exit {
		o.t.Fatalf("rouse %s: exit %d, not %d\n%s%s", strings.Join(args, " "), code, exit, out, errs)
	}
	return out + errs
}

func (o *operator) says(text string, words ...string) {
	o.t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			o.t.Errorf("it does not say %q:\n%s", word, text)
		}
	}
}

// send sends alerts, each of a service of its own.
func (o *operator) send(status string, names ...string) {
	o.t.Helper()
	alerts := make([]map[string]any, len(names))
	for i, n := range names {
		alerts[i] = map[string]any{"status": status, "startsAt": time.Now(), "labels": map[string]string{"alertname": n, "service": n, "severity": "critical"}}
		if status == "resolved" {
			alerts[i]["endsAt"] = time.Now()
		}
	}
	body, err := json.Marshal(map[string]any{"version": "4", "alerts": alerts})
	if err != nil {
		o.t.Fatal(err)
	}
	res, err := binary.Send(http.DefaultClient, o.URL, key, body)
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusAccepted {
		o.t.Fatalf("alerts are answered with %s", res.Status)
	}
}

// count is how many incidents there are, by status, as the API lists them.
func (o *operator) count() map[string]int {
	o.t.Helper()
	out := map[string]int{}
	for cursor := ""; ; {
		var page struct {
			Incidents []struct {
				Status string `json:"status"`
			} `json:"incidents"`
			Next string `json:"next_cursor"`
		}
		o.get(o.URL+"/incidents?limit=500&cursor="+url.QueryEscape(cursor), &page)
		for _, i := range page.Incidents {
			out[i.Status]++
		}
		if cursor = page.Next; cursor == "" {
			return out
		}
	}
}

func (o *operator) get(address string, into any) {
	o.t.Helper()
	r, err := http.NewRequestWithContext(o.t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		o.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if err := json.NewDecoder(res.Body).Decode(into); err != nil || res.StatusCode != http.StatusOK {
		o.t.Fatalf("%s: %s %v", address, res.Status, err)
	}
}

// watched waits until a Prometheus that scrapes the server knows a number.
func (o *operator) watched(prometheus, query string, want float64) {
	o.t.Helper()
	var last string
	defer func() {
		if o.t.Failed() {
			o.t.Logf("Prometheus said last: %s", last)
		}
	}()
	binary.Eventually(o.t, limit, query+" is "+fmt.Sprint(want), func() bool {
		var got struct {
			Data struct {
				Result []struct {
					Value [2]any `json:"value"`
				} `json:"result"`
			} `json:"data"`
		}
		o.get(prometheus+"/api/v1/query?query="+url.QueryEscape(query), &got)
		last = fmt.Sprint(got.Data.Result)
		return len(got.Data.Result) == 1 && got.Data.Result[0].Value[1] == fmt.Sprint(want)
	})
}

// prometheus scrapes the server, with the rules that Rouse comes with: all of them work there.
func (o *operator) prometheus() string {
	o.t.Helper()
	rules, err := os.ReadFile("../../infrastructure/prometheus/rouse.rules.yaml")
	if err != nil {
		o.t.Fatal(err)
	}
	at := testkit.Prometheus(o.t, map[string]string{"rules.yaml": string(rules), "prometheus.yml": fmt.Sprintf(`
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yaml]
scrape_configs: [{job_name: rouse, static_configs: [{targets: [%q]}]}]
`, strings.TrimPrefix(o.URL, "http://"))}).URL
	var got struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Health, LastError string } `json:"rules"`
			} `json:"groups"`
		} `json:"data"`
	}
	binary.Eventually(o.t, limit, "all rules are worked out", func() bool {
		o.get(at+"/api/v1/rules", &got)
		n := 0
		for _, g := range got.Data.Groups {
			for _, r := range g.Rules {
				if r.Health == "err" {
					o.t.Fatalf("rule %s: %s", r.Name, r.LastError)
				}
				if r.Health != "ok" {
					return false
				}
				n++
			}
		}
		return n > 10
	})
	return at
}

func container(t *testing.T, b *testkit.Buckets, name string) string {
	t.Helper()
	credential, err := azblob.NewSharedKeyCredential("devstoreaccount1", testkit.AzuriteKey)
	if err != nil {
		t.Fatal(err)
	}
	client, err := azblob.NewClientWithSharedKeyCredential(b.Endpoint(), credential, nil)
	if err == nil {
		_, err = client.CreateContainer(t.Context(), name, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.AzureURL(name)
}

// TestTheWholeWay: alerts come in, 100 days go by, what is old is archived in Azure's storage although that is ended in the
// middle, and a backup in S3 moves what is left from SQLite to PostgreSQL. The number of incidents agrees at each step.
func TestTheWholeWay(t *testing.T) {
	t.Parallel()
	azure, s3 := testkit.Azurite(t), testkit.S3(t)
	database := "sqlite:" + filepath.Join(t.TempDir(), "rouse.db")
	o := newOperator(t, database, append(append([]string{"ROUSE_BACKUP_KEY=a key for the backups of this test"}, azure.Env...), s3.Env...)...)
	const services, copies, open = 40, 99, 5
	var names, firing []string
	for i := range services {
		names = append(names, fmt.Sprintf("s%d", i))
	}
	o.send("firing", names...)
	o.send("resolved", names...)
	o.is(map[string]int{"resolved": services})
	o.Stop(t)
	if err := history.Multiply(t.Context(), database, copies, 100*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	o.Start(t)
	for i := range open {
		firing = append(firing, fmt.Sprintf("new%d", i))
	}
	o.send("firing", firing...)
	all := services * (copies + 1)
	o.is(map[string]int{"resolved": all, "open": open})
	o.watched(o.prometheus(), "sum(max by (service, environment, severity) (incident_active_total))", open)

	archive := container(t, azure, "archive")
	retain := []string{"retain", "--keep-incidents", "720h", "--archive-to", archive}
	var would struct {
		Incidents int `json:"incidents"`
	}
	if err := json.Unmarshal([]byte(o.rouse(0, append(retain, "--dry-run", "--json")...)), &would); err != nil || would.Incidents < all/2 {
		t.Fatalf("%d of %d are older than 30 days: %v", would.Incidents, all, err)
	}
	o.is(map[string]int{"resolved": all, "open": open})
	o.killed(archive, retain...)
	o.rouse(0, retain...)
	left := all - would.Incidents
	o.is(map[string]int{"resolved": left, "open": open})
	o.rouse(0, "archive", "verify", "--from", archive)
	if n := strings.Count(o.rouse(0, "archive", "query", "--from", archive), "\n"); n != would.Incidents {
		t.Errorf("%d incidents are found in the archive, %d went there", n, would.Incidents)
	}

	bucket := s3.S3URL(t, "backups")
	o.rouse(0, "backup", "--to", bucket)
	o.says(o.rouse(0, "backup", "list", "--from", bucket), fmt.Sprintf("%d incidents", left+open))
	o.Stop(t)
	moved := testkit.Postgres(t)
	o.says(o.rouse(0, "restore", "--from", bucket, "--database-url", moved), "Paging is HELD")
	o.serve(moved)
	o.is(map[string]int{"resolved": left, "open": open})
	o.rouse(0, "paging", "resume")
	o.send("firing", "after")
	o.is(map[string]int{"resolved": left, "open": open + 1})
	o.watched(o.prometheus(), "sum(max by (service, environment, severity) (incident_active_total))", open+1)
}

func (o *operator) is(want map[string]int) {
	o.t.Helper()
	if got := o.count(); fmt.Sprint(got) != fmt.Sprint(want) {
		o.t.Fatalf("incidents are %v, not %v", got, want)
	}
}

// killed runs a command and kills it once something of it is in the archive.
func (o *operator) killed(archive string, args ...string) {
	o.t.Helper()
	ctx, cancel := context.WithCancel(o.t.Context())
	defer cancel()
	cmd := exec.CommandContext(ctx, binary.Path(o.t), args...)
	cmd.Env, cmd.Dir = binary.Environment(o.env...), o.dir
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	binary.Eventually(o.t, limit, "something is archived", func() bool {
		return strings.Contains(o.rouse(0, "archive", "list", "--from", archive), " incidents, opened ")
	})
	cancel() // SIGKILL
	if err := cmd.Wait(); err == nil {
		o.t.Log("it had ended before it was killed")
	}
}

// TestBucketsThatRefuse: each says what is wrong, and what was there is there.
func TestBucketsThatRefuse(t *testing.T) {
	t.Parallel()
	azure, s3, readOnly := testkit.Azurite(t), testkit.S3(t), testkit.S3(t, "--readonly")
	database := "sqlite:" + filepath.Join(t.TempDir(), "rouse.db")
	o := newOperator(t, database, append(azure.Env, s3.Env...)...)
	o.send("firing", "a")
	o.send("resolved", "a")
	o.Stop(t)
	if err := history.Multiply(t.Context(), database, 1, 100*24*time.Hour); err != nil { // one that is old, too
		t.Fatal(err)
	}
	o.Start(t)
	good := s3.S3URL(t, "good")
	o.rouse(0, "backup", "--to", good)
	for _, c := range []struct {
		name, where, words string
		env                []string
	}{
		{"no container", azure.AzureURL("nothing"), ": it does not exist", nil},
		{"another account's key", container(t, azure, "there"), ": it refuses our credentials, or what they may do", []string{"AZURE_STORAGE_KEY=aGVsbG8="}},
		{"no bucket", strings.Replace(good, "good", "nothing", 1), ": it does not exist", nil},
		{"a wrong secret", good, ": it refuses our credentials, or what they may do", []string{"AWS_SECRET_ACCESS_KEY=wrong"}},
		{"a bucket to read from", readOnly.S3URL(t, "fixed"), ": it refuses our credentials, or what they may do", nil},
		{"a misspelt parameter", strings.Replace(good, "region", "regoin", 1), `unknown query parameter "regoin"`, nil},
	} {
		before := o.env
		o.env = append(append([]string{}, o.env...), c.env...)
		for _, args := range [][]string{{"backup", "--to", c.where}, {"retain", "--keep-incidents", "720h", "--archive-to", c.where}} {
			o.says(o.rouse(1, args...), c.words)
		}
		o.env = before
		o.is(map[string]int{"resolved": 2})
	}
	o.says(o.rouse(0, "restore", "--from", good, "--database-url", "sqlite:"+filepath.Join(t.TempDir(), "new.db")), "It was restored.")
}
