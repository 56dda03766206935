package httpapi

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/app/intake"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

type received struct {
	Received int
	Results  []struct{ Fingerprint, Outcome, Incident string }
}

func TestReceiveAlerts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, want := range []string{"opened", "refreshed"} {
		w := b.alerts(t, "api", "critical")
		var got received
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusAccepted {
			t.Fatalf("%d %s: %v", w.Code, w.Body, err)
		}
		if got.Received != 1 || len(got.Results) != 1 || got.Results[0].Outcome != want || got.Results[0].Incident != "1" {
			t.Errorf("%s: %+v", want, got)
		}
	}
}

// What cannot be an alert has its result where it stood in the request, and the rest is taken.
func TestResultsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	body := `{"version":"4","status":"firing","alerts":[7,{"labels":{"alertname":"A"},"fingerprint":"aa"},{"status":"odd","fingerprint":"x"},{"labels":{"alertname":"B"},"fingerprint":"bb"},[]]}`
	w := b.call(t, call{do: "POST /alerts", body: body, header: map[string]string{"Authorization": "Bearer " + b.key}})
	var got received
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	var outcomes []string
	for _, r := range got.Results {
		outcomes = append(outcomes, r.Outcome+" "+r.Fingerprint)
	}
	if d := cmp.Diff([]string{"quarantined ", "opened aa", "quarantined ", "opened bb", "quarantined "}, outcomes); d != "" {
		t.Error(d)
	}
	q := b.call(t, call{do: "GET /api/v1/quarantine", as: directory.Viewer})
	if n := strings.Count(q.Body.String(), `"reason"`); n != 3 {
		t.Errorf("%d are in quarantine: %s", n, q.Body)
	}
}

func TestAlertsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good := alertBodyOf("api", "critical")
	bearer := "Bearer " + b.key
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	if _, err := z.Write(bytes.Repeat([]byte(" "), 50<<20)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		body   string
		header map[string]string
		want   int
		code   string
	}{
		"no key":       {good, nil, 401, "alerts.key_missing"},
		"empty key":    {good, map[string]string{"Authorization": "Bearer "}, 401, "alerts.key_missing"},
		"wrong key":    {good, map[string]string{"Authorization": "Bearer nonsense"}, 401, "alerts.key_wrong"},
		"an API token": {good, map[string]string{"Authorization": "Bearer " + b.tokens[directory.Admin]}, 401, "alerts.key_wrong"},
		"form":         {good, map[string]string{"Authorization": bearer, "Content-Type": "text/plain"}, 415, "alerts.content_type"},
		"too large":    {strings.Repeat(" ", 5<<20), map[string]string{"Authorization": bearer}, 413, "alerts.too_large"},
		"gzip bomb":    {bomb.String(), map[string]string{"Authorization": bearer, "Content-Encoding": "gzip"}, 413, "alerts.too_large"},
		"not JSON":     {"{", map[string]string{"Authorization": bearer}, 400, "alerts.not_json"},
		"too deep":     {strings.Repeat("[", 1000), map[string]string{"Authorization": bearer}, 400, "alerts.too_deep"},
		"basic":        {good, map[string]string{"Authorization": basic("anything", b.key)}, 202, ""},
		"wrong basic":  {good, map[string]string{"Authorization": basic(b.key, "")}, 401, "alerts.key_missing"},
	} {
		w := b.call(t, call{do: "POST /alerts", body: c.body, header: c.header})
		if w.Code != c.want || (c.code != "" && !strings.Contains(w.Body.String(), `"code":"`+c.code+`"`)) {
			t.Errorf("%s: %d %s, want %d %s", name, w.Code, w.Body, c.want, c.code)
		}
		if c.code != "" && w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: the error is %s", name, w.Header().Get("Content-Type"))
		}
	}
}

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

func TestOnlyPostAlerts(t *testing.T) {
	t.Parallel()
	w := setup(t).call(t, call{do: "GET /alerts"})
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
		t.Errorf("%d %s", w.Code, w.Header())
	}
}

func (b *bundle) apply(t *testing.T, yaml string) {
	t.Helper()
	w := b.call(t, call{do: "POST /api/v1/apply", as: directory.Admin, body: yaml, header: map[string]string{"Content-Type": "application/yaml"}})
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
}

