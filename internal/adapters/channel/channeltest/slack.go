package channeltest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// Secrets of the fake Slack.
const (
	SlackToken    = "xoxb-fake-bot-token"
	SlackAppToken = "xapp-fake-app-token"
	SlackSecret   = "fake-signing-secret"
	SlackClient   = "123.456"
	SlackCode     = "fake-code"
)

// SlackMessage is a message that the fake Slack has.
type SlackMessage struct {
	Channel   string
	TS        string
	Thread    string // ts of the message that it is under
	Text      string
	Words     string // what is in its blocks, joined
	Blocks    []SlackBlock
	Mark      string // of its metadata
	Broadcast bool
	Edits     int
	at        time.Time
	metadata  json.RawMessage
}

// SlackAnswer is what only one person sees: an answer to what they did, or a form.
type SlackAnswer struct {
	User string // "" where it went to a call's own address
	Text string
	View json.RawMessage // a form
}

// Slack is Slack's Web API over one workspace: the channel C0123456789, called #ops, and two members: U0000000ANA, whose
// address ana@example.org is confirmed, and U0000000EVE, whose eve@example.org is not. A script is for messages.
type Slack struct {
	*ledger[SlackMessage]
	base    string
	server  *http.Server
	answers *ledger[SlackAnswer]
	sockets slackSockets

	messages []*SlackMessage // under the ledger's lock
}

// NewSlack starts one for a test.
func NewSlack(t testing.TB) *Slack {
	t.Helper()
	g := &Slack{ledger: newLedger[SlackMessage](), answers: newLedger[SlackAnswer](), sockets: slackSockets{ready: make(chan *websocket.Conn, 8)}}
	mux := http.NewServeMux()
	for method, answer := range map[string]func(url.Values) map[string]any{
		"auth.test": func(url.Values) map[string]any { return map[string]any{"user_id": "U000000BOT"} },
		"users.lookupByEmail": func(in url.Values) map[string]any {
			return slackMember(map[string]string{"ana@example.org": "U0000000ANA", "eve@example.org": "U0000000EVE"}[in.Get("email")], "users_not_found")
		},
		"users.info":            func(in url.Values) map[string]any { return slackMember(in.Get("user"), "user_not_found") },
		"conversations.history": func(in url.Values) map[string]any { return g.list(in, "") },
		"conversations.replies": func(in url.Values) map[string]any { return g.list(in, in.Get("ts")) },
		"conversations.list": func(url.Values) map[string]any {
			return map[string]any{"channels": []map[string]any{{"id": "C0123456789", "name": "ops", "is_channel": true}}}
		},
		"conversations.open": func(in url.Values) map[string]any {
			return map[string]any{"channel": map[string]any{"id": "D" + in.Get("users")[1:]}}
		},
		"chat.postEphemeral": func(in url.Values) map[string]any {
			g.answers.take(SlackAnswer{User: in.Get("user"), Text: in.Get("text")})
			return map[string]any{"message_ts": "1.1"}
		},
	} {
		mux.HandleFunc("/api/"+method, g.read(answer))
	}
	mux.HandleFunc("/api/views.open", g.view)
	mux.HandleFunc("/api/chat.postMessage", g.write(false))
	mux.HandleFunc("/api/chat.update", g.write(true))
	mux.HandleFunc("/api/apps.connections.open", g.connections)
	mux.HandleFunc("/api/oauth.v2.access", oauth)
	mux.HandleFunc("/socket", g.sockets.open)
	mux.HandleFunc("/answer", func(_ http.ResponseWriter, r *http.Request) {
		var in struct{ Text string }
		_ = json.NewDecoder(r.Body).Decode(&in) // what cannot be read is an empty answer: the test sees it
		g.answers.take(SlackAnswer{Text: in.Text})
	})
	var err error
	if g.server, g.base, err = serve(mux); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

// Close ends the fake and every connection.
func (g *Slack) Close() {
	g.stop()
	g.answers.stop()
	g.sockets.close()
	_ = g.server.Close()
}

// URL is an address of the fake as a setting has it, with a token and what else is asked for.
func (g *Slack) URL(query string) string {
	return strings.Replace(g.base, "http://", "http://token:"+SlackToken+"@", 1) + "?" + query
}

// Base is where the fake is.
func (g *Slack) Base() string { return g.base }

// Address is the channel.
func (g *Slack) Address() string { return "C0123456789" }

// Answers are what single people were told, and may be waited for.
func (g *Slack) Answers() *ledger[SlackAnswer] { return g.answers } //nolint:revive // of this package's fakes

// Seen is what was taken, as the suite looks at it.
func (g *Slack) Seen() []Seen {
	var out []Seen
	for _, m := range g.Taken() {
		out = append(out, Seen{To: []string{m.Channel}, Line: slackPlain(m.Text), HTML: m.Words})
	}
	return out
}

func slackPlain(s string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}

// Messages are those that are there now, oldest first.
func (g *Slack) Messages() []SlackMessage {
	g.mu.Lock()
	defer g.mu.Unlock()
	return copied(g.messages)
}

// Forget deletes all messages, as people may.
func (g *Slack) Forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.messages = nil
}

func slackSay(w http.ResponseWriter, out map[string]any) {
	if out["error"] == nil {
		out["ok"] = true
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out)
}

func slackError(word string) map[string]any { return map[string]any{"ok": false, "error": word} }

func slackAllowed(r *http.Request, token string) bool {
	return r.FormValue("token") == token || r.Header.Get("Authorization") == "Bearer "+token
}

func (g *Slack) read(answer func(url.Values) map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !slackAllowed(r, SlackToken) {
			slackSay(w, slackError("invalid_auth"))
			return
		}
		slackSay(w, answer(r.Form))
	}
}

