package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// house is the server as the people and the monitoring of the organisation reach it: over its API.
type house struct {
	http   *http.Client
	url    string
	admin  string            // token with all rights
	key    string            // of the integration
	tokens map[string]string // of people, by email address
}

// inside answers requests without a network: while the past is lived, nobody listens yet.
type inside struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (t inside) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.RemoteAddr = "127.0.0.1:1"
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := &written{header: http.Header{}, status: http.StatusOK}
	t.handler.ServeHTTP(w, r)
	return &http.Response{StatusCode: w.status, Header: w.header, Body: io.NopCloser(&w.body), Request: r}, nil
}

// written is what was answered.
type written struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *written) Header() http.Header         { return w.header }
func (w *written) WriteHeader(status int)      { w.status = status }
func (w *written) Write(b []byte) (int, error) { return w.body.Write(b) }

// call sends JSON with a token and reads the answer into out; out nil drops it.
func (h *house) call(ctx context.Context, token, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	b, _, err := h.post(ctx, path, "application/json", body, http.Header{"Authorization": {"Bearer " + token}})
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(b, out)
}

// post gives the answer and its cookies, as a browser sends them back.
func (h *house) post(ctx context.Context, path, kind string, body []byte, header http.Header) (answer, cookies []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	r.Header = header
	r.Header.Set("Content-Type", kind)
	res, err := h.http.Do(r)
	if err != nil {
		return nil, nil, err
	}
	answer, err = io.ReadAll(res.Body)
	err = errors.Join(err, res.Body.Close())
	if err == nil && res.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s was answered %d: %s", path, res.StatusCode, answer)
	}
	for _, c := range res.Cookies() {
		cookies = fmt.Appendf(cookies, "%s=%s; ", c.Name, c.Value)
	}
	return answer, cookies, err
}

// apply makes what people own as the week wants it.
func (h *house) apply(ctx context.Context, week int) error {
	type file struct {
		Name    string `json:"name"`
		Content string `json:"content"`
	}
	return h.call(ctx, h.admin, "/api/v1/apply", map[string]any{
		"files": []file{{"organisation.yaml", inWeek(week)}}, "keys": map[string]string{"DEMO_KEY": h.key},
	}, nil)
}

// join lets somebody in by a one-time link, who then makes a token: what is done with it, they do.
func (h *house) join(ctx context.Context, email, link string) error {
	at, err := url.Parse(link)
	if err != nil {
		return err
	}
	form := url.Values{"token": {at.Query().Get("token")}, "next": {"/"}}
	_, cookies, err := h.post(ctx, "/enter", "application/x-www-form-urlencoded", []byte(form.Encode()), http.Header{})
	if err != nil {
		return err
	}
	b, _, err := h.post(ctx, "/api/v1/tokens", "application/json", []byte(`{"name":"demo","role":"responder"}`), http.Header{"Cookie": {string(cookies)}})
	if err != nil {
		return err
	}
	var made struct{ Secret string }
	err = json.Unmarshal(b, &made)
	h.tokens[email] = made.Secret
	return err
}

// ack acknowledges for somebody; an incident that is over by then is nobody's any more.
func (h *house) ack(ctx context.Context, who string, incident int64) error {
	return h.call(ctx, h.tokens[who], "/resolve", map[string]any{"ids": []int64{incident}, "status": "acknowledged"}, nil)
}

func (h *house) note(ctx context.Context, who string, incident int64, text string) error {
	return h.call(ctx, h.tokens[who], fmt.Sprintf("/api/v1/incidents/%d/note", incident), map[string]string{"note": text}, nil)
}

// firing is one alert as Prometheus tells Alertmanager.
type firing struct {
	kind   *kind
	value  string // of the label that varies
	starts time.Time
}

// outcome is what became of an alert.
type outcome struct {
	Outcome  string `json:"outcome"`
	Incident int64  `json:"incident,string"`
}

// send posts alerts as Alertmanager does; ends zero: they fire.
func (h *house) send(ctx context.Context, alerts []firing, ends time.Time) ([]outcome, error) {
	status := "firing"
	if !ends.IsZero() {
		status = "resolved"
	}
	all := make([]map[string]any, len(alerts))
	for i, a := range alerts {
		labels := map[string]string{"alertname": a.kind.alert, "severity": a.kind.severity, a.kind.vary: a.value}
		for k, v := range a.kind.labels {
			labels[k] = v
		}
		all[i] = map[string]any{
			"status": status, "labels": labels, "startsAt": a.starts, "endsAt": ends,
			"annotations": map[string]string{
				"summary": strings.ReplaceAll(a.kind.says, "%s", a.value), "description": strings.ReplaceAll(a.kind.more, "%s", a.value),
				"runbook_url": "https://runbooks.example.org/" + a.kind.alert,
			},
			"generatorURL": "https://prometheus.example.org/graph?g0.expr=" + a.kind.alert,
			"fingerprint":  fingerprint(a.kind.alert, a.kind.severity, a.value),
		}
	}
	var got struct{ Results []outcome }
	err := h.call(ctx, h.key, "/alerts", map[string]any{
		"version": "4", "receiver": "rouse", "status": status, "groupKey": "{}:{alertname=\"" + alerts[0].kind.alert + "\"}", "alerts": all,
	}, &got)
	return got.Results, err
}
