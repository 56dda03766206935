package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

func TestIncidentOnTheWire(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alerts(t, "api", "critical")
	b.call(t, call{do: "POST /resolve", as: directory.Responder, body: `{"id":1,"status":"acknowledged"}`})
	w := b.call(t, call{do: "GET /incidents", as: directory.Viewer})
	var list struct {
		Incidents  []map[string]any
		NextCursor *string `json:"next_cursor"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || len(list.Incidents) != 1 || list.NextCursor != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	i := list.Incidents[0]
	for field, want := range map[string]any{
		"title": "it is down", "service": "api", "environment": "default", "severity": "critical", "status": "acknowledged",
		"assignee": "Rita", "alerts_count": 1.0, "runbook_url": "", "number": 1.0,
	} {
		if i[field] != want {
			t.Errorf("%s is %v, want %v", field, i[field], want)
		}
	}
	source, _ := i["source_alert"].(map[string]any)
	labels, _ := source["labels"].(map[string]any)
	if source["startsAt"] != "2026-03-01T12:00:00Z" || source["fingerprint"] == "" || labels["service"] != "api" {
		t.Errorf("source_alert is %v", source)
	}
	timeline, _ := i["timeline"].([]any)
	var states []string
	for _, e := range timeline {
		entry, _ := e.(map[string]any)
		s, _ := entry["status"].(string)
		states = append(states, s)
		if entry["timestamp"] == nil {
			t.Errorf("a transition without a timestamp: %v", entry)
		}
	}
	if !slices.Equal(states, []string{"open", "acknowledged"}) {
		t.Errorf("timeline is %v", states)
	}
	id, _ := i["id"].(string)
	for _, ref := range []string{id, "1", "%231"} {
		for _, prefix := range []string{"", "/api/v1"} {
			one := b.call(t, call{do: "GET " + prefix + "/incidents/" + ref, as: directory.Viewer})
			if one.Code != http.StatusOK || !strings.Contains(one.Body.String(), id) {
				t.Errorf("GET %s/incidents/%s: %d %s", prefix, ref, one.Code, one.Body)
			}
		}
	}
	for _, part := range []string{"timeline", "alerts", "messages"} {
		if w := b.call(t, call{do: "GET /api/v1/incidents/1/" + part, as: directory.Viewer}); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", part, w.Code, w.Body)
		}
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want int
		in   []string // in the answer
	}{
		"acknowledge":      {`{"id":"1","status":"acknowledged"}`, 200, []string{`"changed":true`, `"status":"acknowledged"`}},
		"by number":        {`{"id":1,"status":"acknowledged","note":"mine"}`, 200, []string{`"changed":true`}},
		"by #":             {`{"id":"#1","status":"resolved"}`, 200, []string{`"status":"resolved"`}},
		"many":             {`{"ids":["1",2,"99"],"status":"resolved"}`, 200, []string{`"changed":true`, `"incident.not_found"`, `"id":"99"`}},
		"resolved already": {`{"id":2,"status":"resolved"}`, 200, []string{`"changed":false`}},
		"too late":         {`{"id":2,"status":"acknowledged"}`, 409, []string{`"code":"incident.already_resolved"`}},
		"one of many late": {`{"ids":[1,2],"status":"acknowledged"}`, 200, []string{`"code":"incident.already_resolved"`, `"changed":true`}},
		"unknown":          {`{"id":"nope","status":"resolved"}`, 404, []string{`"code":"incident.not_found"`}},
		"none":             {`{"status":"resolved"}`, 400, []string{`"code":"request.invalid"`}},
		"both":             {`{"id":1,"ids":[2],"status":"resolved"}`, 400, []string{`"code":"request.invalid"`}},
		"wrong status":     {`{"id":1,"status":"open"}`, 422, []string{`"code":"request.invalid"`, `body.status`}},
		"no status":        {`{"id":1}`, 422, []string{`"code":"request.invalid"`}},
		"not JSON":         {`{`, 400, []string{`"code":"request.invalid"`}},
		"an object as id":  {`{"id":{},"status":"resolved"}`, 422, []string{`"code":"request.invalid"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.alerts(t, "api", "critical")
			b.alerts(t, "other", "warning")
			b.call(t, call{do: "POST /resolve", as: directory.Responder, body: `{"id":2,"status":"resolved"}`})
			w := b.call(t, call{do: "POST /resolve", as: directory.Responder, body: c.body})
			if w.Code != c.want {
				t.Errorf("%d, want %d: %s", w.Code, c.want, w.Body)
			}
			for _, part := range c.in {
				if !strings.Contains(w.Body.String(), part) {
					t.Errorf("%s is not in %s", part, w.Body)
				}
			}
		})
	}
}

