package httpapi

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// integrationOf makes an integration and gives its key.
func (b *bundle) integrationOf(t *testing.T, body string) string {
	t.Helper()
	w := b.call(t, call{do: "POST /api/v1/integrations", as: directory.Admin, body: body})
	var made struct{ Key string }
	if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || made.Key == "" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return made.Key
}

func TestHeartbeat(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.integrationOf(t, `{"name":"backup","kind":"heartbeat","every":"10m","grace":"1m"}`)
	for _, c := range []struct {
		do, body string
		want     int
		words    string
	}{
		{"GET /heartbeat/" + key, "", 200, `"missing_after":"11m0s"`},
		{"POST /heartbeat/" + key + "?service=db&severity=warning", `{"status":"firing"}`, 200, `"alive":true`},
		{"POST /heartbeat/" + key, `{"status":"resolved"}`, 202, `"alive":false`},
		{"HEAD /heartbeat/" + key, "", 200, ""},
		{"DELETE /heartbeat/" + key, "", 405, ""},
		{"GET /heartbeat/wrong", "", 401, "alerts.key_wrong"},
		{"GET /heartbeat/" + b.key, "", 400, "alerts.no_heartbeat"},
	} {
		if w := b.call(t, call{do: c.do, body: c.body}); w.Code != c.want || !strings.Contains(w.Body.String(), c.words) {
			t.Errorf("%s: %d %s", c.do, w.Code, w.Body)
		}
	}
	if due, err := b.db.AnyDue(t.Context(), []incident.TimerKind{incident.TimerMissing}, time.Now().Add(11*time.Minute+time.Second)); !due || err != nil {
		t.Errorf("nothing would notice that it is missing: %v", err)
	}
	if due, _ := b.db.AnyDue(t.Context(), []incident.TimerKind{incident.TimerMissing}, time.Now().Add(10*time.Minute)); due {
		t.Error("it would be missing too soon")
	}
}

func TestHeartbeatsSettings(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for body, code := range map[string]string{
		`{"name":"a","kind":"heartbeat"}`:                             "integration.every",
		`{"name":"a","kind":"heartbeat","every":"1s"}`:                "integration.every",
		`{"name":"a","kind":"heartbeat","every":"1m","grace":"800h"}`: "integration.grace",
		`{"name":"a","kind":"webhook","transform":"body."}`:           "integration.transform",
		`{"name":"a","kind":"pigeon"}`:                                "request.invalid",
	} {
		if w := b.call(t, call{do: "POST /api/v1/integrations", as: directory.Admin, body: body}); !strings.Contains(w.Body.String(), code) {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}

const oneAlert = `{status: body.state, labels: {alertname: body.name, service: "db", severity: "critical"}}`

func TestWebhook(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.integrationOf(t, `{"name":"hook","kind":"webhook","transform":`+quoted(oneAlert)+`}`)
	plain := b.integrationOf(t, `{"name":"plain","kind":"webhook"}`)
	for _, step := range []struct {
		body, outcome, status string
	}{
		{`{"state":"firing","name":"Full"}`, "opened", "open"}, {`{"state":"resolved","name":"Full"}`, "resolved", "resolved"},
		{`{"state":"odd","name":"Full"}`, "quarantined", "resolved"}, {`7`, "quarantined", "resolved"},
	} {
		w := b.call(t, call{do: "POST /k/" + key + "/webhook", body: step.body})
		if w.Code != 202 || !strings.Contains(w.Body.String(), step.outcome) {
			t.Errorf("%s: %d %s", step.body, w.Code, w.Body)
		}
		b.wantStatus(t, 1, step.status)
	}
	if w := b.call(t, call{do: "POST /k/" + key + "/webhook", body: `{`}); w.Code != 400 {
		t.Errorf("no JSON: %d %s", w.Code, w.Body)
	}
	// One without a transform loses nothing either.
	if w := b.call(t, call{do: "POST /webhook", body: `{"a":1}`, header: map[string]string{"Authorization": "Bearer " + plain}}); w.Code != 202 || !strings.Contains(w.Body.String(), "quarantined") {
		t.Errorf("without a transform: %d %s", w.Code, w.Body)
	}
}

func quoted(s string) string {
	raw, _ := json.Marshal(s) // a text always can be
	return string(raw)
}

func TestPreview(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.integrationOf(t, `{"name":"hook","kind":"webhook"}`)
	b.call(t, call{do: "POST /k/" + key + "/webhook", body: `{"state":"firing","name":"Full"}`})
	b.call(t, call{do: "POST /k/" + key + "/webhook", body: `{"state":"firing","name":"A second one at once is not kept"}`})
	preview := func(body string) (out previewList) {
		t.Helper()
		w := b.call(t, call{do: "POST /api/v1/integrations/hook/preview", as: directory.Admin, body: body})
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return out
	}
	got := preview(`{"transform":` + quoted(oneAlert) + `}`).Previews
	if len(got) != 1 || len(got[0].Alerts) != 1 || got[0].At == nil || got[0].Alerts[0].Title != "Full" || got[0].Alerts[0].Service != "db" || got[0].Alerts[0].Status != "firing" {
		t.Errorf("%+v", got)
	}
	got = preview(`{"transform":` + quoted(oneAlert) + `,"sample":"{\"state\":\"odd\"}"}`).Previews
	if len(got) != 2 || got[0].At != nil || len(got[0].Problems) != 1 {
		t.Errorf("%+v", got)
	}
	if got := preview(`{"transform":"body.","sample":"{}"}`).Previews; !strings.Contains(got[0].Problem, "transform failed") {
		t.Errorf("%+v", got)
	}
}
