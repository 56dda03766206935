// Package e2e drives the built program with the real programs around it.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

const (
	adminToken = "e2e-admin-token-0123456789-canary"
	key        = "EndToEndIntegrationKeyCanary0000"
	anaPhone   = "+34600000001"
	benPhone   = "+34600000002"
	limit      = 60 * time.Second // for what other processes do on a busy machine
)

func TestMain(m *testing.M) { binary.Main(m) }

// each runs a test on SQLite and on PostgreSQL.
func each(t *testing.T, f func(t *testing.T, databaseURL string)) {
	t.Helper()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			url := "sqlite:" + filepath.Join(t.TempDir(), "rouse.db")
			if engine == "postgres" {
				url = testkit.Postgres(t)
			}
			f(t, url)
		})
	}
}

// people: ana, then ben; each level has a few seconds to answer.
const people = `
settings: {default_policy: web, fallback: [{user: ana@example.org}]}
users:
  - {email: ana@example.org, name: Ana, role: admin,
     contacts: [{name: phone, kind: sms, to: "+34600000001"}, {name: mail, kind: email, to: ana@example.org}],
     rules: {high: [{contact: phone}, {contact: mail}], low: [{contact: mail}]}}
  - {email: ben@example.org, name: Ben, contacts: [{name: phone, kind: sms, to: "+34600000002"}], rules: {high: [{contact: phone}]}}
escalation_policies:
  - {name: web, repeat: 1, levels: [{ack_timeout: %[1]s, targets: [{user: ana@example.org}]}, {ack_timeout: %[1]s, targets: [{user: ben@example.org}]}]}
integrations:
  - {name: main, kind: alertmanager, key_env: E2E_KEY}
`

// world is a server with its providers.
type world struct {
	*binary.Server
	sms    *channeltest.Twilio
	mail   *channeltest.SMTP
	client *http.Client
}

func newWorld(t *testing.T, databaseURL, ackTimeout string, more ...string) *world {
	t.Helper()
	w := &world{
		sms: channeltest.NewTwilio(t), mail: channeltest.NewSMTP(t, channeltest.SMTPOptions{}),
		client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}},
	}
	config := t.TempDir()
	if err := os.WriteFile(filepath.Join(config, "people.yaml"), fmt.Appendf(nil, people, ackTimeout), 0o600); err != nil {
		t.Fatal(err)
	}
	w.Server = binary.New(t, append([]string{
		"ROUSE_DATABASE_URL=" + databaseURL, "ROUSE_SMTP_URL=" + w.mail.URL(), "ROUSE_TWILIO_URL=" + w.sms.URL(),
		"ROUSE_ADMIN_TOKEN=" + adminToken, "ROUSE_CONFIG_DIR=" + config, "E2E_KEY=" + key,
	}, more...)...)
	w.Start(t)
	return w
}

// call asks as the admin token, or by another secret.
func (w *world) call(t *testing.T, secret, method, path string, body any) (status int, answer []byte) {
	t.Helper()
	var payload io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		payload = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, w.URL+path, payload)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if secret == "" {
		secret = adminToken
	}
	r.Header.Set("Authorization", "Bearer "+secret)
	res, err := w.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, b
}

// fire sends alerts that fire, one a name.
func (w *world) fire(t *testing.T, names ...string) {
	t.Helper()
	var alerts []any
	for _, n := range names {
		alerts = append(alerts, map[string]any{"status": "firing", "startsAt": time.Now(), "labels": map[string]string{"alertname": n, "service": n, "severity": "critical"}})
	}
	if status, b := w.call(t, key, http.MethodPost, "/alerts", map[string]any{"version": "4", "alerts": alerts}); status != http.StatusAccepted {
		t.Fatalf("answered %d %s", status, b)
	}
}

// statusOf is the status of an incident.
func (w *world) statusOf(t *testing.T, number int) string {
	t.Helper()
	var i struct{ Status string }
	_, b := w.call(t, "", http.MethodGet, fmt.Sprintf("/incidents/%d", number), nil)
	if err := json.Unmarshal(b, &i); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	return i.Status
}

// waitSMS waits until Twilio has taken n SMS, and gives the last.
func (w *world) waitSMS(t *testing.T, n int) channeltest.SMS {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	got, err := w.sms.Wait(ctx, n)
	if err != nil {
		t.Fatalf("%d SMS, not %d: %+v", len(got), n, got)
	}
	return got[n-1]
}

// noFurtherSMS waits as long as one would have come.
func (w *world) noFurtherSMS(t *testing.T, within time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	n := len(w.sms.Taken())
	if got, err := w.sms.Wait(ctx, n+1); err == nil {
		t.Fatalf("one more: %+v", got[n])
	}
}
