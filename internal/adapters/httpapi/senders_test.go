package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// from sends with the key of the integration main.
func (b *bundle) from(t *testing.T, do, body string) (status int, answer string) {
	t.Helper()
	w := b.call(t, call{do: do, body: body, header: map[string]string{"Authorization": "Bearer " + b.key}})
	return w.Code, w.Body.String()
}

// statusOf is the status of an incident, "" where there is none.
func (b *bundle) statusOf(t *testing.T, number int) string {
	t.Helper()
	var i struct{ Status string }
	w := b.call(t, call{do: fmt.Sprintf("GET /incidents/%d", number), as: directory.Viewer})
	if err := json.Unmarshal(w.Body.Bytes(), &i); err != nil && w.Code != http.StatusNotFound {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return i.Status
}

func (b *bundle) wantStatus(t *testing.T, number int, want string) {
	t.Helper()
	if got := b.statusOf(t, number); got != want {
		t.Errorf("incident %d is %q, want %q", number, got, want)
	}
}

func promAlert(name string, ends time.Time) string {
	return fmt.Sprintf(`{"labels":{"alertname":%q,"service":"api","severity":"critical"},"startsAt":"2026-03-01T12:00:00Z","endsAt":%q,"generatorURL":"http://prom:9090/"}`, name, ends.Format(time.RFC3339))
}

func TestPrometheusItself(t *testing.T) {
	t.Parallel()
	b := setup(t)
	soon, past := time.Now().Add(4*time.Minute), time.Now().Add(-time.Minute)
	for name, do := range map[string]string{"by header": "POST /api/v2/alerts", "by address": "POST /k/" + b.key + "/api/v2/alerts"} {
		if status, answer := b.from(t, do, "["+promAlert("Down", soon)+"]"); status != 200 || answer != "" {
			t.Errorf("%s: %d %q", name, status, answer)
		}
	}
	b.wantStatus(t, 1, "open")
	// What is none is refused in words, and the others are stored all the same: nobody sends them again.
	status, answer := b.from(t, "POST /api/v2/alerts", `[{"labels":{}},`+promAlert("Down", past)+"]")
	if status != 400 || answer != "\"it has no labels\"\n" {
		t.Errorf("%d %q", status, answer)
	}
	b.wantStatus(t, 1, "resolved")
	if w := b.call(t, call{do: "GET /api/v1/quarantine", as: directory.Viewer}); strings.Count(w.Body.String(), `"reason"`) != 1 {
		t.Errorf("in quarantine: %s", w.Body)
	}
	for _, c := range []struct {
		do, body string
		want     int
	}{
		{"POST /api/v2/alerts", `{}`, 400}, {"DELETE /api/v2/alerts", ``, 405}, {"POST /k/wrong/api/v2/alerts", `[]`, 401},
		{"POST /api/v2/silences", `{}`, 400}, {"DELETE /api/v2/silence/1", ``, 400}, {"GET /api/v2/silence/1", ``, 404},
	} {
		if status, answer := b.from(t, c.do, c.body); status != c.want {
			t.Errorf("%s: %d %s", c.do, status, answer)
		}
	}
}

func TestAlertmanagersAPIShowsWhatTheKeySent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.apply(t, "integrations: [{name: other}]")
	soon := time.Now().Add(4 * time.Minute)
	b.from(t, "POST /api/v2/alerts", "["+promAlert("Down", soon)+","+promAlert("Slow", soon)+","+promAlert("Slow", soon.Add(-time.Hour))+"]")
	b.from(t, "POST /api/v2/alerts", "["+promAlert("Down", soon)+"]")
	for query, want := range map[string][]string{
		"": {"Down"}, "?filter=" + url.QueryEscape(`alertname="Down"`): {"Down"}, "?filter=" + url.QueryEscape(`alertname=~"D.*"`): {"Down"},
		"?filter=" + url.QueryEscape(`alertname!="Down"`): {}, "?filter=" + url.QueryEscape(`alertname!~"own"`): {"Down"}, "?active=false": {},
	} {
		_, answer := b.from(t, "GET /api/v2/alerts"+query, "")
		var alerts []amAlert
		if err := json.Unmarshal([]byte(answer), &alerts); err != nil || len(alerts) != len(want) || len(want) > 0 && alerts[0].Labels["alertname"] != want[0] {
			t.Errorf("%s: %s", query, answer)
		}
	}
	for do, want := range map[string]string{
		"GET /api/v2/alerts/groups": `"labels":{"alertname":"Down"}`, "GET /api/v2/receivers": `[{"name":"rouse"}]`, "GET /api/v2/silences": `[]`,
		"GET /api/v2/status": `"version":"0.28.0"`, "GET /k/" + b.key + "/api/v2/alerts": `"fingerprint"`, "GET /api/v2/alerts?filter=x": `is no matcher`,
	} {
		if _, answer := b.from(t, do, ""); !strings.Contains(answer, want) {
			t.Errorf("%s: %s", do, answer)
		}
	}
	if w := b.call(t, call{do: "GET /api/v2/alerts"}); w.Code != 401 || w.Body.String()[0] != '"' {
		t.Errorf("nobody: %d %s", w.Code, w.Body)
	}
}

