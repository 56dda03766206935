// Package load runs k6 scripts against the built program: senders that burst, people who read, both at once.
// `make load` builds k6 and runs it; LOAD_SECONDS, LOAD_RATE and LOAD_SLACK make it longer, harder or more lenient.
package load

import (
	"encoding/json"
	"fmt"
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
	adminToken = "load-admin-token-0123456789abcdef"
	key        = "LoadIntegrationKey00000000000000"
	services   = 20
)

func TestMain(m *testing.M) { binary.Main(m) }

// TestLoad holds the server to the thresholds of each script, and what k6 counted to what the server did: every
// alert that was answered with 2xx is counted by the server, no other is, and every service paged its person once.
func TestLoad(t *testing.T) {
	k6 := os.Getenv("ROUSE_K6")
	if k6 == "" {
		t.Skip("k6 is not named by ROUSE_K6: `make load` builds it and runs this")
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		for _, script := range []string{"bursts", "readers", "mixed"} { // one after the other: each has the machine
			t.Run(engine+"/"+script, func(t *testing.T) {
				url := "sqlite:" + filepath.Join(t.TempDir(), "rouse.db")
				if engine == "postgres" {
					url = testkit.StandalonePostgres(t, testkit.PGOptions{Durable: true}).URL("postgres")
				}
				phones := channeltest.NewTwilio(t)
				s := binary.New(t, "ROUSE_DATABASE_URL="+url, "ROUSE_ADMIN_TOKEN="+adminToken, "ROUSE_TWILIO_URL="+phones.URL(),
					"ROUSE_KEY_LOAD="+key, "ROUSE_CONFIG_DIR="+config(t), "ROUSE_INTAKE_BURST=1000000")
				s.Start(t)
				sent := run(t, k6, script, s.URL)
				if got := s.Metric(t, "rouse_ingest_alerts_total"); got != sent || sent == 0 {
					t.Errorf("k6 had %d alerts answered with 2xx, the server counts %d", sent, got)
				}
				everyoneIsPaged(t, phones)
				s.Stop(t)
			})
		}
	}
}

// run runs a script and gives the alerts that were answered with 2xx. A threshold that is crossed fails the test.
func run(t *testing.T, k6, script, url string) int {
	t.Helper()
	summary := filepath.Join(t.TempDir(), "summary.json")
	cmd := exec.CommandContext(t.Context(), k6, "run", "--quiet", "--no-usage-report", "--no-color", "--summary-export", summary, script+".js")
	cmd.Env = append(os.Environ(), "URL="+url, "KEY="+key, "TOKEN="+adminToken, fmt.Sprint("SERVICES=", services))
	out, err := cmd.CombinedOutput()
	t.Logf("k6 run %s.js\n%s", script, out)
	if err != nil {
		t.Errorf("k6 run %s.js: %v (99: a threshold was crossed)", script, err)
	}
	text, err := os.ReadFile(summary)
	if err != nil {
		t.Fatal(err)
	}
	var found struct {
		Metrics struct {
			Accepted struct {
				Count float64 `json:"count"`
			} `json:"alerts_accepted"`
		} `json:"metrics"`
	}
	if err := json.Unmarshal(text, &found); err != nil {
		t.Fatal(err)
	}
	return int(found.Metrics.Accepted.Count)
}

// everyoneIsPaged waits for a message to the person of each service, and looks for a second one.
func everyoneIsPaged(t *testing.T, phones *channeltest.Twilio) {
	t.Helper()
	messages := map[string]int{}
	for deadline := time.Now().Add(30 * time.Second); len(messages) < services && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		clear(messages)
		for _, m := range phones.Taken() {
			messages[m.To]++
		}
	}
	for i := range services {
		if n := messages[phone(i)]; n != 1 {
			t.Errorf("the person of service %d has got %d messages, want 1", i, n)
		}
	}
}

func phone(i int) string { return fmt.Sprintf("+346%08d", i) }

// config writes what people own: a person, a policy and a service each.
func config(t *testing.T) string {
	t.Helper()
	var users, policies, owned strings.Builder
	for i := range services {
		fmt.Fprintf(&users, "  - {email: p%d@example.org, name: P%d, role: responder, contacts: [{name: phone, kind: sms, to: %q}], rules: {high: [{contact: phone}]}}\n", i, i, phone(i))
		fmt.Fprintf(&policies, "  - {name: load-%d, levels: [{ack_timeout: 1h, targets: [{user: p%d@example.org}]}]}\n", i, i)
		fmt.Fprintf(&owned, "  - {name: load-%d, escalation_policy: load-%d}\n", i, i)
	}
	dir := t.TempDir()
	text := "users:\n" + users.String() + "escalation_policies:\n" + policies.String() + "services:\n" + owned.String() +
		"integrations:\n  - {name: load, kind: alertmanager, key_env: ROUSE_KEY_LOAD}\n"
	if err := os.WriteFile(filepath.Join(dir, "load.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}
