package channeltest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Secrets of the fakes of ntfy, Gotify and Pushover.
const (
	NtfyToken     = "tk_fakentfytoken"
	GotifyToken   = "AfakeGotifyTokn"
	PushoverToken = "fakePushoverTokenOfAnApp123456"
	PushoverUser  = "fakePushoverUserKey12345678901"
)

// Notice is a notification that one of these fakes has taken.
type Notice struct {
	To     string
	Title  string
	Body   string
	Fields map[string]any // all that came
	At     time.Time
}

// Notices is a fake of a service that takes notifications by a POST: ntfy, Gotify or Pushover.
type Notices struct {
	*ledger[Notice]
	base    string
	address string
	server  *http.Server
}

// read takes a request apart, or says by which status the real service would refuse it.
type read func(r *http.Request, body []byte) (n Notice, refused int)

// NewNtfy starts a fake ntfy for a test: a topic that takes a token.
func NewNtfy(t testing.TB) *Notices {
	t.Helper()
	return startNotices(t, "POST /{$}", strings.NewReplacer("http://", "http://:"+NtfyToken+"@").Replace, "/alerts", func(r *http.Request, body []byte) (Notice, int) {
		n, fields := Notice{}, map[string]any{}
		if r.Header.Get("Authorization") != "Bearer "+NtfyToken {
			return n, http.StatusForbidden
		}
		if json.Unmarshal(body, &fields) != nil || fields["topic"] != "alerts" || len(fmt.Sprint(fields["message"])) > 4096 {
			return n, http.StatusBadRequest
		}
		if p, _ := fields["priority"].(float64); p < 1 || p > 5 {
			return n, http.StatusBadRequest
		}
		return noticeOf(fields), 0
	}, `{"id":"sPs71M8A2T","event":"message"}`, `{"code":40301,"http":403,"error":"forbidden"}`)
}

// NewGotify starts a fake Gotify for a test.
func NewGotify(t testing.TB) *Notices {
	t.Helper()
	return startNotices(t, "POST /message", nil, "/message?token="+GotifyToken, func(r *http.Request, body []byte) (Notice, int) {
		n, fields := Notice{}, map[string]any{}
		if r.Header.Get("X-Gotify-Key") != GotifyToken {
			return n, http.StatusUnauthorized
		}
		if json.Unmarshal(body, &fields) != nil || fields["message"] == "" {
			return n, http.StatusBadRequest
		}
		return noticeOf(fields), 0
	}, `{"id":25,"appid":5}`, `{"error":"Bad Request","errorCode":400,"errorDescription":"no message for `+GotifyToken+`"}`)
}

// NewPushover starts a fake of Pushover's API for a test.
func NewPushover(t testing.TB) *Notices {
	t.Helper()
	f := startNotices(t, "POST /1/messages.json", nil, "", func(r *http.Request, body []byte) (Notice, int) {
		n, fields := Notice{}, map[string]any{}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		if r.ParseForm() != nil {
			return n, http.StatusBadRequest
		}
		for k := range r.PostForm {
			fields[k] = r.PostForm.Get(k)
		}
		p := r.PostForm.Get("priority")
		if fields["token"] != PushoverToken || fields["user"] != PushoverUser || len([]rune(r.PostForm.Get("message"))) > 1024 ||
			len([]rune(r.PostForm.Get("title"))) > 250 || r.PostForm.Get("message") == "" || p != "-1" && p != "0" && p != "1" {
			return n, http.StatusBadRequest
		}
		return noticeOf(fields), 0
	}, `{"status":1,"request":"647d2300-702c-4b38-8b2f-d56326ae460b"}`, `{"user":"invalid","errors":["user identifier is invalid for `+PushoverToken+`"],"status":0}`)
	f.address = PushoverUser
	return f
}

func noticeOf(fields map[string]any) Notice {
	return Notice{Title: fmt.Sprint(fields["title"]), Body: fmt.Sprint(fields["message"]), Fields: fields, At: time.Now()}
}

func startNotices(t testing.TB, pattern string, secret func(string) string, path string, read read, taken, refusal string) *Notices {
	t.Helper()
	f := &Notices{ledger: newLedger[Notice]()}
	mux := http.NewServeMux()
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { f.receive(w, r, read, taken, refusal) })
	var err error
	if f.server, f.base, err = serve(mux); err != nil {
		t.Fatal(err)
	}
	if secret == nil {
		secret = func(s string) string { return s }
	}
	f.address = secret(f.base) + path
	t.Cleanup(f.Close)
	return f
}

// Close ends the fake and every connection.
func (f *Notices) Close() {
	f.stop()
	_ = f.server.Close()
}

// Address is what to send to.
func (f *Notices) Address() string { return f.address }

// URL is where the fake serves.
func (f *Notices) URL() string { return f.base }

// Seen is what was taken, as the suite looks at it.
func (f *Notices) Seen() []Seen {
	var out []Seen
	for _, n := range f.Taken() {
		out = append(out, Seen{To: []string{f.address}, Line: n.Title + ": " + strings.ReplaceAll(n.Body, "\n", " ")})
	}
	return out
}

func (f *Notices) receive(w http.ResponseWriter, r *http.Request, read read, taken, refusal string) {
	reply := f.next()
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return
	}
	n, refused := read(r, body)
	if refused != 0 {
		w.WriteHeader(refused)
		_, _ = io.WriteString(w, refusal)
		return
	}
	f.answerHTTP(r, reply, func() { f.take(n) },
		func() { _, _ = io.WriteString(w, taken) },
		func(status, _ int, h map[string]string) {
			for k, v := range h {
				w.Header().Set(k, v)
			}
			if status == 0 {
				status = http.StatusBadRequest
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, refusal)
		})
}
