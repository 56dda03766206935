// Package browser starts the built program and a real Alertmanager, and lets web/e2e look at them in a real browser.
package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

const (
	token = "browser-admin-token-0123456789"
	key   = "BrowserIntegrationKey00000000000"
	limit = 20 * time.Minute // of one run of the browser, on a busy machine
)

func TestMain(m *testing.M) { binary.Main(m) }

const people = `
settings: {default_policy: web, fallback: [{user: ana@example.org}]}
users:
  - {email: ana@example.org, name: Ana, role: admin, contacts: [{name: mail, kind: email, to: ana@example.org}], rules: {high: [{contact: mail}], low: [{contact: mail}]}}
  - {email: ben@example.org, name: Ben, contacts: [{name: mail, kind: email, to: ben@example.org}], rules: {high: [{contact: mail}], low: [{contact: mail}]}}
teams: [{name: web, members: [ana@example.org, ben@example.org]}]
escalation_policies:
  - {name: web, levels: [{ack_timeout: 15m, targets: [{user: ana@example.org}]}, {ack_timeout: 15m, targets: [{user: ben@example.org}]}]}
services: [{name: well, team: web}]
integrations: [{name: main, kind: alertmanager, key_env: BROWSER_KEY}]
`

const alertmanagerYML = `
route: {receiver: rouse, group_by: [service], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
receivers:
  - name: rouse
    webhook_configs: [{url: %s/alerts, send_resolved: true, http_config: {authorization: {credentials: %s}}}]
`

// TestInABrowser is all of web/e2e.
func TestInABrowser(t *testing.T) {
	chromium := needs(t)
	config := t.TempDir()
	if err := os.WriteFile(filepath.Join(config, "people.yaml"), []byte(people), 0o600); err != nil {
		t.Fatal(err)
	}
	mail := channeltest.NewSMTP(t, channeltest.SMTPOptions{})
	s := binary.New(t, "ROUSE_DATABASE_URL=sqlite:rouse.db", "ROUSE_ADMIN_TOKEN="+token, "ROUSE_CONFIG_DIR="+config, "BROWSER_KEY="+key, "ROUSE_SMTP_URL="+mail.URL())
	s.Start(t)
	password(t, s.URL)
	am := testkit.Alertmanager(t, map[string]string{"alertmanager.yml": fmt.Sprintf(alertmanagerYML, s.URL, key)})

	shots, err := filepath.Abs("../../web/e2e/screenshots")
	if err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "ROUSE_URL="+s.URL, "ROUSE_KEY="+key, "ROUSE_TOKEN="+token, "ALERTMANAGER_URL="+am.URL, "CHROMIUM="+chromium, "SCREENSHOTS="+shots)
	run := func(files ...string) {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		cmd := exec.CommandContext(ctx, "node", append([]string{"--test", "--test-reporter=spec", "--test-concurrency=1"}, files...)...)
		cmd.Dir, cmd.Env = "../../web", env
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%v\n%s", err, out)
			return
		}
		t.Logf("%s", out)
	}
	run("e2e/start.test.mjs", "e2e/main.test.mjs", "e2e/work.test.mjs", "e2e/offline.test.mjs", "e2e/push.test.mjs", "e2e/first-view.test.mjs", "e2e/set-up.test.mjs")
	if testkit.Full() {
		run("e2e/hour.test.mjs", "e2e/many.test.mjs") // after the others: they leave ten thousand incidents
	}
}

// needs gives the browser, or skips where something is missing; where everything must be there, that fails.
func needs(t *testing.T) string {
	t.Helper()
	lacks := func(what string) {
		if os.Getenv("ROUSE_REQUIRE_PARTS") != "" {
			t.Fatal(what)
		}
		t.Skip(what)
	}
	if _, err := os.Stat("../../internal/adapters/webui/dist/index.html"); err != nil {
		lacks("the web UI is not built: run make web first")
	}
	if _, err := os.Stat("../../web/node_modules/playwright-core"); err != nil {
		lacks("web/node_modules is not there: run make web first")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	lacks("there is no Chromium")
	return ""
}

// password lets Ana sign in.
func password(t *testing.T, url string) {
	t.Helper()
	var link struct{ Path string }
	call(t, url+"/api/v1/users/ana@example.org/password-link", map[string]string{}, &link)
	_, secret, _ := strings.Cut(link.Path, "token=")
	call(t, url+"/api/v1/password", map[string]string{"token": secret, "password": "a long enough password"}, nil)
}

func call(t *testing.T, url string, in, out any) {
	t.Helper()
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		t.Fatalf("%s: %d %s %v", url, res.StatusCode, body, err)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(body, out); err != nil {
		t.Fatal(err)
	}
}
