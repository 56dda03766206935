package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PagerDuty/go-pagerduty"
	ogalert "github.com/opsgenie/opsgenie-go-sdk-v2/alert"
	ogclient "github.com/opsgenie/opsgenie-go-sdk-v2/client"
	"github.com/sirupsen/logrus"

	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

// Each receiver gets the alerts of a name of its own.
const receiversYAML = `
route:
  receiver: none
  group_by: [alertname]
  group_wait: 1s
  group_interval: 1s
  repeat_interval: 1h
  routes:
    - {receiver: webhook, matchers: ['alertname="ByWebhook"']}
    - {receiver: pagerduty, matchers: ['alertname="ByPagerDuty"']}
    - {receiver: opsgenie, matchers: ['alertname="ByOpsgenie"']}
receivers:
  - name: none
  - name: webhook
    webhook_configs:
      - {url: '%[1]s/alerts', send_resolved: true, http_config: {authorization: {credentials: %[2]s}}}
  - name: pagerduty
    pagerduty_configs:
      - url: '%[1]s/v2/enqueue'
        routing_key: %[2]s
        severity: '{{ .CommonLabels.severity }}'
        component: '{{ .CommonLabels.service }}'
        class: '{{ .CommonLabels.alertname }}'
  - name: opsgenie
    opsgenie_configs:
      - {api_url: '%[1]s/', api_key: %[2]s, priority: P1, update_alerts: true}
`

const straightYAML = `
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
alerting:
  alertmanagers:
    - {static_configs: [{targets: ["%[1]s"]}]}
    - {static_configs: [{targets: ["%[2]s"]}], path_prefix: /k/%[3]s}
scrape_configs:
  - {job_name: story, static_configs: [{targets: ["%[4]s"]}]}
`

// Prometheus sends every alert to both of its Alertmanagers; only what is called Straight is to go to Rouse directly.
const sendersRulesYAML = `
groups:
  - name: story
    rules:
      - {alert: ByWebhook, expr: story_bad > 0, labels: {severity: critical, service: webhook}}
      - {alert: ByPagerDuty, expr: story_bad > 0, labels: {severity: critical, service: pagerduty}}
      - {alert: ByOpsgenie, expr: story_bad > 0, labels: {severity: critical, service: opsgenie}}
      - {alert: Straight, expr: story_bad > 0, labels: {severity: critical, service: straight}}
`

const straightKey = "EndToEndStraightKeyCanary0000000"

// incidents gives the statuses of a service's incidents.
func (w *world) incidents(t *testing.T, service string) (statuses []string) {
	t.Helper()
	var list struct{ Incidents []struct{ Status string } }
	_, b := w.call(t, "", http.MethodGet, "/incidents?service="+service, nil)
	if err := json.Unmarshal(b, &list); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	for _, i := range list.Incidents {
		statuses = append(statuses, i.Status)
	}
	return statuses
}

func (w *world) waitFor(t *testing.T, status string, services ...string) {
	t.Helper()
	for _, service := range services {
		binary.Eventually(t, limit, service+" "+status, func() bool {
			got := w.incidents(t, service)
			return len(got) == 1 && got[0] == status
		})
	}
}

// Senders that nobody here wrote: each opens one incident and resolves it.
func TestSendersOfOthers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL, "15m", "E2E_STRAIGHT="+straightKey)
		const more = "integrations: [{name: straight, kind: prometheus, key_env: E2E_STRAIGHT}]"
		if status, b := w.call(t, "", http.MethodPost, "/api/v1/apply", map[string]any{
			"files": []any{map[string]any{"name": "more.yaml", "content": more}}, "keys": map[string]string{"E2E_STRAIGHT": straightKey},
		}); status != http.StatusOK {
			t.Fatalf("%d %s", status, b)
		}
		t.Run("Prometheus and Alertmanager", func(t *testing.T) { realSenders(t, w) })
		t.Run("amtool", func(t *testing.T) { amtool(t, w) })
		t.Run("PagerDuty's SDK", func(t *testing.T) { pagerdutySDK(t, w) })
		t.Run("Opsgenie's SDK", func(t *testing.T) { opsgenieSDK(t, w) })
	})
}

func realSenders(t *testing.T, w *world) {
	var bad atomic.Bool
	bad.Store(true)
	metric := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, "story_bad %d\n", map[bool]int{true: 1}[bad.Load()])
	}))
	t.Cleanup(metric.Close)
	am := testkit.Alertmanager(t, map[string]string{"alertmanager.yml": fmt.Sprintf(receiversYAML, w.URL, key)})
	host := func(url string) string { return strings.TrimPrefix(url, "http://") }
	// Rouse takes all four from Prometheus, too, by another integration: the incidents are those of the services.
	testkit.Prometheus(t, map[string]string{
		"prometheus.yml": fmt.Sprintf(straightYAML, host(am.URL), host(w.URL), straightKey, host(metric.URL)), "rules.yml": sendersRulesYAML,
	}, "--rules.alert.resend-delay=1s")
	all := []string{"webhook", "pagerduty", "opsgenie", "straight"}
	w.waitFor(t, "open", all...)
	for _, service := range all[:3] { // Prometheus' own, and the one that came by the receiver
		binary.Eventually(t, limit, service+" by both ways", func() bool { return w.alertsOf(t, service) == 2 })
	}
	bad.Store(false)
	w.waitFor(t, "resolved", all...)
}