func TestHealthy(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alerts(t, "api", "critical")
	w := b.call(t, call{do: "POST /api/v1/services/api/healthy", as: directory.Responder})
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"status":"resolved"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := b.call(t, call{do: "POST /api/v1/services/nope/healthy", as: directory.Responder}); w.Code != http.StatusNotFound {
		t.Errorf("an unknown service: %d", w.Code)
	}
}

func TestFiltersAndPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alerts(t, "api", "critical")
	b.alerts(t, "other", "warning")
	b.alerts(t, "third", "error")
	get := func(query string) (n int, next string, status int) {
		w := b.call(t, call{do: "GET /incidents?" + query, as: directory.Viewer})
		var list incidentList
		if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil {
			t.Fatal(err)
		}
		if list.NextCursor != nil {
			next = *list.NextCursor
		}
		return len(list.Incidents), next, w.Code
	}
	for query, want := range map[string]int{
		"": 3, "service=api": 1, "severity=warning": 1, "status=open": 3, "status=resolved": 0, "status=open,resolved": 3,
		"environment=default": 3, "env=default": 3, "env=prod": 0, "q=down": 3, "q=%27%3B--": 0, "since=2100-01-01T00:00:00Z": 0,
		"until=2100-01-01T00:00:00Z": 3, "service=x%00y": 0, "limit=2": 2,
	} {
		if n, _, status := get(query); n != want || status != http.StatusOK {
			t.Errorf("%q: %d incidents (%d), want %d", query, n, status, want)
		}
	}
	for _, query := range []string{"status=odd", "severity=odd", "limit=501", "limit=-1", "sort=title", "cursor=x", "since=yesterday", "sevrity=critical"} {
		if _, _, status := get(query); status != 400 && status != 422 {
			t.Errorf("%q is answered %d", query, status)
		}
	}
	_, next, _ := get("limit=2")
	if n, end, _ := get("limit=2&cursor=" + next); n != 1 || end != "" {
		t.Errorf("the second page has %d incidents and the cursor %q", n, end)
	}
	if _, _, status := get("limit=2&service=api&cursor=" + next); status != http.StatusBadRequest {
		t.Errorf("a cursor of other filters is answered %d", status)
	}
}

func TestIncidentPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alerts(t, "api", "critical")
	w := b.call(t, call{do: "GET /i/1"})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/sign-in?next=%2Fi%2F1" {
		t.Errorf("nobody is answered %d %s", w.Code, w.Header().Get("Location"))
	}
	viewer := b.call(t, call{do: "GET /i/1", as: directory.Viewer})
	if viewer.Code != http.StatusOK || strings.Contains(viewer.Body.String(), "<button") {
		t.Errorf("a viewer sees %d %s", viewer.Code, viewer.Body)
	}
	if w := b.call(t, call{do: "POST /plain/i/1/acknowledge", as: directory.Viewer}); w.Code != http.StatusForbidden {
		t.Errorf("a viewer acknowledges: %d", w.Code)
	}
	first := b.call(t, call{do: "POST /plain/i/1/acknowledge", as: directory.Responder})
	if first.Code != http.StatusOK || !strings.Contains(first.Body.String(), "Saved.") || !strings.Contains(first.Body.String(), "acknowledged by") {
		t.Errorf("%d %s", first.Code, first.Body)
	}
	if w := b.call(t, call{do: "POST /plain/i/1/resolve", as: directory.Responder}); !strings.Contains(w.Body.String(), ">resolved<") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	late := b.call(t, call{do: "POST /plain/i/1/acknowledge", as: directory.Responder})
	if late.Code != http.StatusOK || strings.Contains(late.Body.String(), "Saved.") {
		t.Errorf("acknowledging a resolved one: %d %s", late.Code, late.Body)
	}
	if w := b.call(t, call{do: "GET /i/99", as: directory.Viewer}); w.Code != http.StatusNotFound {
		t.Errorf("an unknown incident: %d", w.Code)
	}
}

