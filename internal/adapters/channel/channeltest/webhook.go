package channeltest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// WebhookSecret signs what is sent to the fake webhook.
const WebhookSecret = "fake-webhook-secret"

// Hook is a document that the fake webhook has taken.
type Hook struct {
	Key    string // Idempotency-Key
	Header http.Header
	Body   []byte
	At     time.Time
}

// Webhook is a receiver of webhooks. It answers 401 to what is not signed with WebhookSecret.
type Webhook struct {
	*ledger[Hook]
	base   string
	server *http.Server
}

// StartWebhook starts one on a free port of the loopback interface. Close it.
func StartWebhook() (*Webhook, error) {
	wh := &Webhook{ledger: newLedger[Hook]()}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /hook", wh.receive)
	var err error
	wh.server, wh.base, err = serve(mux)
	return wh, err
}

// NewWebhook starts one for a test.
func NewWebhook(t testing.TB) *Webhook {
	t.Helper()
	wh, err := StartWebhook()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(wh.Close)
	return wh
}

// Close ends the fake and every connection.
func (wh *Webhook) Close() {
	wh.stop()
	_ = wh.server.Close()
}

// Address is the URL to send to.
func (wh *Webhook) Address() string { return wh.base + "/hook" }

// Seen is what was taken, as the suite looks at it.
func (wh *Webhook) Seen() []Seen {
	var out []Seen
	for _, m := range wh.Taken() {
		var doc struct {
			Text string `json:"text"`
		}
		_ = json.Unmarshal(m.Body, &doc)
		out = append(out, Seen{To: []string{wh.Address()}, Line: doc.Text, Key: m.Key})
	}
	return out
}

func (wh *Webhook) receive(w http.ResponseWriter, r *http.Request) {
	reply := wh.next()
	body, err := io.ReadAll(io.LimitReader(r.Body, 4<<20))
	if err != nil {
		return
	}
	if !signed(r.Header.Get("Rouse-Signature"), body) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	m := Hook{Key: r.Header.Get("Idempotency-Key"), Header: r.Header.Clone(), Body: body, At: time.Now()}
	wh.answerHTTP(r, reply, func() { wh.take(m) },
		func() { w.WriteHeader(http.StatusNoContent) },
		func(status, _ int, h map[string]string) {
			for k, v := range h {
				w.Header().Set(k, v)
			}
			if status == 0 {
				status = http.StatusGone
			}
			if status/100 == 3 {
				w.Header().Set("Location", wh.Address())
			}
			w.WriteHeader(status)
			_, _ = fmt.Fprint(w, "scripted")
		})
}

// signed checks "t=<unix>,v1=<hex>", as a receiver would.
func signed(header string, body []byte) bool {
	t, v1, ok := strings.Cut(header, ",v1=")
	t, isT := strings.CutPrefix(t, "t=")
	got, err := hex.DecodeString(v1)
	if !ok || !isT || err != nil {
		return false
	}
	mac := hmac.New(sha256.New, []byte(WebhookSecret))
	_, _ = fmt.Fprintf(mac, "%s.%s", t, body)
	return hmac.Equal(mac.Sum(nil), got)
}