// Past its rate an integration is told to come again with 503: Alertmanager drops what gets a 429.
func TestRatePerIntegration(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.apply(t, "integrations: [{name: main, rate_limit: 0.001, burst: 2}]")
	for i, want := range []int{202, 202, 503} {
		w := b.alerts(t, "api", "critical")
		if w.Code != want {
			t.Errorf("request %d: %d, want %d: %s", i, w.Code, want, w.Body)
		}
		if want == 503 && w.Header().Get("Retry-After") == "" {
			t.Error("503 does not say when to come again")
		}
	}
}

func TestNoRate(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *Deps) { d.Config.Rate = Rate{PerSecond: -1} })
	for range 2500 {
		r := &http.Request{RemoteAddr: "192.0.2.1:1", Header: http.Header{"Authorization": {"Bearer " + b.key}}}
		if _, err := b.sender(r.WithContext(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAllowList(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *Deps) { d.Config.TrustedProxies = prefixes("10.9.0.0/16") })
	b.apply(t, "integrations: [{name: main, allow: [198.51.100.0/24, 10.9.0.0/16]}]")
	for name, c := range map[string]struct {
		from, forwarded string
		want            int
	}{
		"inside":                {"198.51.100.7:1", "", 202},
		"outside":               {"203.0.113.7:1", "", 403},
		"spoofed":               {"203.0.113.7:1", "198.51.100.7", 403},
		"inside, by our proxy":  {"10.9.0.1:1", "198.51.100.7", 202},
		"outside, by our proxy": {"10.9.0.1:1", "203.0.113.7", 403},
		"spoofed to the proxy":  {"10.9.0.1:1", "198.51.100.7, 203.0.113.7", 403},
		"not an address at all": {"@", "", 403},
	} {
		h := map[string]string{"Authorization": "Bearer " + b.key}
		if c.forwarded != "" {
			h["X-Forwarded-For"] = c.forwarded
		}
		w := b.call(t, call{do: "POST /alerts", body: alertBodyOf("api", "critical"), header: h, from: c.from})
		if w.Code != c.want {
			t.Errorf("%s: %d, want %d", name, w.Code, c.want)
		}
	}
}

type busy struct{}

func (busy) Do(context.Context, *directory.Integration, []alert.Signal, []alert.Quarantined, int) ([]intake.Result, error) {
	return nil, fault.Unavailable(2*time.Second, "intake.full", "too many alerts are waiting")
}

func TestOverload(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *Deps) { d.Intake = busy{} })
	if w := b.alerts(t, "api", "critical"); w.Code != 503 || w.Header().Get("Retry-After") != "2" {
		t.Errorf("%d %s", w.Code, w.Header())
	}
}

// A revoked key ends within a second, a new one counts at once.
func TestDisabledIntegration(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.apply(t, "integrations: [{name: main, disabled: true}]")
	fresh := admin.NewFindIntegration(b.deps.Access.Apply.Store, wallClock{})
	if _, err := fresh.Do(t.Context(), b.key); fault.Of(err).Code != "alerts.key_wrong" {
		t.Errorf("a disabled integration: %v", err)
	}
}

func TestAppendResults(t *testing.T) {
	t.Parallel()
	got := appendResults(nil, []intake.Result{{Fingerprint: "a\"\u2028\\", Outcome: intake.Opened, Incident: 12}, {Outcome: intake.Late}})
	want := `{"received":2,"results":[{"fingerprint":"a\"\u2028\\","outcome":"opened","incident":"12"},{"fingerprint":"","outcome":"late"}]}` + "\n"
	if string(got) != want {
		t.Errorf("got %s want %s", got, want)
	}
}

type taken struct{}

func (taken) Do(_ context.Context, _ *directory.Integration, signals []alert.Signal, _ []alert.Quarantined, _ int) ([]intake.Result, error) {
	return []intake.Result{{Fingerprint: signals[0].Fingerprint, Outcome: intake.Opened, Incident: 4821}}, nil
}

// What a request costs beside storing it.
func BenchmarkReceiveAlerts(b *testing.B) {
	s := setup(b, func(d *Deps) { d.Intake, d.Config.Rate = taken{}, Rate{PerSecond: -1} })
	body := alertBodyOf("api", "critical")
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/alerts", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+s.key)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if s.handler.ServeHTTP(w, r); w.Code != http.StatusAccepted {
			b.Fatal(w.Code, w.Body)
		}
	}
}
