package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/test/binary"
)

// find gives what the pattern's group matches.
func find(t *testing.T, text, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no %s in\n%s", pattern, text)
	}
	return m[1]
}

// TestFirstRun: nothing is configured, and what is printed is all that its owner needs.
func TestFirstRun(t *testing.T) {
	t.Parallel()
	w := &world{Server: binary.New(t), client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	w.Start(t)
	binary.Eventually(t, limit, "it prints all", func() bool { return strings.Contains(w.Output(), "credentials:") })
	said := w.Output()
	if !strings.Contains(said, "people reach it at "+w.URL) {
		t.Errorf("no address in\n%s", said)
	}
	token := find(t, said, regexp.QuoteMeta(w.URL)+`/setup\?token=(\S+)`)
	printed := find(t, said, "Key of the integration `main`, shown this once: ([0-9A-Za-z]{32})\n")
	if _, err := os.Stat(filepath.Join(w.Dir, "rouse.db")); err != nil {
		t.Errorf("the database: %v", err)
	}

	if status, b := w.call(t, "no-such-secret-at-all-000", http.MethodGet, "/setup?token="+token, nil); status != http.StatusUnauthorized {
		t.Errorf("a wrong token was answered %d %s", status, b)
	}
	admin := map[string]string{"token": token, "email": "Root@Example.org", "name": "Root", "password": "correct horse battery", "time_zone": "Europe/Madrid"}
	post := func(path string, body any) (int, string, *http.Cookie) {
		t.Helper()
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		res, err := w.client.Post(w.URL+path, "application/json", strings.NewReader(string(b)))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		var p struct{ Code string }
		_ = json.NewDecoder(res.Body).Decode(&p) // what is no problem has no code
		for _, c := range res.Cookies() {
			return res.StatusCode, p.Code, c
		}
		return res.StatusCode, p.Code, nil
	}
	status, code, cookie := post("/api/v1/setup", admin)
	if status != http.StatusOK || cookie == nil || !cookie.HttpOnly {
		t.Fatalf("answered %d %s, %v", status, code, cookie)
	}
	if status, code, _ = post("/api/v1/setup", admin); status != http.StatusForbidden || code != "setup.link" {
		t.Errorf("the link worked twice: %d %s", status, code)
	}
	if status, code, _ = post("/api/v1/session", map[string]string{"email": "root@example.org", "password": "correct horse battery"}); status != http.StatusOK {
		t.Errorf("signing in was answered %d %s", status, code)
	}

	out, errs, exit := binary.Run(t, w.Dir, []string{"ROUSE_URL=" + w.URL, "ROUSE_KEY=" + printed}, "send", "--label", "service=db")
	if exit != 0 || out != "opened #1\n" {
		t.Errorf("send: %d %s%s", exit, out, errs)
	}
	_, snippet, _ := strings.Cut(said, "route:")
	checkSnippet(t, "route:"+snippet)

	w.Stop(t) // what was said once is not said again
	before := len(w.Output())
	w.Start(t)
	binary.Eventually(t, limit, "it says where it listens", func() bool { return strings.Contains(w.Output()[before:], "listens on") })
	if again := w.Output()[before:]; strings.Contains(again, "/setup") || strings.Contains(again, "Key of") {
		t.Errorf("said again:\n%s", again)
	}
}

func checkSnippet(t *testing.T, snippet string) {
	t.Helper()
	amtool, err := exec.LookPath("amtool")
	if err != nil {
		t.Log("amtool is not installed: the snippet is not checked")
		return
	}
	file := filepath.Join(t.TempDir(), "alertmanager.yml")
	if err := os.WriteFile(file, []byte(snippet), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), amtool, "check-config", file).CombinedOutput(); err != nil {
		t.Errorf("amtool: %v\n%s\n%s", err, out, snippet)
	}
}
