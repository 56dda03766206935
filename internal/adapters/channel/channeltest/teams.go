package channeltest

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Of the fake Teams.
const (
	TeamsApp     = "11111111-2222-3333-4444-555555555555"
	TeamsSecret  = "fake-teams-secret"
	TeamsTenant  = "66666666-7777-8888-9999-000000000000"
	TeamsChannel = "19:fake_channel-1@thread.tacv2"
	TeamsTeam    = "19:fake_team@thread.tacv2" // and its first channel
)

// TeamsMessage is a message that the fake Teams has.
type TeamsMessage struct {
	Where   string // id of the conversation, with the thread
	ID      string
	Summary string
	Text    string          // of one without a card
	Words   string          // that its card shows, a line for each block and button
	Card    json.RawMessage // nil where there is none
	Edits   int
}

// Teams is the Bot Framework's login, connector and keys over one channel, TeamsChannel, of the team TeamsTeam. A script is for messages.
type Teams struct {
	*ledger[TeamsMessage]
	base   string
	server *http.Server
	key    *rsa.PrivateKey

	messages []*TeamsMessage // under the ledger's lock, as what follows
	token    int             // the number of the newest one
	logins   int
	refuses  bool // tokens
}

// NewTeams starts one for a test.
func NewTeams(t testing.TB) *Teams {
	t.Helper()
	g := &Teams{ledger: newLedger[TeamsMessage]()}
	var err error
	if g.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /"+TeamsTenant+"/oauth2/v2.0/token", g.login)
	mux.HandleFunc("GET /v1/.well-known/openidconfiguration", func(w http.ResponseWriter, _ *http.Request) {
		teamsSay(w, http.StatusOK, map[string]any{"issuer": "https://api.botframework.com", "jwks_uri": g.base + "/v1/.well-known/keys"})
	})
	mux.HandleFunc("GET /v1/.well-known/keys", func(w http.ResponseWriter, _ *http.Request) {
		teamsSay(w, http.StatusOK, map[string]any{"keys": []any{g.public("key-1", "msteams"), g.public("key-2", "webchat")}})
	})
	mux.HandleFunc("POST /v3/conversations/{where}/activities", g.write(false))
	mux.HandleFunc("PUT /v3/conversations/{where}/activities/{id}", g.write(true))
	mux.HandleFunc("GET /v3/teams/{team}/conversations", g.channels)
	if g.server, g.base, err = serve(mux); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

// public is our key as the Bot Framework shows one: with the channels for which it signs.
func (g *Teams) public(kid, channel string) map[string]any {
	raw, err := json.Marshal(jose.JSONWebKey{Key: g.key.Public(), KeyID: kid, Use: "sig"})
	out := map[string]any{}
	if err != nil || json.Unmarshal(raw, &out) != nil {
		panic("a public key cannot be written")
	}
	out["endorsements"] = []string{channel}
	return out
}

// Close ends the fake and every connection.
func (g *Teams) Close() {
	g.stop()
	_ = g.server.Close()
}

// URL is what Rouse's setting is for this fake.
func (g *Teams) URL() string {
	return strings.Replace(g.base, "http://", "http://"+TeamsApp+":"+TeamsSecret+"@", 1) + "/" + TeamsTenant
}

// Base is where the fake is: the serviceUrl of what it tells.
func (g *Teams) Base() string { return g.base }

// Address is the channel.
func (g *Teams) Address() string { return TeamsChannel }

// Seen is what was taken, as the suite looks at it.
func (g *Teams) Seen() []Seen {
	var out []Seen
	for _, m := range g.Taken() {
		out = append(out, Seen{To: []string{m.Where}, Line: m.Summary + m.Text})
	}
	return out
}

// Messages are those that are there now, oldest first.
func (g *Teams) Messages() []TeamsMessage {
	g.mu.Lock()
	defer g.mu.Unlock()
	return copied(g.messages)
}

// Forget deletes all messages, as people may.
func (g *Teams) Forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.messages = nil
}

