package channeltest

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// ChatSecret is the secret part of the fake chat's address.
const ChatSecret = "fakechatsecretfakechatsecret"

// Chat is the webhooks of a chat, Discord's or Rocket.Chat's, by TLS.
type Chat struct {
	*ledger[Seen]
	server  *httptest.Server
	address string
}

// NewDiscord starts Discord.
func NewDiscord(t testing.TB) *Chat {
	t.Helper()
	return newChat(t, "discord://"+ChatSecret+"@123456789012345678", "discord.com/api/webhooks/123456789012345678/"+ChatSecret, http.StatusNoContent)
}

// NewRocketChat starts Rocket.Chat.
func NewRocketChat(t testing.TB) *Chat {
	t.Helper()
	return newChat(t, "rocketchat://chat.example.org/abcdefgh12345678/"+ChatSecret, "chat.example.org/hooks/abcdefgh12345678/"+ChatSecret, http.StatusOK)
}

func newChat(t testing.TB, address, path string, ok int) *Chat {
	t.Helper()
	g := &Chat{ledger: newLedger[Seen](), address: address}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Text, Content string // Rocket.Chat's, Discord's
		}
		reply := g.next()
		if json.NewDecoder(r.Body).Decode(&in) != nil || in.Text+in.Content == "" || len([]rune(in.Content)) > 2000 {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		line := strings.Join(strings.FieldsFunc(in.Text+in.Content, func(r rune) bool { return r == '\n' }), " ")
		g.answerHTTP(r, reply, func() { g.take(Seen{To: []string{address}, Line: line}) }, func() { w.WriteHeader(ok) }, func(status, _ int, h map[string]string) {
			for k, v := range h {
				w.Header().Set(k, v)
			}
			if status == 0 {
				status = http.StatusNotFound
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"message":"` + ChatSecret + `"}`))
		})
	})
	g.server = httptest.NewTLSServer(mux)
	t.Cleanup(g.Close)
	return g
}

// Client reaches the fake by every name.
func (g *Chat) Client() *http.Client {
	tr := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} // the fake's certificate is for none of these names
	to := g.server.Listener.Addr().String()
	tr.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, network, to)
	}
	return &http.Client{Transport: tr}
}

// Close ends the fake and every connection.
func (g *Chat) Close() {
	g.stop()
	g.server.CloseClientConnections()
	g.server.Close()
}

// Address is one to send to.
func (g *Chat) Address() string { return g.address }

// Seen is what was taken.
func (g *Chat) Seen() []Seen { return g.Taken() }
