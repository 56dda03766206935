package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

const alertmanagerYAML = `
route:
  receiver: rouse
  group_by: [alertname]
  group_wait: 1s
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: rouse
    webhook_configs:
      - url: %s/alerts
        send_resolved: true
        max_alerts: 0
        http_config: {authorization: {credentials: %s}}
`

const prometheusYAML = `
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ["%s"]}]}]}
scrape_configs:
  - {job_name: story, static_configs: [{targets: ["%s"]}]}
`

const rulesYAML = `
groups:
  - name: story
    rules:
      - alert: DiskFull
        expr: story_disk_used_ratio > 0.9
        labels: {severity: critical, service: db, env: prod}
        annotations: {summary: "disk {{ $labels.disk }} is full", runbook_url: "https://runbooks.example.org/disk"}
`

// TestPrometheusToPhone: a metric goes bad; a real Prometheus and a real Alertmanager tell of it.
func TestPrometheusToPhone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, databaseURL string) {
		var full atomic.Bool
		metric := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			ratio := 0.5
			if full.Load() {
				ratio = 0.97
			}
			_, _ = fmt.Fprintf(w, "story_disk_used_ratio{disk=\"sda\"} %v\n", ratio)
		}))
		t.Cleanup(metric.Close)
		w := newWorld(t, databaseURL, "6s")
		am := testkit.Alertmanager(t, map[string]string{"alertmanager.yml": fmt.Sprintf(alertmanagerYAML, w.URL, key)})
		testkit.Prometheus(t, map[string]string{
			"prometheus.yml": fmt.Sprintf(prometheusYAML, strings.TrimPrefix(am.URL, "http://"), strings.TrimPrefix(metric.URL, "http://")),
			"rules.yml":      rulesYAML,
		}, "--rules.alert.resend-delay=1s")
		full.Store(true)

		first := w.waitSMS(t, 1)
		if first.To != anaPhone || !strings.Contains(first.Body, "CRIT db prod: disk sda is full") || !strings.Contains(first.Body, "#1") {
			t.Errorf("SMS to %s: %s", first.To, first.Body)
		}
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		mails, err := w.mail.Wait(ctx, 1)
		if err != nil || mails[0].To[0] != "ana@example.org" || !strings.HasPrefix(mails[0].Subject, "[CRIT] db prod: disk sda is full") {
			t.Fatalf("%v, mail %+v", err, mails)
		}
		checkFields(t, w)

		if second := w.waitSMS(t, 2); second.To != benPhone { // nobody answered
			t.Errorf("SMS to %s: %s", second.To, second.Body)
		}
		status, b := w.call(t, "", http.MethodPost, "/resolve", map[string]any{"id": 1, "status": "acknowledged"})
		if status != http.StatusOK || !strings.Contains(string(b), `"changed":true`) {
			t.Fatalf("answered %d %s", status, b)
		}
		w.noFurtherSMS(t, 8*time.Second) // ben's timeout, and some
		full.Store(false)
		binary.Eventually(t, limit, "resolved", func() bool { return w.statusOf(t, 1) == "resolved" })
		if n := len(w.mail.Taken()); n != 1 {
			t.Errorf("%d mails", n)
		}
		if n := len(w.sms.Taken()); n != 2 {
			t.Errorf("%d SMS", n)
		}
	})
}

// checkFields checks an incident's names on the wire, for good.
func checkFields(t *testing.T, w *world) {
	t.Helper()
	_, b := w.call(t, "", http.MethodGet, "/incidents?status=open&service=db&env=prod&severity=critical", nil)
	var list struct {
		Incidents []map[string]json.RawMessage `json:"incidents"`
		Next      json.RawMessage              `json:"next_cursor"`
	}
	if err := json.Unmarshal(b, &list); err != nil || len(list.Incidents) != 1 || string(list.Next) != "null" {
		t.Fatalf("%v in %s", err, b)
	}
	i := list.Incidents[0]
	for field, want := range map[string]string{
		"title": `"disk sda is full"`, "service": `"db"`, "environment": `"prod"`, "severity": `"critical"`, "status": `"open"`,
		"assignee": "null", "runbook_url": `"https://runbooks.example.org/disk"`, "alerts_count": "1", "number": "1",
	} {
		if string(i[field]) != want {
			t.Errorf("%s is %s, not %s", field, i[field], want)
		}
	}
	var source, labels map[string]json.RawMessage
	var timeline []map[string]json.RawMessage
	for _, part := range []struct {
		raw  json.RawMessage
		into any
	}{{i["source_alert"], &source}, {i["timeline"], &timeline}} {
		if err := json.Unmarshal(part.raw, part.into); err != nil {
			t.Fatalf("%v in %s", err, b)
		}
	}
	if err := json.Unmarshal(source["labels"], &labels); err != nil || string(labels["alertname"]) != `"DiskFull"` || string(labels["disk"]) != `"sda"` {
		t.Errorf("labels %s", source["labels"])
	}
	if len(source["fingerprint"]) != 18 || len(source["startsAt"]) < 20 { // 16 hex digits, a time
		t.Errorf("source alert %s", i["source_alert"])
	}
	if len(timeline) != 1 || string(timeline[0]["status"]) != `"open"` || len(timeline[0]["timestamp"]) < 20 {
		t.Errorf("timeline %s", i["timeline"])
	}
	var id string
	if err := json.Unmarshal(i["id"], &id); err != nil || len(id) != 36 {
		t.Fatalf("id %s", i["id"])
	}
	one, b := w.call(t, "", http.MethodGet, "/incidents/"+id, nil)
	var same map[string]json.RawMessage
	if err := json.Unmarshal(b, &same); err != nil || one != http.StatusOK || string(same["id"]) != string(i["id"]) {
		t.Errorf("shown by its id: %d %s", one, b)
	}
}
