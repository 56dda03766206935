package testkit

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

// TestMain is also the victim of TestServerEndsWithItsStarter: a process that starts a server and is killed.
func TestMain(m *testing.M) {
	if os.Getenv("TESTKIT_VICTIM") == "1" {
		pg, err := StartPostgres(PGOptions{})
		if err != nil {
			panic(err)
		}
		fmt.Println(pg.URL("postgres"), pg.dir)
		_, _ = io.Copy(io.Discard, os.Stdin) // until killed
		return
	}
	goleak.VerifyTestMain(m)
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func setting(t *testing.T, conn *pgx.Conn, name string) (value string) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), "SELECT current_setting($1)", name).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func run(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func TestPostgresGivesEachTestItsOwnDatabase(t *testing.T) {
	t.Parallel()
	var urls [2]string
	for i := range urls {
		urls[i] = Postgres(t)
		conn := connect(t, urls[i])
		run(t, conn, "CREATE TABLE mine (x int)") // would fail in a database that is not empty
	}
	if urls[0] == urls[1] {
		t.Errorf("two calls gave the same database, %s", urls[0])
	}
}

func TestPostgresDropsTheDatabaseOfAFinishedTest(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("user", func(t *testing.T) { url = Postgres(t) })
	if url == "" {
		t.Skip("no PostgreSQL here")
	}
	if conn, err := pgx.Connect(t.Context(), url); err == nil {
		_ = conn.Close(t.Context())
		t.Errorf("%s is still there", url)
	}
}

func TestDurableKeepsFsync(t *testing.T) {
	t.Parallel()
	if got := setting(t, connect(t, Postgres(t)), "fsync"); got != "off" {
		t.Errorf("fsync of the shared server is %s; tests would wait for the disk", got)
	}
	pg := StandalonePostgres(t, PGOptions{Durable: true, Settings: map[string]string{"jit": "off"}})
	conn := connect(t, pg.URL("postgres"))
	for name, want := range map[string]string{"fsync": "on", "full_page_writes": "on", "jit": "off"} {
		if got := setting(t, conn, name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

func TestPostgresKeepsItsDataOverStopAndKill(t *testing.T) {
	t.Parallel()
	pg := StandalonePostgres(t, PGOptions{Durable: true})
	url := pg.Database(t)
	run(t, connect(t, url), "CREATE TABLE kept AS SELECT 42 AS x")
	for name, end := range map[string]func() error{"stop": pg.Stop, "kill": pg.Kill} {
		if err := end(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if conn, err := pgx.Connect(t.Context(), url); err == nil {
			_ = conn.Close(t.Context())
			t.Fatalf("the server still answers after %s", name)
		}
		if err := pg.Start(); err != nil {
			t.Fatalf("start after %s: %v", name, err)
		}
		run(t, connect(t, url), "SELECT x FROM kept")
	}
}

func TestServerEndsWithItsStarter(t *testing.T) {
	t.Parallel()
	Postgres(t) // skips where there is none
	victim := exec.CommandContext(t.Context(), os.Args[0])
	victim.Env = append(os.Environ(), "TESTKIT_VICTIM=1")
	stdin, err1 := victim.StdinPipe()
	stdout, err2 := victim.StdoutPipe()
	if err := errors.Join(err1, err2, victim.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stdin.Close() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url, dir, _ := strings.Cut(strings.TrimSpace(line), " ")
	conn := connect(t, url)

	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait()

	ctx, cancel := context.WithTimeout(t.Context(), stopLimit)
	defer cancel()
	if _, err := conn.WaitForNotification(ctx); err == nil || ctx.Err() != nil {
		t.Errorf("the server lives on after its starter was killed: %v", err)
	}
	err = poll(stopLimit, func() (bool, error) {
		_, err := os.Stat(dir)
		return errors.Is(err, os.ErrNotExist), nil
	})
	if err != nil {
		t.Errorf("its folder %s is still there: %v", dir, err)
	}
}

func TestPrometheusAndAlertmanager(t *testing.T) {
	t.Parallel()
	am := Alertmanager(t, map[string]string{"alertmanager.yml": "route: {receiver: none}\nreceivers: [{name: none}]\n"})
	prom := Prometheus(t, map[string]string{
		"prometheus.yml": "global: {evaluation_interval: 100ms}\nrule_files: [rules.yml]\n" +
			"alerting: {alertmanagers: [{static_configs: [{targets: ['" + strings.TrimPrefix(am.URL, "http://") + "']}]}]}\n",
		"rules.yml": "groups: [{name: g, rules: [{alert: Always, expr: vector(1)}]}]\n",
	}, "--rules.alert.resend-delay=1s")
	err := poll(startLimit, func() (bool, error) {
		alerts, err := get(t, am.URL+"/api/v2/alerts")
		return strings.Contains(alerts, "Always"), err
	})
	if err != nil {
		t.Errorf("the alert of %s did not reach %s: %v\n%s\n%s", prom.URL, am.URL, err, prom.tail(), am.tail())
	}
	if err := errors.Join(prom.Close(), am.Close()); err != nil {
		t.Error(err)
	}
	if _, err := get(t, prom.URL+"/-/ready"); err == nil {
		t.Error("Prometheus still answers after Close")
	}
}

func TestABadConfigurationSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	must(t, func() error { _, err := findAny([]string{"prometheus"}); return err }())
	fake := &fakeTB{}
	fake.run(func() { Prometheus(fake, map[string]string{"prometheus.yml": "nonsense: 1\n"}) })
	if !strings.Contains(fake.failed, "field nonsense not found") {
		t.Errorf("the message does not hold the server's own words: %q", fake.failed)
	}
}

func TestMissingPartSkipsUnlessRequired(t *testing.T) {
	t.Parallel()
	_, missing := find("rouse-no-such-program", t.TempDir())
	for _, c := range []struct {
		name            string
		err             error
		required        bool
		skipped, failed bool
	}{
		{name: "there"},
		{name: "missing", err: missing, skipped: true},
		{name: "missing and required", err: missing, required: true, failed: true},
		{name: "broken", err: errors.New("disk full"), failed: true},
	} {
		fake := &fakeTB{}
		fake.run(func() { judge(fake, c.err, c.required) })
		if (fake.skipped != "") != c.skipped || (fake.failed != "") != c.failed {
			t.Errorf("%s: skipped %q, failed %q", c.name, fake.skipped, fake.failed)
		}
	}
}

func get(t *testing.T, url string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

// fakeTB notes how a test would have ended.
type fakeTB struct{ skipped, failed string }

func (f *fakeTB) Helper()        {}
func (f *fakeTB) Cleanup(func()) {}
func (f *fakeTB) Skipf(format string, args ...any) {
	f.skipped = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (f *fakeTB) Fatalf(format string, args ...any) {
	f.failed = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (f *fakeTB) run(test func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		test()
	}()
	<-done
}

// A Redis that was killed comes back at the same address with what it had said yes to.
func TestRedis(t *testing.T) {
	t.Parallel()
	r := Redis(t, nil)
	ask := func(want string, command ...string) {
		t.Helper()
		if got, err := r.Ask(t.Context(), command...); err != nil || got != want {
			t.Errorf("%v: %q, want %q; %v", command, got, want, err)
		}
	}
	ask("+OK", "SET", "k", "12345")
	if err := errors.Join(r.Kill(), r.Start()); err != nil {
		t.Fatal(err)
	}
	ask(":5", "STRLEN", "k")
	ask("$5", "GET", "k")
}