func slackMember(id, otherwise string) map[string]any {
	if id != "U0000000ANA" && id != "U0000000EVE" {
		return slackError(otherwise)
	}
	name := strings.ToLower(id[len(id)-3:])
	return map[string]any{"user": map[string]any{"id": id, "name": name, "is_email_confirmed": name == "ana", "profile": map[string]any{"email": name + "@example.org"}}}
}

// list gives a page: what is in a channel the newest first, what is in a thread the oldest.
func (g *Slack) list(in url.Values, thread string) map[string]any {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := []map[string]any{}
	for _, m := range g.messages {
		if m.Channel != in.Get("channel") || m.Thread != thread || m.TS < in.Get("oldest") {
			continue
		}
		out := map[string]any{"type": "message", "ts": m.TS, "text": m.Text}
		if in.Get("include_all_metadata") != "" && m.metadata != nil {
			out["metadata"] = m.metadata
		}
		list = append(list, out)
	}
	if thread == "" {
		slices.Reverse(list)
	}
	limit, from := 100, 0
	_, _ = fmt.Sscan(in.Get("limit"), &limit) // else as they were
	_, _ = fmt.Sscan(in.Get("cursor"), &from)
	if list = list[min(from, len(list)):]; len(list) <= limit {
		return map[string]any{"messages": list}
	}
	return map[string]any{"messages": list[:limit], "has_more": true, "response_metadata": map[string]any{"next_cursor": fmt.Sprint(from + limit)}}
}

func (g *Slack) view(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Trigger string          `json:"trigger_id"`
		View    json.RawMessage `json:"view"`
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.Trigger == "" || r.Header.Get("Authorization") != "Bearer "+SlackToken {
		slackSay(w, slackError("invalid_arguments"))
		return
	}
	g.answers.take(SlackAnswer{View: in.View})
	slackSay(w, map[string]any{"view": in.View})
}

func oauth(w http.ResponseWriter, r *http.Request) {
	client, secret, _ := r.BasicAuth()
	if r.FormValue("client_id") != "" {
		client, secret = r.FormValue("client_id"), r.FormValue("client_secret")
	}
	if client != SlackClient || secret != SlackSecret || r.FormValue("code") != SlackCode {
		slackSay(w, slackError("invalid_code"))
		return
	}
	slackSay(w, map[string]any{"access_token": SlackToken, "token_type": "bot", "team": map[string]any{"id": "T1", "name": "Acme"}})
}

// write answers as Slack does to whom it does not know, to a channel that is not there, and to blocks beyond its limits.
func (g *Slack) write(edit bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		reply := g.next()
		m := SlackMessage{Channel: r.FormValue("channel"), TS: r.FormValue("ts"), Thread: r.FormValue("thread_ts"), Text: r.FormValue("text"), Broadcast: r.FormValue("reply_broadcast") == "true", at: time.Now()}
		if problem := m.parse(r); problem != "" {
			slackSay(w, slackError(problem))
			return
		}
		found := true
		taken := func() {
			if m, found = g.keep(m, edit); found {
				g.take(m)
			}
		}
		ok := func() {
			if !found {
				slackSay(w, slackError("message_not_found"))
				return
			}
			slackSay(w, map[string]any{"channel": m.Channel, "ts": m.TS})
		}
		g.answerHTTP(r, reply, taken, ok, func(status, _ int, h map[string]string) {
			for k, v := range h {
				w.Header().Set(k, v)
			}
			if status == 0 {
				slackSay(w, slackError("invalid_arguments "+SlackToken))
				return
			}
			w.WriteHeader(status)
		})
	}
}

// keep stores a message, or changes the one that is there.
func (g *Slack) keep(m SlackMessage, edit bool) (SlackMessage, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !edit {
		m.TS = fmt.Sprintf("%d.%06d", m.at.Unix(), len(g.messages)+1)
		if m.Channel == "#ops" {
			m.Channel = "C0123456789"
		}
		g.messages = append(g.messages, &m)
		return m, true
	}
	for _, had := range g.messages {
		if had.Channel == m.Channel && had.TS == m.TS {
			m.Edits, m.at = had.Edits+1, had.at
			*had = m
			return m, true
		}
	}
	return m, false
}

func (m *SlackMessage) parse(r *http.Request) string {
	if !slackAllowed(r, SlackToken) {
		return "invalid_auth"
	}
	if c := m.Channel; c != "C0123456789" && c != "#ops" && !strings.HasPrefix(c, "U0000000") && !strings.HasPrefix(c, "D") {
		return "channel_not_found"
	}
	if md := r.FormValue("metadata"); md != "" {
		var in struct {
			Payload struct{ Mark string } `json:"event_payload"`
		}
		if json.Unmarshal([]byte(md), &in) != nil {
			return "metadata_must_be_sent_from_app"
		}
		m.Mark, m.metadata = in.Payload.Mark, json.RawMessage(md)
	}
	if b := r.FormValue("blocks"); b != "" && json.Unmarshal([]byte(b), &m.Blocks) != nil {
		return "invalid_blocks_format"
	}
	if m.Text == "" && len(m.Blocks) == 0 {
		return "no_text"
	}
	if len(m.Text) > 40_000 {
		return "msg_too_long"
	}
	m.Words = strings.Join(slackWords(m.Blocks), "\n")
	if SlackLimits(m.Blocks) != "" {
		return "invalid_blocks"
	}
	return ""
}

// slackSockets are the connections of Socket Mode.
type slackSockets struct {
	mu    sync.Mutex
	all   []*websocket.Conn
	ready chan *websocket.Conn
}
