package channeltest

import (
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// GitHubToken lets in.
const GitHubToken = "fake-github-token"

// GitHubIssue is an issue that the fake GitHub has.
type GitHubIssue struct {
	Number   int      `json:"number"`
	Title    string   `json:"title"`
	Body     string   `json:"body"`
	State    string   `json:"state"`
	Labels   []string `json:"-"`
	Comments []string `json:"-"`
}

// GitHubWrite is a request that the fake GitHub has taken: an issue opened or changed, or a comment.
type GitHubWrite struct {
	What   string // open, change, comment
	Number int
	Title  string
	Body   string
}

// GitHub is GitHub's REST API over one repository, acme/ops. A script is for what is written; what is read is answered.
type GitHub struct {
	*ledger[GitHubWrite]
	base   string
	server *http.Server
	issues []*GitHubIssue // under the ledger's lock
	app    GitHubApp
	tokens int // that the App was given
}

// GitHubApp is an App that is installed at acme. Its tokens let in, as GitHubToken does.
// https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-an-installation-access-token-for-a-github-app
type GitHubApp struct {
	ID, Installation int64
	Key              *rsa.PublicKey
	Refuse           int // status that is answered instead of a token; 0: none
}

// Install installs an App, or changes it.
func (g *GitHub) Install(app GitHubApp) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.app = app
}

// Tokens is how many the App was given.
func (g *GitHub) Tokens() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.tokens
}

func (g *GitHub) token(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.app.Refuse != 0 {
		say(w, g.app.Refuse, "refused")
		return
	}
	var claims jwt.Claims
	signed, err := jwt.ParseSigned(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), []jose.SignatureAlgorithm{jose.RS256})
	if err != nil || g.app.Key == nil || signed.Claims(g.app.Key, &claims) != nil || claims.Issuer != strconv.FormatInt(g.app.ID, 10) ||
		claims.ValidateWithLeeway(jwt.Expected{Time: time.Now()}, 0) != nil || claims.Expiry.Time().Sub(claims.IssuedAt.Time()) > 10*time.Minute {
		say(w, http.StatusUnauthorized, "A JSON web token could not be decoded")
		return
	}
	if r.PathValue("installation") != strconv.FormatInt(g.app.Installation, 10) {
		say(w, http.StatusNotFound, "Not Found")
		return
	}
	g.tokens++
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(map[string]any{"token": fmt.Sprintf("ghs_%d", g.tokens), "expires_at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)})
}

// lets says whether a request may come in. Its lock is held.
func (g *GitHub) lets(r *http.Request) bool {
	auth := r.Header.Get("Authorization")
	return auth == "Bearer "+GitHubToken || g.tokens > 0 && auth == fmt.Sprintf("Bearer ghs_%d", g.tokens)
}

// NewGitHub starts one for a test.
func NewGitHub(t testing.TB) *GitHub {
	t.Helper()
	g := &GitHub{ledger: newLedger[GitHubWrite]()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /repos/acme/ops", g.read(func(*http.Request) any { return map[string]any{"has_issues": true} }))
	mux.HandleFunc("GET /repos/acme/ops/issues", g.read(g.list))
	mux.HandleFunc("GET /repos/acme/ops/issues/{number}/comments", g.read(g.comments))
	mux.HandleFunc("POST /repos/acme/ops/issues", g.write("open"))
	mux.HandleFunc("PATCH /repos/acme/ops/issues/{number}", g.write("change"))
	mux.HandleFunc("POST /repos/acme/ops/issues/{number}/comments", g.write("comment"))
	mux.HandleFunc("POST /app/installations/{installation}/access_tokens", g.token)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusNotFound, "Not Found") })
	var err error
	if g.server, g.base, err = serve(mux); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

// Close ends the fake and every connection.
func (g *GitHub) Close() {
	g.stop()
	_ = g.server.Close()
}

// URL is where the API is.
func (g *GitHub) URL() string { return g.base }

// Address is the repository.
func (g *GitHub) Address() string { return "acme/ops" }

// Seen is what was taken, as the suite looks at it.
func (g *GitHub) Seen() []Seen {
	var out []Seen
	for _, w := range g.Taken() {
		out = append(out, Seen{To: []string{g.Address()}, Line: w.Title})
	}
	return out
}

// Issues are those that there are.
func (g *GitHub) Issues() []GitHubIssue {
	g.mu.Lock()
	defer g.mu.Unlock()
	return copied(g.issues)
}

// Forget deletes all issues, as their owner may.
func (g *GitHub) Forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.issues = nil
}

func say(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": message})
}

func (g *GitHub) read(what func(r *http.Request) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		if !g.lets(r) {
			say(w, http.StatusUnauthorized, "Bad credentials")
			return
		}
		_ = json.NewEncoder(w).Encode(what(r))
	}
}

func (g *GitHub) list(r *http.Request) any {
	out := []*GitHubIssue{}
	if r.URL.Query().Get("state") != "all" || r.URL.Query().Get("labels") != "rouse" || r.URL.Query().Get("page") != "1" {
		return out
	}
	return append(out, g.issues...)
}

func (g *GitHub) comments(r *http.Request) any {
	out := []map[string]string{}
	if i := g.issue(r); i != nil {
		for _, c := range i.Comments {
			out = append(out, map[string]string{"body": c})
		}
	}
	return out
}

func (g *GitHub) issue(r *http.Request) *GitHubIssue {
	for _, i := range g.issues {
		if strconv.Itoa(i.Number) == r.PathValue("number") {
			return i
		}
	}
	return nil
}

// write answers 404 to whom it does not know, as GitHub does for what one may not see.
func (g *GitHub) write(what string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		reply := g.next()
		var in struct {
			Title, Body, State string
			Labels             []string
		}
		g.mu.Lock()
		lets := g.lets(r)
		g.mu.Unlock()
		if json.NewDecoder(r.Body).Decode(&in) != nil || !lets {
			say(w, http.StatusNotFound, "Not Found")
			return
		}
		var i *GitHubIssue
		taken := func() {
			g.mu.Lock()
			if i = g.issue(r); what == "open" {
				i = &GitHubIssue{Number: len(g.issues) + 1, State: "open", Labels: in.Labels}
				g.issues = append(g.issues, i)
			}
			if i == nil {
				g.mu.Unlock()
				return
			}
			if what == "comment" {
				i.Comments = append(i.Comments, in.Body)
			} else {
				i.Title, i.Body = in.Title, in.Body
				if in.State != "" {
					i.State = in.State
				}
			}
			n := i.Number
			g.mu.Unlock()
			g.take(GitHubWrite{What: what, Number: n, Title: in.Title, Body: in.Body})
		}
		ok := func() {
			if i == nil {
				say(w, http.StatusNotFound, "Not Found")
				return
			}
			if what != "change" {
				w.WriteHeader(http.StatusCreated)
			}
			_, _ = fmt.Fprintf(w, `{"number": %d}`, i.Number)
		}
		g.answerHTTP(r, reply, taken, ok, func(status, _ int, h map[string]string) {
			for k, v := range h {
				w.Header().Set(k, v)
			}
			switch status {
			case 0:
				say(w, http.StatusUnprocessableEntity, "Validation Failed "+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
			case http.StatusForbidden:
				say(w, status, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.")
			default:
				say(w, status, "scripted")
			}
		})
	}
}
