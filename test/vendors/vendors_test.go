// Package vendors_test holds what is sent against what the vendors publish of it, with programs of theirs.
package vendors_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/github"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/teams"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

const web = "../../web"

// run gives what a program of web/node_modules says; it is skipped where that is not there.
func run(t *testing.T, program string, args ...string) string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(web, "node_modules/adaptivecards")); err != nil {
		if os.Getenv("ROUSE_REQUIRE_PARTS") != "" {
			t.Fatal("web/node_modules is not there: run make web first")
		}
		t.Skip("web/node_modules is not there: run make web first")
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = web
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Fatal(err)
	}
	return string(out)
}

// story is what an incident's message says as it lives, about hostile text too.
func story(to string) []ports.Outgoing {
	var out []ports.Outgoing
	for i, step := range []struct {
		purpose notification.Purpose
		status  string
		event   notification.Event
	}{
		{notification.PurposePage, "open", notification.EventOpened}, {notification.PurposeUpdate, "acknowledged", notification.EventAcknowledged},
		{notification.PurposeUpdate, "resolved", notification.EventResolved}, {notification.PurposeUpdate, "open", notification.EventReopened},
	} {
		m := channeltest.Post(to, nil)
		m.ID, m.Purpose = m.ID[:len(m.ID)-1]+id.Message(strconv.Itoa(i)), step.purpose
		it := &m.Items[0]
		it.Status, it.Runbook, it.Title = step.status, "https://runbooks.example.org/errors", "error rate <at>all</at> **12 %** \u202e\"}]"
		it.Labels = []notification.Label{{Name: "instance", Value: strings.Repeat("x", 2000)}}
		it.Events = []notification.Happened{{Event: step.event, Text: string(step.event) + " by Ana", At: it.Since}}
		if step.status == "acknowledged" {
			it.Owner, it.OwnedAt = "Ana", it.Since
		}
		out = append(out, m)
	}
	return out
}

// TestAdaptiveCards: Microsoft's library knows every element, property and value of the cards.
func TestAdaptiveCards(t *testing.T) {
	t.Parallel()
	bot := channeltest.NewTeams(t)
	cfg, err := teams.Parse(bot.URL())
	if err != nil {
		t.Fatal(err)
	}
	var cards []json.RawMessage
	post := ""
	for _, m := range story(channeltest.TeamsChannel) {
		m.Items[0].Post = post
		post = channeltest.Send(t, teams.NewBot(cfg), m).ProviderID
		cards = append(cards, bot.Messages()[0].Card)
	}
	flow := channeltest.NewTeamsWorkflow(t)
	for _, m := range story(flow.Address()) {
		channeltest.Send(t, teams.NewWorkflow(channel.Reach{Private: true}, nil), m)
	}
	for _, m := range flow.Taken() {
		cards = append(cards, m.Card)
	}
	dir := t.TempDir()
	args := []string{"vendors/cards.mjs"}
	for i, c := range append(cards, json.RawMessage(`{"type":"AdaptiveCard","version":"1.4","body":[{"type":"TextBox","text":"x"}]}`)) {
		file := filepath.Join(dir, fmt.Sprintf("%d.json", i))
		if err := os.WriteFile(file, c, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	said := run(t, "node", args...)
	mine, wrong, ok := strings.Cut(said, filepath.Join(dir, fmt.Sprintf("%d.json", len(cards))))
	if len(cards) != 8 || mine != "" {
		t.Errorf("%d cards: %s", len(cards), mine)
	}
	if !ok || !strings.Contains(wrong, "TextBox") { // that it looks at all
		t.Errorf("of a wrong card: %s", said)
	}
}

// TestGitHubRequests: what is written to GitHub is what its description of the REST API takes, as TypeScript reads it.
func TestGitHubRequests(t *testing.T) {
	t.Parallel()
	fake := channeltest.NewGitHub(t)
	to, err := url.Parse(fake.URL())
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var code strings.Builder
	types, err := filepath.Abs(filepath.Join(web, "node_modules/@octokit/openapi-types/types"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&code, "import type { paths } from %q\ntype Body<T> = T extends { requestBody?: { content: { 'application/json': infer B } } } ? B : never\n", types)
	n := 0
	declare := func(path, method, body string) {
		fmt.Fprintf(&code, "export const body%d: Body<paths['%s']['%s']> = %s\n", n, path, method, body)
		n++
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}
	watched := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		path := strings.Replace(r.URL.Path, "/repos/acme/ops", "/repos/{owner}/{repo}", 1)
		path = strings.Replace(path, "/issues/1", "/issues/{issue_number}", 1)
		if r.Method != http.MethodGet {
			mu.Lock()
			declare(path, strings.ToLower(r.Method), string(body))
			mu.Unlock()
		}
		proxy.ServeHTTP(w, r)
	}))
	defer watched.Close()
	s, err := github.New(github.Config{BaseURL: watched.URL, Token: channeltest.GitHubToken})
	if err != nil {
		t.Fatal(err)
	}
	post := ""
	for _, m := range story(fake.Address()) {
		m.Items[0].Post = post
		m.Chosen.Options = map[string]string{"labels": "incident"}
		post = channeltest.Send(t, s, m).ProviderID
	}
	mu.Lock()
	defer mu.Unlock()
	sent := n
	declare("/repos/{owner}/{repo}/issues", "post", `{"title": "x", "bodi": "y"}`)
	file := filepath.Join(t.TempDir(), "bodies.ts")
	if err := os.WriteFile(file, []byte(code.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	said := run(t, "node_modules/.bin/tsc", "--noEmit", "--strict", "--skipLibCheck", "--ignoreConfig", file)
	if sent < 6 || strings.Count(said, "error") != 1 || !strings.Contains(said, "bodi") {
		t.Errorf("of %d bodies, and a wrong one: %s\n%s", sent, said, code.String())
	}
}