func TestPagerDuty(t *testing.T) {
	t.Parallel()
	b := setup(t)
	event := func(action, dedup string) string {
		return fmt.Sprintf(`{"routing_key":%q,"event_action":%q,"dedup_key":%q,"payload":{"summary":"disk is full","source":"db-1","severity":"critical","component":"db"}}`, b.key, action, dedup)
	}
	send := func(body string) (int, pdAnswer) {
		w := b.call(t, call{do: "POST /v2/enqueue", body: body, header: map[string]string{"Content-Type": "text/plain"}})
		var a pdAnswer
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return w.Code, a
	}
	long := strings.Repeat("k", 200) // it is kept hashed, and answered as it was sent
	if status, a := send(event("trigger", long)); status != 202 || a.Status != "success" || a.Message != "Event processed" || a.DedupKey != long {
		t.Errorf("%d %+v", status, a)
	}
	b.wantStatus(t, 1, "open")
	for _, step := range []struct{ action, dedup, want string }{
		{"acknowledge", "another", "open"}, {"acknowledge", long, "acknowledged"}, {"acknowledge", long, "acknowledged"}, {"trigger", long, "acknowledged"},
		{"resolve", long, "resolved"}, {"resolve", long, "resolved"}, {"acknowledge", long, "resolved"},
	} {
		if status, a := send(event(step.action, step.dedup)); status != 202 {
			t.Errorf("%+v: %d %+v", step, status, a)
		}
		b.wantStatus(t, 1, step.want)
	}
	if status, a := send(event("trigger", "")); status != 202 || len(a.DedupKey) < 20 {
		t.Errorf("without a key: %d %+v", status, a)
	}
	for _, body := range []string{`{`, `{"routing_key":"unknown-key-of-nobody-at-all","event_action":"trigger","payload":{"summary":"s"}}`, event("explode", "d")} {
		if status, a := send(body); status != 400 || a.Status != "invalid event" || a.Message != "Event object is invalid" || len(a.Errors) == 0 {
			t.Errorf("%s: %d %+v", body, status, a)
		}
	}
	if status, _ := send(`{"a":"` + strings.Repeat("x", 600<<10) + `"}`); status != 413 {
		t.Errorf("too large: %d", status)
	}
	w := b.call(t, call{do: "POST /k/" + b.key + "/v2/change/enqueue", body: `{"payload":{"summary":"deployed"}}`})
	if w.Code != 202 || !strings.Contains(w.Body.String(), "Change event processed") {
		t.Errorf("a change: %d %s", w.Code, w.Body)
	}
}

