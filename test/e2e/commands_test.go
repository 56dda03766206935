package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/test/binary"
)

// TestCommands: what people type, and what they read.
func TestCommands(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL, "15m")
		env := []string{"ROUSE_URL=" + w.URL, "ROUSE_TOKEN=" + adminToken, "ROUSE_KEY=" + key, "ROUSE_DATABASE_URL=" + databaseURL, "ROUSE_PUBLIC_URL=" + w.URL}
		// rouse runs a command, whose exit code must be as said; it gives all that was printed.
		rouse := func(exit int, args ...string) string {
			t.Helper()
			out, errs, code := binary.Run(t, w.Dir, env, args...)
			if code != exit {
				t.Fatalf("rouse %s: exit %d, not %d\n%s%s", strings.Join(args, " "), code, exit, out, errs)
			}
			return out + errs
		}
		says := func(text string, words ...string) {
			t.Helper()
			for _, word := range words {
				if !strings.Contains(text, word) {
					t.Fatalf("it does not say %q:\n%s", word, text)
				}
			}
		}
		says(rouse(0, "version"), "rouse ")
		says(rouse(0, "incidents", "list"), "No incidents.")
		says(rouse(0, "send", "--alertname", "DiskFull", "-l", "service=db", "--summary", "disk full"), "opened #1")
		says(rouse(0, "send", "--alertname", "DiskFull", "-l", "service=db", "--summary", "disk full"), "refreshed #1")
		says(rouse(0, "send", "--alertname", "Slow", "-l", "service=web", "--severity", "warning"), "opened #2")
		says(rouse(0, "incidents", "list", "--status", "open"), "NUMBER", "#1", "critical", "db", "disk full", "#2", "warning", "web")
		says(rouse(0, "incidents", "show", "#1"), "#1 CRITICAL  disk full", "open · db", "Opened by DiskFull", "Paging Ana: level 1 of web")
		says(rouse(0, "incidents", "ack", "#1", "2", "--note", "looking"), "#1 acknowledged", "2 acknowledged")
		says(rouse(0, "incidents", "ack", "1"), "1 was acknowledged already by ")
		says(rouse(0, "incidents", "show", "1"), "acknowledged it: looking")
		says(rouse(0, "incidents", "resolve", "1"), "1 resolved")
		says(rouse(1, "incidents", "ack", "1", "99"), "1 NOT changed: incident.already_resolved", "99 NOT changed: incident.not_found")
		says(rouse(1, "incidents", "show", "99"), "incident.not_found")
		says(rouse(0, "send", "--alertname", "Slow", "-l", "service=web", "--severity", "warning", "--resolved"), "resolved #2")
		var list struct {
			Incidents []struct {
				Number int
				Status string
			} `json:"incidents"`
		}
		if err := json.Unmarshal([]byte(rouse(0, "incidents", "list", "--json")), &list); err != nil || len(list.Incidents) != 2 || list.Incidents[0].Status != "resolved" {
			t.Errorf("%v, %+v", err, list)
		}
		says(rouse(3, "incidents", "list", "--token", "wrong"), "auth.token_wrong")
		says(rouse(3, "send", "--key", "wrong"), "alerts.key_wrong")
		says(rouse(4, "incidents", "list", "--url", "http://127.0.0.1:1"), "no server answers")
		resetPassword(t, w, rouse(0, "user", "reset", "ben@example.org"))
		says(rouse(1, "user", "reset", "nobody@example.org"), "nobody@example.org")
		applies(t, w, rouse, says)
	})
}

// resetPassword chooses a password by the printed link, beside the running server.
func resetPassword(t *testing.T, w *world, said string) {
	t.Helper()
	token := find(t, said, `/password\?token=(\S+)`)
	for _, want := range []int{http.StatusOK, http.StatusForbidden} {
		res, err := w.client.Post(w.URL+"/api/v1/password", "application/json",
			strings.NewReader(fmt.Sprintf(`{"token":%q,"password":"correct horse battery"}`, token)))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Fatalf("answered %d, not %d", res.StatusCode, want)
		}
	}
}

// applies changes what people own from files: all of it or nothing.
func applies(t *testing.T, w *world, rouse func(exit int, args ...string) string, says func(text string, words ...string)) {
	t.Helper()
	file := filepath.Join(w.Dir, "more.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	exists := func(service string) bool {
		status, _ := w.call(t, "", http.MethodGet, "/api/v1/services/"+service, nil)
		return status == http.StatusOK
	}
	write("services:\n  - {name: shop, escalation_policy: web}\nintegrations:\n  - {name: extra, kind: alertmanager}\n")
	says(rouse(0, "apply", "-f", file), "create service shop", "2 would change", "--yes")
	says(rouse(0, "plan", "-f", file), "create service shop", "2 would change")
	if exists("shop") {
		t.Error("a dry run created it")
	}
	said := rouse(0, "apply", "-f", file, "--yes")
	says(said, "create service shop", "Applied: 2 changed", "Key of the integration extra, shown this once: ")
	find(t, said, `shown this once: ([0-9A-Za-z]{32})\n`)
	if !exists("shop") {
		t.Error("it was not created")
	}
	says(rouse(0, "apply", "-f", file, "--yes"), "Nothing to change")

	write("services:\n  - {name: bar, escalation_policy: web}\n  - name: foo\n    escalation_policy: nothing\n")
	says(rouse(1, "apply", "-f", file, "--yes"), file+":4", "services[1].escalation_policy", `"nothing"`)
	write("services:\n  - {name: bar, escalation_policy: web, team: nobodys}\n  - name: foo\n    escalation_policy: nothing\n")
	says(rouse(1, "apply", "-f", file, "--yes"), file+":2: services[0].team: ", file+":4: services[1].escalation_policy: ")
	write("services:\n  - {name: bar, escalation_policy: web}\n  - {name: foo, policy: web}\n")
	says(rouse(2, "apply", "-f", file, "--yes"), file+":3", "services[1].policy")
	if exists("bar") || exists("foo") {
		t.Error("half of a wrong file was applied")
	}
}
