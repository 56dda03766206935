package scenario

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func packed(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestRefusedBodies(t *testing.T) {
	t.Parallel()
	const fine = `{"alerts":[{"status":"firing","labels":{"alertname":"Down","service":"db","severity":"critical"}}]}`
	bomb := packed(t, append([]byte(`{"alerts":[`), bytes.Repeat([]byte(" "), 64<<20)...))
	cases := []struct {
		name, key, kind, encoding string
		body                      []byte
		status                    int
		code                      string
	}{
		{"no key", "", "application/json", "", []byte(fine), http.StatusUnauthorized, "alerts.key_missing"},
		{"a wrong key", "MainIntegrationKey00000000000001", "application/json", "", []byte(fine), http.StatusUnauthorized, "alerts.key_wrong"},
		{"an admin's token", adminToken, "application/json", "", []byte(fine), http.StatusUnauthorized, "alerts.key_wrong"},
		{"a form", mainKey, "application/x-www-form-urlencoded", "", []byte(fine), http.StatusUnsupportedMediaType, "alerts.content_type"},
		{"no type", mainKey, "", "", []byte(fine), http.StatusUnsupportedMediaType, "alerts.content_type"},
		{"an unknown encoding", mainKey, "application/json", "br", []byte(fine), http.StatusUnsupportedMediaType, "alerts.content_encoding"},
		{"too large", mainKey, "application/json", "", bytes.Repeat([]byte(" "), 4<<20+1), http.StatusRequestEntityTooLarge, "alerts.too_large"},
		{"a gzip bomb", mainKey, "application/json", "gzip", bomb, http.StatusRequestEntityTooLarge, "alerts.too_large"},
		{"no gzip", mainKey, "application/json", "gzip", []byte(fine), http.StatusBadRequest, "alerts.bad_gzip"},
		{"nothing", mainKey, "application/json", "", nil, http.StatusBadRequest, "alerts.not_json"},
		{"no JSON", mainKey, "application/json", "", []byte(`alertname=Down`), http.StatusBadRequest, "alerts.not_json"},
		{"half of it", mainKey, "application/json", "", []byte(fine[:len(fine)-10]), http.StatusBadRequest, "alerts.not_json"},
		{"too deep", mainKey, "application/json", "", []byte(`{"alerts":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`), http.StatusBadRequest, "alerts.too_deep"},
		{"no alerts", mainKey, "application/json", "", []byte(`{"version":"4"}`), http.StatusBadRequest, "alerts.missing"},
		{"a list", mainKey, "application/json", "", []byte(`[]`), http.StatusBadRequest, "alerts.missing"},
	}
	tell(t, onlySMS, func(s *story) {
		for _, c := range cases {
			a := s.raw(c.key, c.kind, c.encoding, c.body)
			if a.status != c.status || a.code() != c.code || a.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: answered %s, want %d %s", c.name, a, c.status, c.code)
			}
			if strings.Contains(string(a.body), mainKey) {
				t.Errorf("%s: the answer repeats the key", c.name)
			}
		}
		s.settle()
		equal(s, "incidents", len(s.incidents("")), 0)
		s.must(s.raw(mainKey, "application/json", "gzip", packed(t, []byte(fine))), http.StatusAccepted)
		s.settle()
		s.expect(anaPhone, "CRIT db")
		if strings.Contains(s.log.String(), mainKey) {
			t.Error("the log holds the key")
		}
	})
}

