package channeltest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// MattermostToken is the bot's, MattermostCommand a slash command's, MattermostChannel one that the bot is in.
const (
	MattermostToken   = "fake-mattermost-token"
	MattermostCommand = "fake-command-token"
	MattermostChannel = "abcdefghijklmnopqrstuvwx12"
	mattermostDirect  = "directdirectdirectdirect12"
)

// MattermostAction is a button.
type MattermostAction struct {
	ID          string
	Name        string
	Integration struct {
		URL     string
		Context json.RawMessage
	}
}

// MattermostPost is a post that the fake has taken.
type MattermostPost struct {
	ID      string
	Channel string
	Root    string
	Message string
	Mark    string // the prop rouse
	Actions []MattermostAction
	Edits   int
	At      int64 // milliseconds
}

// Mattermost is the REST API of a Mattermost server for one bot. A script is for posts and edits; what is read is answered.
type Mattermost struct {
	*ledger[MattermostPost]
	base   string
	server *http.Server
	posts  []*MattermostPost // under the ledger's lock
}

// NewMattermost starts one for a test.
func NewMattermost(t testing.TB) *Mattermost {
	t.Helper()
	g := &Mattermost{ledger: newLedger[MattermostPost]()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v4/users/me", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"id":"bot"}`)) })
	mux.HandleFunc("GET /api/v4/users/username/{name}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("name") != "ana" {
			mattermostNo(w, http.StatusNotFound, "We couldn't find the user.", nil)
			return
		}
		_, _ = w.Write([]byte(`{"id":"anasid"}`))
	})
	mux.HandleFunc("POST /api/v4/channels/direct", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, `{"id":%q}`, mattermostDirect)
	})
	mux.HandleFunc("GET /api/v4/channels/{channel}/posts", g.list)
	mux.HandleFunc("POST /api/v4/posts", g.post)
	mux.HandleFunc("PUT /api/v4/posts/{post}/patch", g.patch)
	var err error
	if g.server, g.base, err = serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+MattermostToken {
			mattermostNo(w, http.StatusUnauthorized, "Invalid or expired session, please login again.", nil)
			return
		}
		mux.ServeHTTP(w, r)
	})); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

// Close ends the fake and every connection.
func (g *Mattermost) Close() {
	g.stop()
	_ = g.server.Close()
}

// URL is the setting by which Rouse finds it.
func (g *Mattermost) URL() string {
	return strings.Replace(g.base, "://", "://token:"+MattermostToken+"@", 1) + "?command=" + MattermostCommand
}

// Address is the channel.
func (g *Mattermost) Address() string { return MattermostChannel }

// Seen is what was taken, as the suite looks at it.
func (g *Mattermost) Seen() []Seen {
	var out []Seen
	for _, p := range g.Taken() {
		out = append(out, Seen{To: []string{p.Channel}, Line: shownMarkdown(p.Message), Key: p.Mark})
	}
	return out
}

var markdownEscapes = regexp.MustCompile(`\\(.)`)

// shownMarkdown is a text in one line, without what makes it look so.
func shownMarkdown(s string) string {
	return markdownEscapes.ReplaceAllString(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' }), " "), "$1")
}

// Posts are those that there are, as they stand.
func (g *Mattermost) Posts() []MattermostPost {
	g.mu.Lock()
	defer g.mu.Unlock()
	return copied(g.posts)
}

// Forget deletes all posts, as people may.
func (g *Mattermost) Forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.posts = nil
}

func mattermostNo(w http.ResponseWriter, status int, words string, header map[string]string) {
	for k, v := range header {
		w.Header().Set(k, v)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"id": "api.fake.app_error", "message": words, "status_code": status})
}

type mattermostIn struct {
	Channel string `json:"channel_id"`
	Root    string `json:"root_id"`
	Message string `json:"message"`
	Props   struct {
		Rouse       string
		Attachments []struct{ Actions []MattermostAction }
	}
}

var actionID = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// read gives the post, or why there is none.
func (in mattermostIn) read(p *MattermostPost) (why string) {
	p.Message, p.Mark, p.Actions = in.Message, in.Props.Rouse, nil
	if len([]rune(in.Message)) > 16383 || in.Message == "" {
		return "Invalid message."
	}
	for _, a := range in.Props.Attachments {
		for _, b := range a.Actions {
			if !actionID.MatchString(b.ID) {
				return "Invalid action id."
			}
			p.Actions = append(p.Actions, b)
		}
	}
	return ""
}

func (g *Mattermost) play(w http.ResponseWriter, r *http.Request, taken, ok func()) {
	g.answerHTTP(r, g.next(), taken, ok, func(status, _ int, h map[string]string) {
		if status == 0 {
			mattermostNo(w, http.StatusBadRequest, "Invalid or missing channel_id "+MattermostToken, nil)
			return
		}
		if after := h["Retry-After"]; after != "" {
			h = map[string]string{"X-Ratelimit-Reset": after, "X-Ratelimit-Remaining": "0"}
		}
		mattermostNo(w, status, http.StatusText(status), h)
	})
}

func (g *Mattermost) post(w http.ResponseWriter, r *http.Request) {
	var in mattermostIn
	p := &MattermostPost{At: time.Now().UnixMilli()}
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.read(p) != "" {
		mattermostNo(w, http.StatusBadRequest, "Invalid post.", nil)
		return
	}
	if p.Channel, p.Root = in.Channel, in.Root; p.Channel != MattermostChannel && p.Channel != mattermostDirect {
		mattermostNo(w, http.StatusForbidden, "You do not have the appropriate permissions.", nil)
		return
	}
	g.play(w, r, func() {
		g.mu.Lock()
		p.ID = fmt.Sprintf("post%022d", len(g.posts)+1)
		g.posts = append(g.posts, p)
		g.mu.Unlock()
		g.take(*p)
	}, func() {
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, `{"id":%q}`, p.ID)
	})
}

func (g *Mattermost) patch(w http.ResponseWriter, r *http.Request) {
	var in mattermostIn
	g.mu.Lock()
	var old *MattermostPost
	for _, p := range g.posts {
		if p.ID == r.PathValue("post") {
			old = p
		}
	}
	g.mu.Unlock()
	if old == nil { // what is not there nobody may see
		mattermostNo(w, http.StatusForbidden, "You do not have the appropriate permissions.", nil)
		return
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil {
		mattermostNo(w, http.StatusBadRequest, "Invalid post.", nil)
		return
	}
	g.play(w, r, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		_ = in.read(old)
		old.Edits++
	}, func() { _, _ = fmt.Fprintf(w, `{"id":%q}`, old.ID) })
}

func (g *Mattermost) list(w http.ResponseWriter, r *http.Request) {
	out := map[string]any{}
	for _, p := range g.Posts() {
		if p.Channel == r.PathValue("channel") {
			out[p.ID] = map[string]any{"id": p.ID, "message": p.Message, "props": map[string]any{"rouse": p.Mark}}
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"posts": out})
}

// Pressed is what the server sends where somebody presses a button.
func (a MattermostAction) Pressed(user, name, trigger string) string {
	b, _ := json.Marshal(map[string]any{"user_id": user, "user_name": name, "trigger_id": trigger, "type": "button", "context": a.Integration.Context})
	return string(b)
}
