package channeltest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
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

	mu       sync.Mutex
	reset    int64             // of Pushover: until when nothing is left; 0: something is
	receipts map[string]string // of Pushover: ringing, acknowledged, canceled
	refuses  bool              // receipts are answered by 500
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
			len([]rune(r.PostForm.Get("title"))) > 250 || r.PostForm.Get("message") == "" || p != "-1" && p != "0" && p != "1" && !mayRing(r.PostForm) {
			return n, http.StatusBadRequest
		}
		return noticeOf(fields), 0
	}, `{"status":1,"request":"647d2300-702c-4b38-8b2f-d56326ae460b"}`, `{"user":"invalid","errors":["user identifier is invalid for `+PushoverToken+`"],"status":0}`)
	f.address = PushoverUser
	return f
}

// mayRing is what Pushover asks of the emergency priority.
func mayRing(form url.Values) bool {
	retry, _ := strconv.Atoi(form.Get("retry"))
	expire, _ := strconv.Atoi(form.Get("expire"))
	return form.Get("priority") == "2" && retry >= 30 && expire > 0 && expire <= 10800
}

// receipt makes one for what rings; "" for what does not.
func (f *Notices) receipt(n Notice) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n.Fields["priority"] != "2" {
		return ""
	}
	if f.receipts == nil {
		f.receipts = map[string]string{}
	}
	r := fmt.Sprintf("rEceipt%023d", len(f.receipts)+1)
	f.receipts[r] = "ringing"
	return r
}

// UseUp lets no message be left until a moment, in seconds since 1970.
func (f *Notices) UseUp(reset int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reset = reset
}

// pushoverLimits answers what is left of the month.
func (f *Notices) pushoverLimits(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.FormValue("token") != PushoverToken {
		writeJSON(w, http.StatusBadRequest, map[string]any{"token": "invalid", "errors": []string{"application token is invalid"}, "status": 0})
		return
	}
	left := 7496
	if f.reset > 0 {
		left = 0
	}
	writeJSON(w, http.StatusOK, map[string]any{"limit": 7500, "remaining": left, "reset": f.reset, "status": 1})
}

// pushoverReceipts answers what is asked of receipts, and ends their ringing.
func (f *Notices) pushoverReceipts(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	name, cancels := strings.CutSuffix(r.PathValue("rest"), "/cancel.json")
	name = strings.TrimSuffix(name, ".json")
	state, known := f.receipts[name]
	switch {
	case f.refuses:
		w.WriteHeader(http.StatusInternalServerError)
	case r.FormValue("token") != PushoverToken || cancels != (r.Method == http.MethodPost):
		w.WriteHeader(http.StatusBadRequest)
	case !known:
		w.WriteHeader(http.StatusNotFound)
	case cancels && state == "ringing":
		f.receipts[name] = "canceled"
		_, _ = io.WriteString(w, `{"status":1}`)
	default:
		said := map[string]int{"status": 1, "acknowledged": 0, "expired": 0}
		if state == "acknowledged" {
			said["acknowledged"] = 1
		}
		if state == "canceled" {
			said["expired"] = 1
		}
		_ = json.NewEncoder(w).Encode(said)
	}
}

// Ringing are the receipts of Pushover and how they are: ringing, acknowledged, canceled; in the order in which they were made.
func (f *Notices) Ringing() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]string, 0, len(f.receipts))
	for _, r := range slices.Sorted(maps.Keys(f.receipts)) {
		out = append(out, f.receipts[r])
	}
	return out
}

// AcknowledgeThere is somebody acknowledging the newest in Pushover's app. It gives its receipt.
func (f *Notices) AcknowledgeThere() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := fmt.Sprintf("rEceipt%023d", len(f.receipts))
	f.receipts[r] = "acknowledged"
	return r
}

// RefuseReceipts makes what is asked of receipts fail, or work again.
func (f *Notices) RefuseReceipts(yes bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuses = yes
}

func noticeOf(fields map[string]any) Notice {
	return Notice{Title: fmt.Sprint(fields["title"]), Body: fmt.Sprint(fields["message"]), Fields: fields, At: time.Now()}
}

func startNotices(t testing.TB, pattern string, secret func(string) string, path string, read read, taken, refusal string) *Notices {
	t.Helper()
	f := &Notices{ledger: newLedger[Notice]()}
	mux := http.NewServeMux()
	mux.HandleFunc("/1/receipts/{rest...}", f.pushoverReceipts)
	mux.HandleFunc("GET /1/apps/limits.json", f.pushoverLimits)
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
		func() {
			if receipt := f.receipt(n); receipt != "" {
				_, _ = io.WriteString(w, strings.TrimSuffix(taken, "}")+`,"receipt":"`+receipt+`"}`)
				return
			}
			_, _ = io.WriteString(w, taken)
		},
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
