package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// people of most stories
const (
	ana      = "ana@example.org"
	ben      = "ben@example.org"
	anaPhone = "+34600000001"
	benPhone = "+34600000002"
)

// twoPeople: ana answers first, then ben; cleo is the fallback. Both ways at once for what is urgent.
const twoPeople = `
settings: {default_policy: web, fallback: [{user: cleo@example.org}]}
users:
  - {email: ana@example.org, name: Ana, role: responder,
     contacts: [{name: phone, kind: sms, to: "+34600000001"}, {name: mail, kind: email, to: ana@example.org}],
     rules: {high: [{contact: phone}, {contact: mail}], low: [{contact: mail}]}}
  - {email: ben@example.org, name: Ben, role: responder,
     contacts: [{name: phone, kind: sms, to: "+34600000002"}, {name: mail, kind: email, to: ben@example.org}],
     rules: {high: [{contact: phone}, {contact: mail}], low: [{contact: mail}]}}
  - {email: cleo@example.org, name: Cleo, role: admin, contacts: [{name: mail, kind: email, to: cleo@example.org}],
     rules: {high: [{contact: mail}], low: [{contact: mail}]}}
escalation_policies:
  - {name: web, repeat: 1, levels: [{ack_timeout: 15m, targets: [{user: ana@example.org}]}, {ack_timeout: 15m, targets: [{user: ben@example.org}]}]}
integrations:
  - {name: main, kind: alertmanager, key_env: KEY_MAIN}
`

// onlySMS: ana and ben have nothing but a phone.
const onlySMS = `
settings: {default_policy: web, fallback: [{user: cleo@example.org}]}
users:
  - {email: ana@example.org, name: Ana, contacts: [{name: phone, kind: sms, to: "+34600000001"}], rules: {high: [{contact: phone}], low: [{contact: phone}]}}
  - {email: ben@example.org, name: Ben, contacts: [{name: phone, kind: sms, to: "+34600000002"}], rules: {high: [{contact: phone}], low: [{contact: phone}]}}
  - {email: cleo@example.org, name: Cleo, role: admin, contacts: [{name: mail, kind: email, to: cleo@example.org}], rules: {high: [{contact: mail}], low: [{contact: mail}]}}
escalation_policies:
  - {name: web, repeat: 0, levels: [{ack_timeout: 15m, targets: [{user: ana@example.org}]}, {ack_timeout: 15m, targets: [{user: ben@example.org}]}]}
integrations:
  - {name: main, kind: alertmanager, key_env: KEY_MAIN}
`

// answer is what the server said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// code is the permanent code of a problem.
func (a answer) code() string {
	var p struct {
		Code string `json:"code"`
	}
	_ = json.Unmarshal(a.body, &p) // what is no problem has no code
	return p.Code
}

func (a answer) String() string { return fmt.Sprintf("%d %s", a.status, bytes.TrimSpace(a.body)) }

// request sends one; as is an email address of somebody, "" the admin token, "-" nobody.
func (s *story) request(as, method, path string, body any) answer {
	s.t.Helper()
	var payload io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		payload = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.server.URL+path, payload)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	switch as {
	case "":
		r.Header.Set("Authorization", "Bearer "+adminToken)
	case "-":
	default:
		r.AddCookie(s.signedIn(as))
	}
	return s.do(r)
}

func (s *story) do(r *http.Request) answer {
	s.t.Helper()
	res, err := s.server.Client().Do(r)
	if err != nil {
		s.t.Fatalf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, b}
}

// must ends the story where an answer is another than it needs.
func (s *story) must(a answer, status int) answer {
	s.t.Helper()
	if a.status != status {
		s.t.Fatalf("answered %s, not %d", a, status)
	}
	return a
}

func (s *story) get(path string, into any) {
	s.t.Helper()
	a := s.must(s.request("", http.MethodGet, path, nil), http.StatusOK)
	if err := json.Unmarshal(a.body, into); err != nil {
		s.t.Fatalf("%s: %v in %s", path, err, a.body)
	}
}

// signedIn gives somebody's cookie; at first they choose a password by a link that the admin makes.
func (s *story) signedIn(email string) *http.Cookie {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.cookies[email]; c != nil {
		return c
	}
	a := s.must(s.request("", http.MethodPost, "/api/v1/users/"+url.PathEscape(email)+"/password-link", nil), http.StatusCreated)
	var link struct {
		Path string `json:"path"`
	}
	if err := json.Unmarshal(a.body, &link); err != nil {
		s.t.Fatal(err)
	}
	_, token, _ := strings.Cut(link.Path, "token=")
	a = s.must(s.request("-", http.MethodPost, "/api/v1/password", map[string]string{"token": token, "password": "correct horse battery"}), http.StatusOK)
	set, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.cookies[email] = &http.Cookie{Name: set.Name, Value: set.Value}
	return s.cookies[email]
}