// EndTokens makes those that were given worth nothing; refuse: no other is given either.
func (g *Teams) EndTokens(refuse bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.token++
	g.refuses = refuse
}

// Logins is how often a token was asked for.
func (g *Teams) Logins() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.logins
}

func teamsSay(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func teamsRefuse(w http.ResponseWriter, status int, code, words string) {
	teamsSay(w, status, map[string]any{"error": map[string]any{"code": code, "message": words}})
}

func (g *Teams) login(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.logins++
	token, refuses := g.current(), g.refuses
	g.mu.Unlock()
	if refuses || r.FormValue("client_id") != TeamsApp || r.FormValue("client_secret") != TeamsSecret {
		teamsSay(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client", "error_description": "Invalid client secret " + r.FormValue("client_secret")})
		return
	}
	if r.FormValue("grant_type") != "client_credentials" || r.FormValue("scope") != "https://api.botframework.com/.default" {
		teamsSay(w, http.StatusBadRequest, map[string]any{"error": "invalid_request"})
		return
	}
	teamsSay(w, http.StatusOK, map[string]any{"token_type": "Bearer", "expires_in": 3600, "access_token": token})
}

// current is the only token that is worth something.
func (g *Teams) current() string { return fmt.Sprintf("fake-teams-token-%d", g.token) }

// write answers as the connector does to whom it does not know, to a conversation that is not there, to a message that was
// deleted, and to a card that Teams would not show.
func (g *Teams) write(edit bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		g.mu.Lock()
		known := token == g.current()
		g.mu.Unlock()
		if !known {
			teamsRefuse(w, http.StatusUnauthorized, "Unauthorized", "Authorization has been denied for this request.")
			return
		}
		reply := g.next()
		m, status, problem := teamsMessage(r)
		if problem != "" {
			teamsRefuse(w, status, "BadSyntax", problem)
			return
		}
		if root, _, _ := strings.Cut(m.Where, ";"); root != TeamsChannel && !strings.HasPrefix(root, "a:") {
			teamsRefuse(w, http.StatusNotFound, "ConversationNotFound", "Conversation not found.")
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
				teamsRefuse(w, http.StatusNotFound, "ActivityNotFoundInConversation", "The activity was deleted.")
				return
			}
			teamsSay(w, http.StatusCreated, map[string]any{"id": m.ID})
		}
		g.answerHTTP(r, reply, taken, ok, func(status, _ int, h map[string]string) {
			for k, v := range h {
				w.Header().Set(k, v)
			}
			if status == 0 {
				teamsRefuse(w, http.StatusBadRequest, "BadArgument", "refused "+token)
				return
			}
			teamsRefuse(w, status, "ServiceError", "scripted")
		})
	}
}

// channels are those of the team, as the connector lists them: the first has no name.
func (g *Teams) channels(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	known := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ") == g.current()
	g.mu.Unlock()
	switch {
	case !known:
		teamsRefuse(w, http.StatusUnauthorized, "Unauthorized", "Authorization has been denied for this request.")
	case r.PathValue("team") != TeamsTeam:
		teamsRefuse(w, http.StatusNotFound, "ConversationNotFound", "Conversation not found.")
	default:
		teamsSay(w, http.StatusOK, map[string]any{"conversations": []any{map[string]any{"id": TeamsTeam, "name": nil}, map[string]any{"id": TeamsChannel, "name": "ops"}}})
	}
}

// keep stores a message, or changes the one that is there.
func (g *Teams) keep(m TeamsMessage, edit bool) (TeamsMessage, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !edit {
		m.ID = fmt.Sprintf("17%011d", len(g.taken)+1)
		g.messages = append(g.messages, &m)
		return m, true
	}
	for _, had := range g.messages {
		if had.Where == m.Where && had.ID == m.ID {
			m.Edits = had.Edits + 1
			*had = m
			return m, true
		}
	}
	return m, false
}

