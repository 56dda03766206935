package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rouse-oncall/rouse/test/binary"
)

// TestReload: a server that is told so reads its files again; what is wrong in them changes nothing.
func TestReload(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, databaseURL string) {
		dir := t.TempDir()
		settings, people := filepath.Join(dir, "settings.yaml"), filepath.Join(dir, "people.yaml")
		write := func(path, text string) {
			t.Helper()
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write(settings, "log-level: info\n")
		write(people, "teams: [{name: one}]\n")
		w := newWorld(t, databaseURL, "15m", "ROUSE_CONFIG="+settings, "ROUSE_CONFIG_DIR="+people)
		knows := func(team string) bool {
			status, _ := w.call(t, "", http.MethodGet, "/api/v1/teams/"+team, nil)
			return status == http.StatusOK
		}
		says := func(words string) {
			t.Helper()
			w.Signal(t, syscall.SIGHUP)
			binary.Eventually(t, limit, "the log says "+words, func() bool { return strings.Contains(w.Log(), words) })
		}
		write(people, "teams: [{name: one}, {name: two}]\n")
		says("the settings were read again")
		if !knows("one") || !knows("two") || strings.Contains(w.Log(), "level=DEBUG") {
			t.Error("the second team is not known, or the log says too much")
		}
		write(settings, "log-level: debug\nintake-burst: 7\n")
		says("the log says everything now")
		if !strings.Contains(w.Log(), "setting=ROUSE_INTAKE_BURST") {
			t.Error("it is not said that the burst needs a start")
		}
		write(people, "teams: [{name: three}, {name: 3, mebmers: []}]\n")
		says("mebmers")
		write(people, "teams: [{name: four}]\n")
		write(settings, "no-such: debug\n")
		says("no-such")
		if knows("three") || knows("four") {
			t.Error("something was taken over from files that are wrong")
		}
	})
}

// TestMigrate: what would be done is said first, and then done.
func TestMigrate(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, databaseURL string) {
		rouse := func(words string, args ...string) {
			t.Helper()
			out, errs, code := binary.Run(t, t.TempDir(), []string{"ROUSE_DATABASE_URL=" + databaseURL}, append([]string{"migrate"}, args...)...)
			if code != 0 || !strings.Contains(out, words) {
				t.Fatalf("rouse migrate %v: exit %d, no %q in\n%s%s", args, code, words, out, errs)
			}
		}
		rouse("The tables are of version 0, this program needs ", "--plan")
		rouse("\n  0001_core.sql\n  0002_outbox.sql\n", "--plan")
		if path, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
			if _, err := os.Stat(path); err == nil {
				t.Error("a plan made the file")
			}
		}
		rouse("The tables were of version 0 and are of version ")
		rouse("as this program needs them", "--plan")
		rouse("as this program needs them")
	})
}