func (s *story) apply(yaml string) answer {
	s.t.Helper()
	return s.request("", http.MethodPost, "/api/v1/apply", map[string]any{
		"files": []map[string]string{{"name": "story.yaml", "content": yaml}}, "keys": map[string]string{"KEY_MAIN": mainKey, "KEY_OTHER": otherKey},
	})
}

const otherKey = "OtherIntegrationKey0000000000000"

// firing is an alert that was sent.
type firing struct {
	labels map[string]string
	start  time.Time
}

// wireAlert is one alert of a webhook.
type wireAlert struct {
	Status      string            `json:"status"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
	StartsAt    time.Time         `json:"startsAt"`
	EndsAt      time.Time         `json:"endsAt"`
	Fingerprint string            `json:"fingerprint,omitempty"`
}

// outcome is what became of one alert.
type outcome struct {
	Fingerprint string `json:"fingerprint"`
	Outcome     string `json:"outcome"`
	Incident    string `json:"incident"`
}

// labelsOf reads "name=value" pairs; an alert is critical and of prod unless they say otherwise.
func labelsOf(name string, pairs []string) map[string]string {
	labels := map[string]string{"alertname": name, "severity": "critical", "env": "prod"}
	for _, p := range pairs {
		k, v, _ := strings.Cut(p, "=")
		labels[k] = v
	}
	return labels
}

func fingerprintOf(labels map[string]string) string {
	h := fnv.New64a()
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		if k != "severity" {
			_, _ = fmt.Fprintf(h, "%s=%s;", k, labels[k])
		}
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// alert makes one that fires since now, or since it began if it was sent before.
func (s *story) alert(name string, pairs ...string) wireAlert {
	labels := labelsOf(name, pairs)
	fp := fingerprintOf(labels)
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.firing[fp]
	if !ok {
		f = firing{labels: labels, start: s.clock.Now()}
		s.firing[fp] = f
	}
	return wireAlert{Status: "firing", Labels: labels, Annotations: map[string]string{"summary": name + " is bad"}, StartsAt: f.start, Fingerprint: fp}
}

// over is the same alert's end.
func (s *story) over(name string, pairs ...string) wireAlert {
	a := s.alert(name, pairs...)
	a.Status, a.EndsAt = "resolved", s.clock.Now()
	s.mu.Lock()
	delete(s.firing, a.Fingerprint)
	s.mu.Unlock()
	return a
}

// send sends alerts as Alertmanager does, and works what they cause.
func (s *story) send(alerts ...wireAlert) []outcome {
	s.t.Helper()
	out := s.post(map[string]any{"version": "4", "status": "firing", "groupKey": "g", "receiver": "rouse", "alerts": alerts})
	s.settle()
	return out
}

// post sends a webhook's body and works nothing.
func (s *story) post(body any) []outcome {
	s.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	a := s.must(s.raw(mainKey, "application/json", "", b), http.StatusAccepted)
	var got struct {
		Received int       `json:"received"`
		Results  []outcome `json:"results"`
	}
	if err := json.Unmarshal(a.body, &got); err != nil || got.Received != len(got.Results) {
		s.t.Fatalf("answered %s: %v", a, err)
	}
	return got.Results
}

// raw sends any body to /alerts.
func (s *story) raw(key, contentType, encoding string, body []byte) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.server.URL+"/alerts", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if encoding != "" {
		r.Header.Set("Content-Encoding", encoding)
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	return s.do(r)
}

// fire sends one alert that fires.
func (s *story) fire(name string, pairs ...string) outcome {
	s.t.Helper()
	return s.send(s.alert(name, pairs...))[0]
}

// resolve sends its end.
func (s *story) resolve(name string, pairs ...string) outcome {
	s.t.Helper()
	return s.send(s.over(name, pairs...))[0]
}

// say answers an incident as somebody: status is acknowledged or resolved.
func (s *story) say(as, status string, number int64) {
	s.t.Helper()
	a := s.must(s.request(as, http.MethodPost, "/resolve", map[string]any{"id": number, "status": status}), http.StatusOK)
	if !bytes.Contains(a.body, []byte(`"changed":true`)) {
		s.t.Fatalf("%s of #%d changed nothing: %s", status, number, a.body)
	}
	s.settle()
}

func (s *story) ack(as string, number int64) { s.t.Helper(); s.say(as, "acknowledged", number) }
