package channeltest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// Pressed is what Slack tells of a button, or of an entry of a menu.
func (g *Slack) Pressed(user, trigger, action, value string) []byte {
	a := map[string]any{"type": "button", "block_id": "answer", "action_id": action, "value": value}
	if action == "more" {
		a = map[string]any{"type": "overflow", "block_id": "answer", "action_id": action, "selected_option": map[string]any{"value": value}}
	}
	return slackJSON(map[string]any{
		"type": "block_actions", "trigger_id": trigger, "user": map[string]any{"id": user, "name": "somebody"}, "channel": map[string]any{"id": g.Address()},
		"response_url": g.base + "/answer", "actions": []any{a},
	})
}

// Sent is what Slack tells of a form that was filled in: view is the form, as it was shown.
func (g *Slack) Sent(user, trigger string, view json.RawMessage, note string) []byte {
	var form map[string]any
	_ = json.Unmarshal(view, &form) // a form that is none is no form of ours, and the test sees it
	form["state"] = map[string]any{"values": map[string]any{"note": map[string]any{"note": map[string]any{"type": "plain_text_input", "value": note}}}}
	return slackJSON(map[string]any{"type": "view_submission", "trigger_id": trigger, "user": map[string]any{"id": user}, "view": form})
}

func slackJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // it is made of maps and strings
	}
	return b
}

// SlackPayload is a request's body with what was pressed or sent.
func SlackPayload(payload []byte) string { return url.Values{"payload": {string(payload)}}.Encode() }

// Command is a request's body with a command.
func (g *Slack) Command(user, trigger, text string) string {
	return url.Values{
		"command": {"/rouse"}, "text": {text}, "user_id": {user}, "user_name": {"somebody"}, "channel_id": {g.Address()}, "trigger_id": {trigger},
		"response_url": {g.base + "/answer"},
	}.Encode()
}

// SlackHeader signs a request.
func SlackHeader(secret string, at time.Time, body string) http.Header {
	ts := fmt.Sprint(at.Unix())
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + ts + ":" + body))
	h := http.Header{}
	h.Set("Content-Type", "application/x-www-form-urlencoded")
	h.Set("X-Slack-Request-Timestamp", ts)
	h.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	return h
}

func (g *Slack) connections(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+SlackAppToken {
		slackSay(w, slackError("invalid_auth"))
		return
	}
	slackSay(w, map[string]any{"url": strings.Replace(g.base, "http://", "ws://", 1) + "/socket"})
}

func (s *slackSockets) open(w http.ResponseWriter, r *http.Request) {
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.all = append(s.all, conn)
	s.mu.Unlock()
	if conn.WriteJSON(map[string]any{"type": "hello", "num_connections": 1}) == nil {
		s.ready <- conn
	}
}

func (s *slackSockets) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.all {
		_ = c.Close()
	}
}

// Deliver brings a call by Socket Mode to whoever connects next, and waits until it has heard.
func (g *Slack) Deliver(t testing.TB, kind, envelope string, payload []byte) {
	t.Helper()
	var conn *websocket.Conn
	select {
	case conn = <-g.sockets.ready:
	case <-t.Context().Done():
		t.Fatal("nobody connected")
	}
	defer func() { g.sockets.ready <- conn }()
	if err := conn.WriteJSON(map[string]any{"envelope_id": envelope, "type": kind, "payload": json.RawMessage(payload), "accepts_response_payload": true}); err != nil {
		t.Fatal(err)
	}
	var ack struct {
		ID string `json:"envelope_id"`
	}
	if err := conn.ReadJSON(&ack); err != nil || ack.ID != envelope {
		t.Fatalf("acknowledged %q: %v", ack.ID, err)
	}
}