func teamsMessage(r *http.Request) (m TeamsMessage, status int, problem string) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, 4<<20))
	var in struct {
		Type, Text, TextFormat, Summary string
		Attachments                     []struct {
			ContentType string
			Content     json.RawMessage
		}
	}
	if err != nil || json.Unmarshal(raw, &in) != nil || in.Type != "message" {
		return m, http.StatusBadRequest, "no message"
	}
	if len(raw) > 28<<10 {
		return m, http.StatusRequestEntityTooLarge, "Message size too large."
	}
	m = TeamsMessage{Where: r.PathValue("where"), ID: r.PathValue("id"), Summary: in.Summary, Text: in.Text}
	switch {
	case len(in.Attachments) == 0 && (in.Text == "" || in.TextFormat != "plain"):
		return m, http.StatusBadRequest, "a text that is none, or no plain one"
	case len(in.Attachments) == 0:
		return m, 0, ""
	case len(in.Attachments) > 1 || in.Attachments[0].ContentType != "application/vnd.microsoft.card.adaptive":
		return m, http.StatusBadRequest, "no card"
	}
	m.Card = in.Attachments[0].Content
	var card any
	_ = json.Unmarshal(m.Card, &card) // TeamsCard says what is wrong with it
	m.Words = strings.Join(teamsWords(card), "\n")
	return m, http.StatusBadRequest, TeamsCard(m.Card)
}

// TeamsToken says how an activity is signed; zero fields are as they have to be.
type TeamsToken struct {
	Issuer, App, Key, Service string
	At                        time.Time // when it begins; it lives for an hour
	Endless                   bool      // it does not say until when
	Signer                    *rsa.PrivateKey
}

// Header signs an activity, as the Bot Framework does.
func (g *Teams) Header(t testing.TB, how TeamsToken) http.Header {
	t.Helper()
	or := func(s, otherwise string) string {
		if s == "" {
			return otherwise
		}
		return s
	}
	if how.Signer == nil {
		how.Signer = g.key
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: how.Signer, KeyID: or(how.Key, "key-1")}}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	claims := jwt.Claims{
		Issuer: or(how.Issuer, "https://api.botframework.com"), Audience: jwt.Audience{or(how.App, TeamsApp)},
		NotBefore: jwt.NewNumericDate(how.At), Expiry: jwt.NewNumericDate(how.At.Add(time.Hour)),
	}
	if how.Endless {
		claims.Expiry = nil
	}
	token, err := jwt.Signed(signer).Claims(claims).Claims(map[string]any{"serviceurl": or(how.Service, g.base)}).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}}
}

// Activity is what Teams tells of somebody; more is what is particular to it.
func (g *Teams) Activity(kind, id, user string, more map[string]any) []byte {
	out := map[string]any{
		"type": kind, "id": id, "channelId": "msteams", "serviceUrl": g.base,
		"from":         map[string]any{"id": "29:" + user, "name": "somebody", "aadObjectId": user},
		"recipient":    map[string]any{"id": "28:" + TeamsApp, "name": "Rouse"},
		"conversation": map[string]any{"id": TeamsChannel + ";messageid=1", "conversationType": "channel", "tenantId": TeamsTenant},
		"channelData":  map[string]any{"tenant": map[string]any{"id": TeamsTenant}},
	}
	for k, v := range more {
		out[k] = v
	}
	b, err := json.Marshal(out)
	if err != nil {
		panic(err) // it is made of maps and strings
	}
	return b
}

// Pressed is what Teams tells of a button: verb and data are as the card has them, with what was filled in.
func (g *Teams) Pressed(id, user, verb string, data map[string]any) []byte {
	return g.Activity("invoke", id, user, map[string]any{
		"name": "adaptiveCard/action", "value": map[string]any{"action": map[string]any{"type": "Action.Execute", "verb": verb, "data": data}, "trigger": "manual"},
	})
}
