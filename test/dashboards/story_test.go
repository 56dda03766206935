package dashboards

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

const (
	adminToken = "dashboards-admin-token-0123456789"
	key        = "DashboardsIntegrationKeyCanary00"
	limit      = 90 * time.Second // for what other processes do on a busy machine; the synthetic alert comes each minute
)

// people: the nights of both are now. What nobody owns is of no team.
const people = `
settings: {default_policy: shop, fallback: [{user: ana@example.org}]}
users:
  - {email: ana@example.org, name: Ana, role: admin, time_zone: %[1]s, contacts: [{name: c, kind: sms, to: "+34600000001"}], rules: {high: [{contact: c}]}}
  - {email: ben@example.org, name: Ben, time_zone: %[1]s, contacts: [{name: c, kind: sms, to: "+34600000002"}], rules: {high: [{contact: c}]}}
teams:
  - {name: web, members: [ana@example.org]}
escalation_policies:
  - {name: shop, levels: [{ack_timeout: 2s, targets: [{user: ana@example.org}]}]}
  - {name: db, levels: [{ack_timeout: 2s, targets: [{user: ben@example.org}]}]}
services:
  - {name: shop, team: web, escalation_policy: shop, correlate: alert}
  - {name: db, escalation_policy: db, correlate: alert}
integrations:
  - {name: main, kind: alertmanager, key_env: DASHBOARDS_KEY}
`

const prometheusYAML = `
global: {scrape_interval: 1s}
scrape_configs:
  - {job_name: rouse, static_configs: [{targets: ["%s"]}]}
`

// nightNow is a zone in which it is between 2 and 3 in the night.
func nightNow() string {
	west := time.Now().UTC().Hour() - 2
	if west > 12 {
		west -= 24
	}
	return fmt.Sprintf("Etc/GMT%+d", west)
}

// world is a server, what it keeps its rows in, and who looks at its metrics.
type world struct {
	*binary.Server
	databaseURL string
	prometheus  *testkit.Server
	native      *testkit.Server // a Prometheus that asks for native histograms
	sms         *channeltest.Twilio
	client      http.Client
}

// newWorld has Prometheus look before there is anything, which it begins to 5 s after its start: what is counted is then seen
// from 0 on.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{databaseURL: testkit.Postgres(t), sms: channeltest.NewTwilio(t), client: http.Client{Timeout: limit}}
	t.Cleanup(w.client.CloseIdleConnections)
	config := t.TempDir()
	if err := os.WriteFile(filepath.Join(config, "people.yaml"), fmt.Appendf(nil, people, nightNow()), 0o600); err != nil {
		t.Fatal(err)
	}
	w.Server = binary.New(t, "ROUSE_DATABASE_URL="+w.databaseURL, "ROUSE_TWILIO_URL="+w.sms.URL(), "ROUSE_ADMIN_TOKEN="+adminToken,
		"ROUSE_CONFIG_DIR="+config, "ROUSE_BACKUP_TO="+t.TempDir(), "DASHBOARDS_KEY="+key)
	scrape := map[string]string{"prometheus.yml": fmt.Sprintf(prometheusYAML, strings.TrimPrefix(w.URL, "http://"))}
	w.prometheus, w.native = testkit.Prometheus(t, scrape), testkit.Prometheus(t, scrape, "--enable-feature=native-histograms")
	sees(t, w.prometheus, "up == 0")
	w.Start(t)
	return w
}

// send tells of alerts, each "service name".
func (w *world) send(t *testing.T, status string, alerts ...string) {
	t.Helper()
	doc := struct {
		Version string           `json:"version"`
		Alerts  []map[string]any `json:"alerts"`
	}{Version: "4"}
	for _, a := range alerts {
		service, name, _ := strings.Cut(a, " ")
		one := map[string]any{"status": status, "startsAt": time.Now(), "labels": map[string]string{"alertname": name, "service": service, "severity": "critical"}}
		if status == "resolved" {
			one["endsAt"] = time.Now()
		}
		doc.Alerts = append(doc.Alerts, one)
	}
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	res, err := binary.Send(&w.client, w.URL, key, text)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusAccepted {
		t.Fatalf("alerts are answered %s", res.Status)
	}
}

func (w *world) acknowledge(t *testing.T, number int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.URL+"/resolve", bytes.NewBufferString(fmt.Sprintf(`{"id": %d, "status": "acknowledged"}`, number)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+adminToken)
	res, err := w.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("acknowledging is answered %s", res.Status)
	}
}

// live lets things break twice: a counter that is new counts from its second event on. One incident stays open.
func (w *world) live(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	w.send(t, "firing", "shop Slow")
	if _, err := w.sms.Wait(ctx, 1); err != nil {
		t.Fatal(err)
	}
	w.acknowledge(t, 1)
	w.send(t, "resolved", "shop Slow")
	sees(t, w.prometheus, `incident_resolved_total{service="shop"}`)
	w.send(t, "firing", "shop Down", "db Full") // ana's phone is left alone for a minute now, ben's rings
	if _, err := w.sms.Wait(ctx, 2); err != nil {
		t.Fatal(err)
	}
	w.acknowledge(t, 2)
	sees(t, w.prometheus, `rouse_incident_exhausted_total{service="db"}`)
	w.send(t, "resolved", "shop Down")
	sees(t, w.prometheus, `incident_resolved_total{service="shop"} == 2`)
	sees(t, w.prometheus, `increase(rouse_probe_seconds_count[10m]) > 0`)
	sees(t, w.native, `histogram_count(incident_duration_seconds{service="shop"}) == 2`)
}

// sees waits until a Prometheus has something.
func sees(t *testing.T, p *testkit.Server, expr string) {
	t.Helper()
	binary.Eventually(t, limit, "Prometheus has "+expr, func() bool {
		found, err := ask(t.Context(), p, expr, true)
		return err == nil && found
	})
}