// alertsOf are the alerts of an incident as the API gives them.
func (s *story) alertsOf(number int64) []struct {
	Title       string            `json:"title"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
} {
	s.t.Helper()
	var got struct {
		Alerts []struct {
			Title       string            `json:"title"`
			Labels      map[string]string `json:"labels"`
			Annotations map[string]string `json:"annotations"`
		} `json:"alerts"`
	}
	s.get(fmt.Sprintf("/api/v1/incidents/%d/alerts", number), &got)
	return got.Alerts
}

// TestStrangeAlerts: whatever can be an alert becomes one; what was cut or replaced shows.
func TestStrangeAlerts(t *testing.T) {
	t.Parallel()
	many := map[string]string{"alertname": "Many", "service": "many", "severity": "critical"}
	for i := range 10_000 {
		many[fmt.Sprintf("label_%05d", i)] = "x"
	}
	strange := func(v any) []byte {
		b, err := json.Marshal(map[string]any{"version": "4", "status": "firing", "nobody_knows": map[string]any{"this": []int{1}}, "alerts": []any{v}})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	labels := func(service string) map[string]string {
		return map[string]string{"alertname": "Odd", "service": service, "severity": "critical"}
	}
	tell(t, onlySMS, func(s *story) {
		send := func(body []byte) incident {
			t.Helper()
			a := s.must(s.raw(mainKey, "application/json", "", body), http.StatusAccepted)
			s.forward(2 * time.Minute)
			all := s.incidents("")
			i := all[len(all)-1]
			if !bytes.Contains(a.body, []byte(`"opened"`)) {
				t.Fatalf("answered %s", a)
			}
			s.expect(anaPhone, fmt.Sprintf("#%d", i.Number))
			s.must(s.request("", http.MethodPost, "/resolve", map[string]any{"id": i.Number, "status": "resolved"}), http.StatusOK)
			return i
		}
		i := send(strange(map[string]any{"labels": many}))
		got := s.alertsOf(i.Number)[0].Labels
		if len(got) > 65 || got["rouse_truncated"] != "9939 labels" || got["service"] != "many" {
			t.Errorf("%d labels, %q", len(got), got["rouse_truncated"])
		}
		i = send(strange(map[string]any{"labels": labels("long"), "annotations": map[string]string{"summary": "short", "description": strings.Repeat("é", 1<<19)}}))
		if d := s.alertsOf(i.Number)[0].Annotations["description"]; len(d) > 4096 || !strings.Contains(d, "[cut from 1048576 bytes]") {
			t.Errorf("a description of %d bytes: …%s", len(d), d[max(0, len(d)-50):])
		}
		for _, year := range []string{"0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "soon"} {
			i = send(strange(map[string]any{"labels": labels("year" + year[:4]), "startsAt": year}))
			if i.Source.StartsAt != nil && !i.Source.StartsAt.Equal(s.clock.Now().Add(-2*time.Minute)) {
				t.Errorf("it started at %s", i.Source.StartsAt)
			}
		}
		i = send(strange(map[string]any{"labels": labels("script"), "annotations": map[string]string{"runbook_url": "javascript:alert(1)", "summary": "</script><script>alert(1)</script>"}}))
		equal(s, "the runbook", i.Runbook, "")
		page := s.must(s.request(ana, http.MethodGet, fmt.Sprintf("/i/%d", i.Number), nil), http.StatusOK)
		if strings.Contains(string(page.body), "<script>alert") || strings.Contains(string(page.body), `"javascript:`) {
			t.Errorf("the page has the script:\n%s", page.body)
		}
		i = send([]byte("{\"alerts\":[{\"status\":\"firing\",\"labels\":{\"alertname\":\"Bad\\u0000\xff\",\"service\":\"ut\xfff\",\"severity\":\"critical\"},\"annotations\":{\"summary\":\"a\\u0000b\xc3(\"}}]}"))
		equal(s, "the service", i.Service, "ut\ufffdf")
		equal(s, "the title", i.Title, "a\ufffdb\ufffd(")
		i = send(strange(map[string]any{"fingerprint": "only-this"}))
		if i.Severity != "error" || i.Service != "unsorted" {
			t.Errorf("incident %+v", i)
		}
		i = send(strange(map[string]any{"labels": map[string]string{"alertname": "'; DROP TABLE incident; --", "service": "%_\\", "severity": "critical"}}))
		equal(s, "found by its name", len(s.incidents("q=DROP+TABLE")), 1)
		equal(s, "found by its service", len(s.incidents("q=%25_")), 1)
		equal(s, "the service", i.Service, "%_\\")
	})
}

func TestOneSenderDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	yaml := strings.Replace(onlySMS, "integrations:", "integrations:\n  - {name: other, kind: alertmanager, key_env: KEY_OTHER, rate_limit: 0.001, burst: 2}", 1)
	tell(t, yaml, func(s *story) {
		const fine = `{"alerts":[{"status":"firing","labels":{"alertname":"Down","service":"db","severity":"critical"}}]}`
		for want := range 3 {
			a := s.raw(otherKey, "application/json", "", []byte(fine))
			if want < 2 {
				s.must(a, http.StatusAccepted)
				continue
			}
			s.must(a, http.StatusServiceUnavailable) // not 429: Alertmanager would give up
			equal(s, "the code", a.code(), "alerts.rate")
			if a.header.Get("Retry-After") == "" {
				t.Error("it does not say when to come again")
			}
		}
		equal(s, "requests that were refused unread", s.metric(`rouse_ingest_unread_requests_total{code="alerts.rate"}`), 1)
		s.must(s.raw(otherKey+"x", "application/json", "", []byte(fine)), http.StatusUnauthorized)
		equal(s, "requests that were refused unread", s.metric("rouse_ingest_unread_requests_total"), 2)
		equal(s, "the outcome", s.fire("Slow", "service=db", "env=default").Outcome, "joined")
	})
}

func TestARequestOfManyAlertsCountsAsSeveral(t *testing.T) {
	t.Parallel()
	yaml := strings.Replace(onlySMS, "integrations:", "integrations:\n  - {name: other, kind: alertmanager, key_env: KEY_OTHER, rate_limit: 0.001, burst: 3}", 1)
	tell(t, yaml, func(s *story) {
		const one = `{"status":"firing","labels":{"alertname":"Down","service":"db","severity":"critical"}}`
		many := `{"alerts":[` + strings.Repeat(one+",", 29) + one + `]}`
		s.must(s.raw(otherKey, "application/json", "", []byte(many)), http.StatusAccepted)
		s.must(s.raw(otherKey, "application/json", "", []byte(`{"alerts":[`+one+`]}`)), http.StatusServiceUnavailable)
	})
}