func TestOpsgenie(t *testing.T) {
	t.Parallel()
	b := setup(t)
	call := func(do, body string) (int, ogAnswer) {
		t.Helper()
		w := b.call(t, call{do: do, body: body, header: map[string]string{"Authorization": "GenieKey " + b.key}})
		var a ogAnswer
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || a.RequestID == "" {
			t.Fatalf("%s: %d %s", do, w.Code, w.Body)
		}
		return w.Code, a
	}
	data := func(a ogAnswer, name string) any {
		m, _ := a.Data.(map[string]any)
		return m[name]
	}
	status, made := call("POST /v2/alerts", `{"message":"disk is full","alias":"disk/1","details":{"service":"db"},"priority":"P1","note":"look at it"}`)
	if status != 202 || made.Result != "Request will be processed" {
		t.Fatalf("%d %+v", status, made)
	}
	if _, did := call("GET /v2/alerts/requests/"+made.RequestID, ""); data(did, "alertId") != "disk/1" || data(did, "isSuccess") != true || data(did, "action") != "Create" {
		t.Errorf("the request: %+v", did)
	}
	b.wantStatus(t, 1, "open")
	for _, step := range []struct{ do, body, want string }{
		{"POST /v2/alerts/nobody/close?identifierType=alias", `{}`, "open"},
		{"POST /v2/alerts/disk%2F1/notes?identifierType=alias", `{"note":"a note"}`, "open"},
		{"POST /v2/alerts/disk%2F1/acknowledge?identifierType=alias", ``, "acknowledged"},
		{"PUT /v2/alerts/disk%2F1/message?identifierType=alias", `{"message":"disk is very full"}`, "acknowledged"},
		{"POST /v2/alerts/1/close?identifierType=tiny", `{"source":"am","note":"cleaned"}`, "resolved"},
		{"PUT /v2/alerts/disk%2F1/message?identifierType=alias", `{"message":"not again"}`, "resolved"},
	} {
		if status, a := call(step.do, step.body); status != 202 {
			t.Errorf("%s: %d %+v", step.do, status, a)
		}
		b.wantStatus(t, 1, step.want)
	}
	if _, a := call("GET /v2/alerts/disk%2F1", ""); data(a, "status") != "closed" || data(a, "message") != "disk is very full" || data(a, "tinyId") != "1" || data(a, "priority") != "P1" {
		t.Errorf("%+v", a)
	}
	timeline := b.call(t, callOf("GET /api/v1/incidents/1/timeline")).Body.String()
	for _, note := range []string{"look at it", "a note", "cleaned"} {
		if !strings.Contains(timeline, note) {
			t.Errorf("the note %q is not on the timeline: %s", note, timeline)
		}
	}
	for do, want := range map[string]int{
		"GET /v2/alerts/nobody": 404, "GET /v2/alerts/requests/nonsense": 404, "POST /v2/alerts/disk%2F1/snooze": 422, "GET /v2/alerts/77?identifierType=tiny": 404,
	} {
		if status, a := call(do, ""); status != want {
			t.Errorf("%s: %d %+v", do, status, a)
		}
	}
	if status, a := call("POST /v2/alerts", `{"alias":"x"}`); status != 422 || a.Errors["message"] == "" {
		t.Errorf("%d %+v", status, a)
	}
	if w := b.call(t, callOf("POST /v2/alerts")); w.Code != 401 || !strings.Contains(w.Body.String(), "Could not authenticate") {
		t.Errorf("an API token: %d %s", w.Code, w.Body)
	}
}

func callOf(do string) call { return call{do: do, as: directory.Viewer} }

// A key reads and answers what came with it, and nothing else.
func TestKeysReachOnlyTheirOwn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.call(t, call{do: "POST /api/v1/integrations", as: directory.Admin, body: `{"name":"other"}`})
	var other struct{ Key string }
	if err := json.Unmarshal(w.Body.Bytes(), &other); err != nil || other.Key == "" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	b.alerts(t, "api", "critical")
	fingerprint := fmt.Sprintf("%016x", len("api")+100*len("critical"))
	for _, c := range []struct{ do, body string }{
		{"POST /v2/enqueue", fmt.Sprintf(`{"routing_key":%q,"event_action":"acknowledge","dedup_key":%q}`, other.Key, fingerprint)},
		{"POST /v2/enqueue", fmt.Sprintf(`{"routing_key":%q,"event_action":"resolve","dedup_key":%q}`, other.Key, fingerprint)},
		{"POST /k/" + other.Key + "/v2/alerts/" + fingerprint + "/close?identifierType=alias", `{}`},
		{"POST /k/" + other.Key + "/v2/alerts/1/acknowledge?identifierType=tiny", `{}`},
	} {
		if w := b.call(t, call{do: c.do, body: c.body}); w.Code != 202 {
			t.Errorf("%s: %d %s", c.do, w.Code, w.Body)
		}
		b.wantStatus(t, 1, "open")
	}
	for _, do := range []string{"GET /k/" + other.Key + "/v2/alerts/" + fingerprint, "GET /k/" + other.Key + "/v2/alerts/1?identifierType=tiny"} {
		if w := b.call(t, call{do: do}); w.Code != 404 {
			t.Errorf("%s: %d %s", do, w.Code, w.Body)
		}
	}
	if w := b.call(t, call{do: "GET /k/" + other.Key + "/api/v2/alerts"}); w.Body.String() != "[]\n" {
		t.Errorf("shown: %s", w.Body)
	}
}

// Of an incident that another alert keeps open, an alert that is over can answer nothing.
func TestWhatIsOverAnswersNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, step := range [][2]string{{"trigger", "a"}, {"trigger", "b"}, {"resolve", "a"}, {"acknowledge", "a"}} {
		body := fmt.Sprintf(`{"event_action":%q,"dedup_key":%q,"payload":{"summary":"s","component":"db"}}`, step[0], step[1])
		if w := b.call(t, call{do: "POST /k/" + b.key + "/v2/enqueue", body: body}); w.Code != 202 {
			t.Errorf("%v: %d %s", step, w.Code, w.Body)
		}
	}
	b.wantStatus(t, 1, "open")
}
