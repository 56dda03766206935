package channeltest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The account of the fake gateway.
const (
	GatewayKey  = "fake+gateway/secret"
	GatewayName = "acc0unt"
)

// Gateway is a fake of an HTTP API for texts that speaks as Vonage's SMS API does: it takes a form and answers 200 whatever
// it thinks of it; a word in the answer says what.
// https://developer.vonage.com/en/api/sms
type Gateway struct {
	*ledger[SMS]
	base   string
	server *http.Server
}

// NewGateway starts one for a test.
func NewGateway(t testing.TB) *Gateway {
	t.Helper()
	g := &Gateway{ledger: newLedger[SMS]()}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sms/json", g.create)
	var err error
	if g.server, g.base, err = serve(mux); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

// Close ends the fake and every connection.
func (g *Gateway) Close() {
	g.stop()
	_ = g.server.Close()
}

// URL is where it takes texts.
func (g *Gateway) URL() string { return g.base + "/sms/json" }

// Address is a number to send to.
func (g *Gateway) Address() string { return "+34600000001" }

// Seen is what was taken, as the suite looks at it.
func (g *Gateway) Seen() []Seen {
	var out []Seen
	for _, m := range g.Taken() {
		out = append(out, Seen{To: []string{m.To}, Line: m.Body, Key: m.Callback})
	}
	return out
}

// vonage is an answer about one message.
func vonage(fields map[string]string) map[string]any {
	return map[string]any{"message-count": "1", "messages": []map[string]string{fields}}
}

func (g *Gateway) create(w http.ResponseWriter, r *http.Request) {
	reply := g.next()
	refuse := func(code int, words string) {
		writeJSON(w, http.StatusOK, vonage(map[string]string{"status": fmt.Sprint(code), "error-text": words}))
	}
	if err := r.ParseForm(); err != nil || r.PostForm.Get("text") == "" || r.PostForm.Get("from") == "" {
		refuse(2, "Missing or invalid parameters")
		return
	}
	f := r.PostForm
	switch to := f.Get("to"); {
	case f.Get("api_key") != GatewayName || f.Get("api_secret") != GatewayKey:
		refuse(4, "Bad Credentials")
		return
	case len(to) < 8 || strings.HasPrefix(to, "+") || strings.HasPrefix(to, "0"):
		refuse(3, "Invalid to address")
		return
	}
	m := SMS{SID: fmt.Sprintf("0A0000000123AB%02d", g.Attempts()), To: "+" + f.Get("to"), From: f.Get("from"), Body: f.Get("text"), Callback: f.Get("client-ref"), At: time.Now()}
	g.answerHTTP(r, reply, func() { g.take(m) },
		func() {
			writeJSON(w, http.StatusOK, vonage(map[string]string{
				"to": f.Get("to"), "message-id": m.SID, "status": "0", "remaining-balance": "3.14159265", "message-price": "0.03330000", "network": "21403",
			}))
		},
		func(status, code int, h map[string]string) {
			for k, v := range h {
				w.Header().Set(k, v)
			}
			if status == 0 {
				status, code = http.StatusOK, 7
			}
			if status != http.StatusOK { // from a proxy before it
				w.WriteHeader(status)
				return
			}
			refuse(code, "scripted for "+m.To+" with "+GatewayKey)
		})
}