func TestDirectoryAndApply(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for path, want := range map[string]string{
		"users": "vera@example.org", "teams": `"members":["rita@example.org"]`, "channels": "ops@example.org", "policies": `"default":true`,
		"services": `"team":"web"`, "integrations": `"name":"main"`, "users/ana@example.org": `"role":"admin"`, "services/api": `"channels":["ops"]`,
	} {
		w := b.call(t, call{do: "GET /api/v1/" + path, as: directory.Viewer})
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), b.key) || strings.Contains(strings.ToLower(w.Body.String()), "hash") {
			t.Errorf("%s shows a secret: %s", path, w.Body)
		}
	}
	if w := b.call(t, call{do: "GET /api/v1/services/nope", as: directory.Viewer}); w.Code != http.StatusNotFound {
		t.Errorf("an unknown service: %d", w.Code)
	}
	yaml := map[string]string{"Content-Type": "application/yaml"}
	dry := b.call(t, call{do: "POST /api/v1/apply?dry_run=true", as: directory.Admin, header: yaml, body: "services: [{name: new}]"})
	if dry.Code != http.StatusOK || !strings.Contains(dry.Body.String(), `"create"`) {
		t.Errorf("a dry run: %d %s", dry.Code, dry.Body)
	}
	if w := b.call(t, call{do: "GET /api/v1/services/new", as: directory.Viewer}); w.Code != http.StatusNotFound {
		t.Errorf("a dry run made something: %d", w.Code)
	}
	body := `{"files":[{"name":"a.yaml","content":"integrations: [{name: extra, key_env: K}]"}],"keys":{"K":"0123456789abcdef"}}`
	if w := b.call(t, call{do: "POST /api/v1/apply", as: directory.Admin, body: body}); w.Code != http.StatusOK {
		t.Errorf("files and keys: %d %s", w.Code, w.Body)
	}
	if w := b.call(t, call{do: "POST /alerts", body: alertBodyOf("api", "critical"), header: map[string]string{"Authorization": "Bearer 0123456789abcdef"}}); w.Code != http.StatusAccepted {
		t.Errorf("the new key: %d %s", w.Code, w.Body)
	}
	wrong := b.call(t, call{do: "POST /api/v1/apply", as: directory.Admin, header: yaml, body: "services: [{name: a, team: b}, {title: c}]"})
	var p Problem
	if err := json.Unmarshal(wrong.Body.Bytes(), &p); err != nil || wrong.Code != http.StatusBadRequest || len(p.Errors) != 2 || p.Errors[0].Line != 1 || p.Errors[0].Field == "" {
		t.Errorf("problems: %d %s", wrong.Code, wrong.Body)
	}
	for kind, want := range map[string]int{"text/plain": 415, "": 415, "application/json": 400} {
		if w := b.call(t, call{do: "POST /api/v1/apply", as: directory.Admin, header: map[string]string{"Content-Type": kind}, body: "x: y"}); w.Code != want {
			t.Errorf("content type %q: %d, want %d", kind, w.Code, want)
		}
	}
}

// What a figure counts is what its link lists.
func TestInsightAndItsLinks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alerts(t, "api", "critical")
	b.alerts(t, "db", "warning")
	b.call(t, call{do: "POST /resolve", as: directory.Responder, body: `{"id":1,"status":"acknowledged"}`})
	ask := func(path string, out any) {
		t.Helper()
		w := b.call(t, call{do: "GET " + path, as: directory.Viewer})
		if err := json.Unmarshal(w.Body.Bytes(), out); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	var m struct {
		Since, Until time.Time
		All          struct {
			Incidents, Open, Acknowledged int
			To                            struct{ Of int } `json:"to_acknowledge"`
		}
		Hours    []int
		Services []struct{ Name string }
		Noise    []struct{ Alert, Service string }
	}
	ask("/api/v1/insight?zone=Asia/Kathmandu", &m)
	if a := m.All; a.Incidents != 2 || a.Open != 1 || a.Acknowledged != 1 || a.To.Of != 1 || len(m.Services) != 2 || len(m.Noise) == 0 {
		t.Fatalf("%+v", m)
	}
	period := "since=" + m.Since.Format(time.RFC3339Nano) + "&until=" + m.Until.Add(time.Minute).Format(time.RFC3339Nano)
	for hour, n := range m.Hours {
		if n == 0 {
			continue
		}
		var list struct{ Incidents []struct{ Number int } }
		ask(fmt.Sprintf("/api/v1/incidents?%s&hour=%d&zone=Asia/Kathmandu", period, hour), &list)
		if len(list.Incidents) != n {
			t.Errorf("hour %d has %d, its link lists %v", hour, n, list.Incidents)
		}
	}
	var list struct{ Incidents []struct{ Service string } }
	ask("/api/v1/incidents?"+period+"&service="+m.Noise[0].Service+"&alert="+m.Noise[0].Alert, &list)
	if len(list.Incidents) != 1 || list.Incidents[0].Service != m.Noise[0].Service {
		t.Errorf("%+v lists %+v", m.Noise[0], list)
	}
	var pages struct{ People []struct{ Pages int } }
	ask("/api/v1/insight/pages", &pages)
	if pages.People == nil {
		t.Error("people are null")
	}
}