// alertsOf is how many alerts a service's one incident has.
func (w *world) alertsOf(t *testing.T, service string) int {
	t.Helper()
	var list struct {
		Incidents []struct {
			Count int `json:"alerts_count"`
		}
	}
	_, b := w.call(t, "", http.MethodGet, "/incidents?service="+service, nil)
	if err := json.Unmarshal(b, &list); err != nil || len(list.Incidents) != 1 {
		return 0
	}
	return list.Incidents[0].Count
}

func amtool(t *testing.T, w *world) {
	if _, err := exec.LookPath("amtool"); err != nil {
		t.Skip("amtool is not installed")
	}
	run := func(args ...string) (string, error) {
		out, err := exec.CommandContext(t.Context(), "amtool", append([]string{"--alertmanager.url=" + w.URL + "/k/" + straightKey}, args...)...).CombinedOutput()
		return string(out), err
	}
	must := func(args ...string) string {
		t.Helper()
		out, err := run(args...)
		if err != nil {
			t.Fatalf("amtool %q: %v: %s", args, err, out)
		}
		return out
	}
	must("alert", "add", "alertname=ByAmtool", "service=amtool", "severity=critical", "--annotation=summary=by hand")
	w.waitFor(t, "open", "amtool")
	if out := must("alert", "query", "alertname=ByAmtool"); !strings.Contains(out, "ByAmtool") || !strings.Contains(out, "active") {
		t.Errorf("shown: %s", out)
	}
	if out := must("alert", "query", "alertname=Another"); strings.Contains(out, "ByAmtool") {
		t.Errorf("shown though another was asked for: %s", out)
	}
	if out := must("config", "show"); !strings.Contains(out, "receiver: rouse") {
		t.Errorf("config: %s", out)
	}
	must("silence", "query")
	if out, err := run("silence", "add", "alertname=ByAmtool", "--comment=x"); err == nil || !strings.Contains(out, "NOT silenced") {
		t.Errorf("a silence: %v %s", err, out)
	}
	must("alert", "add", "alertname=ByAmtool", "service=amtool", "severity=critical", "--end="+time.Now().Add(-time.Second).UTC().Format(time.RFC3339), "--start="+time.Now().Add(-time.Hour).UTC().Format(time.RFC3339))
	w.waitFor(t, "resolved", "amtool")
}

func pagerdutySDK(t *testing.T, w *world) {
	client := pagerduty.NewClient("", pagerduty.WithV2EventsAPIEndpoint(w.URL))
	event := pagerduty.V2Event{
		RoutingKey: key, Action: "trigger", DedupKey: "by-sdk",
		Payload: &pagerduty.V2Payload{Summary: "disk is full", Source: "db-1", Severity: "critical", Component: "pd-sdk", Details: map[string]any{"disk": "sda"}},
	}
	for _, step := range []struct{ action, want string }{{"trigger", "open"}, {"acknowledge", "acknowledged"}, {"resolve", "resolved"}} {
		event.Action = step.action
		got, err := client.ManageEventWithContext(t.Context(), &event)
		if err != nil || got.Status != "success" || got.DedupKey != "by-sdk" {
			t.Fatalf("%s: %+v, %v", step.action, got, err)
		}
		w.waitFor(t, step.want, "pd-sdk")
	}
	event.Action = "explode"
	if _, err := client.ManageEventWithContext(t.Context(), &event); err == nil || !strings.Contains(err.Error(), "400") {
		t.Errorf("a wrong event: %v", err)
	}
}

func opsgenieSDK(t *testing.T, w *world) {
	quiet := logrus.New()
	quiet.SetLevel(logrus.PanicLevel)
	client, err := ogalert.NewClient(&ogclient.Config{ApiKey: key, OpsGenieAPIURL: ogclient.ApiUrl(strings.TrimPrefix(w.URL, "http://")), HttpClient: plainHTTP(), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	made, err := client.Create(ctx, &ogalert.CreateAlertRequest{Message: "disk is full", Alias: "by/sdk", Priority: ogalert.P1, Details: map[string]string{"service": "og-sdk"}})
	if err != nil {
		t.Fatal(err)
	}
	status, err := made.RetrieveStatus(ctx)
	if err != nil || !status.IsSuccess || status.Alias != "by/sdk" {
		t.Fatalf("the request: %+v, %v", status, err)
	}
	w.waitFor(t, "open", "og-sdk")
	shown, err := client.Get(ctx, &ogalert.GetAlertRequest{IdentifierType: ogalert.ALERTID, IdentifierValue: status.AlertID})
	if err != nil || shown.Message != "disk is full" || shown.Status != "open" || shown.TinyId == "" {
		t.Fatalf("%+v, %v", shown, err)
	}
	if _, err := client.AddNote(ctx, &ogalert.AddNoteRequest{IdentifierType: ogalert.TINYID, IdentifierValue: shown.TinyId, Note: "seen"}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Acknowledge(ctx, &ogalert.AcknowledgeAlertRequest{IdentifierType: ogalert.ALIAS, IdentifierValue: "by/sdk"}); err != nil {
		t.Fatal(err)
	}
	w.waitFor(t, "acknowledged", "og-sdk")
	if _, err := client.Close(ctx, &ogalert.CloseAlertRequest{IdentifierType: ogalert.ALIAS, IdentifierValue: "by/sdk", Note: "cleaned"}); err != nil {
		t.Fatal(err)
	}
	w.waitFor(t, "resolved", "og-sdk")
}

// plainHTTP is a client that goes to http where the SDK says https: it knows no other.
func plainHTTP() *http.Client {
	return &http.Client{Transport: plain{&http.Transport{DisableKeepAlives: true}}, Timeout: 20 * time.Second}
}

type plain struct{ *http.Transport }

func (p plain) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme = "http"
	return p.Transport.RoundTrip(r)
}
