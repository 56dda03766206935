package channeltest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The account of the fake Telnyx.
const (
	TelnyxKey  = "KEYfake-telnyx-key"
	TelnyxFrom = "+15005550009"
)

// Telnyx is a fake of Telnyx's REST API for messages.
type Telnyx struct {
	*ledger[SMS]
	base   string
	server *http.Server
	stands sync.Map // statuses by ids, for who asks
}

// Stands says where a message stands, for who asks; it is not reported.
func (x *Telnyx) Stands(id, status string) { x.stands.Store(id, status) }

// telnyxKey signs for the fake.
func telnyxKey() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
}

// NewTelnyx starts one for a test.
func NewTelnyx(t testing.TB) *Telnyx {
	t.Helper()
	x := &Telnyx{ledger: newLedger[SMS]()}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v2/messages", x.create)
	mux.HandleFunc("GET /v2/messages/{id}", x.one)
	mux.HandleFunc("GET /v2/messaging_profiles", func(w http.ResponseWriter, r *http.Request) {
		if x.admits(w, r) {
			writeJSON(w, http.StatusOK, map[string]any{"data": []any{}})
		}
	})
	var err error
	if x.server, x.base, err = serve(mux); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	return x
}

// Close ends the fake and every connection.
func (x *Telnyx) Close() {
	x.stop()
	_ = x.server.Close()
}

// URL is what Rouse's Telnyx setting is for this fake.
func (x *Telnyx) URL() string {
	public, _ := telnyxKey().Public().(ed25519.PublicKey)
	q := url.Values{"from": {TelnyxFrom}, "public_key": {base64.StdEncoding.EncodeToString(public)}}
	return strings.Replace(x.base, "://", "://"+TelnyxKey+"@", 1) + "?" + q.Encode()
}

// Address is a number to send to.
func (x *Telnyx) Address() string { return "+34600000001" }

// Seen is what was taken, as the suite looks at it.
func (x *Telnyx) Seen() []Seen {
	var out []Seen
	for _, m := range x.Taken() {
		out = append(out, Seen{To: []string{m.To}, Line: m.Body})
	}
	return out
}

func (x *Telnyx) admits(w http.ResponseWriter, r *http.Request) bool {
	if r.Header.Get("Authorization") == "Bearer "+TelnyxKey {
		return true
	}
	telnyxError(w, http.StatusUnauthorized, "10009", "Authentication failed")
	return false
}

func telnyxError(w http.ResponseWriter, status int, code, title string) {
	writeJSON(w, status, map[string]any{"errors": []map[string]any{{"code": code, "title": title, "detail": title}}})
}

func (x *Telnyx) create(w http.ResponseWriter, r *http.Request) {
	reply := x.next()
	if !x.admits(w, r) {
		return
	}
	var in struct {
		From    string `json:"from"`
		To      string `json:"to"`
		Text    string `json:"text"`
		Webhook string `json:"webhook_url"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.From == "" || in.Text == "" || !strings.HasPrefix(in.To, "+") {
		telnyxError(w, http.StatusUnprocessableEntity, "10016", "Phone number must be in +E.164 format")
		return
	}
	m := SMS{SID: fmt.Sprintf("40385f64-5717-4562-b3fc-%012x", x.Attempts()), To: in.To, From: in.From, Body: in.Text, Callback: in.Webhook, At: time.Now()}
	x.answerHTTP(r, reply, func() { x.take(m) },
		func() { writeJSON(w, http.StatusOK, map[string]any{"data": m.telnyx("queued")}) },
		func(status, code int, h map[string]string) {
			for k, v := range h {
				w.Header().Set(k, v)
			}
			if status == 0 {
				status = http.StatusBadRequest
			}
			telnyxError(w, status, strconv.Itoa(code), "scripted for "+m.To+" with "+TelnyxKey)
		})
}

func (x *Telnyx) one(w http.ResponseWriter, r *http.Request) {
	if !x.admits(w, r) {
		return
	}
	for _, m := range x.Taken() {
		if m.SID == r.PathValue("id") {
			status, ok := x.stands.Load(m.SID)
			if !ok {
				status = "sent"
			}
			writeJSON(w, http.StatusOK, map[string]any{"data": m.telnyx(fmt.Sprint(status))})
			return
		}
	}
	telnyxError(w, http.StatusNotFound, "10005", "Resource not found")
}

// telnyx is a message as Telnyx shows it.
func (m SMS) telnyx(status string) map[string]any {
	direction := "outbound"
	if m.Inbound {
		direction = "inbound"
	}
	return map[string]any{
		"record_type": "message", "direction": direction, "id": m.SID, "type": "SMS", "text": m.Body, "errors": []any{},
		"from": map[string]any{"phone_number": m.From}, "to": []map[string]any{{"phone_number": m.To, "status": status}},
	}
}

// TelnyxEvent is what Telnyx posts about a message: message.received, message.sent or message.finalized.
func TelnyxEvent(kind string, m SMS, status string) []byte {
	b, _ := json.Marshal(map[string]any{
		"data": map[string]any{"record_type": "event", "event_type": kind, "id": "e-" + m.SID, "payload": m.telnyx(status)}, "meta": map[string]any{"attempt": 1},
	})
	return b
}

// TelnyxHeaders sign a body at a moment as Telnyx does.
func TelnyxHeaders(body []byte, at time.Time) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	signature := ed25519.Sign(telnyxKey(), append([]byte(stamp+"|"), body...))
	return http.Header{
		"Content-Type": {"application/json"}, "Telnyx-Timestamp": {stamp},
		"Telnyx-Signature-Ed25519": {base64.StdEncoding.EncodeToString(signature)},
	}
}

// Post calls a webhook, signed at a moment, and gives the HTTP status.
func (x *Telnyx) Post(ctx context.Context, target string, body []byte, at time.Time) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header = TelnyxHeaders(body, at)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}
