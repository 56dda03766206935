package scenario

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
)

const hookSecret = "scenario-github-secret"

// closed is GitHub telling that somebody closed the issue at a moment.
func (s *story) closed(g *channeltest.GitHub, at time.Time, secret, delivery string) answer {
	s.t.Helper()
	content := fmt.Appendf(nil, `{"action":"closed","issue":{"number":1,"state":"closed","closed_at":%q,"body":%q},"repository":{"full_name":"acme/ops"},"sender":{"login":"octo"}}`,
		at.UTC().Format(time.RFC3339), g.Issues()[0].Body)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(content)
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.server.URL+"/callbacks/github", bytes.NewReader(content))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("X-GitHub-Event", "issues")
	r.Header.Set("X-GitHub-Delivery", delivery)
	r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	return s.do(r)
}

func TestAnIncidentHasAnIssueOnGitHub(t *testing.T) {
	t.Parallel()
	g := channeltest.NewGitHub(t)
	yaml := twoPeople + `
channels:
  - {name: issues, kind: github, to: acme/ops, options: {after: 10m, severity: error, labels: incident, resolve: "yes"}}
services:
  - {name: web, channels: [issues]}
`
	s := newStory(t, "sqlite:"+filepath.Join(t.TempDir(), "rouse.db"), yaml, func(s *story) {
		s.config.GitHubURL = strings.Replace(g.URL(), "http://", "http://token:"+channeltest.GitHubToken+"@", 1) + "?secret=" + hookSecret
	})
	s.fire("Short", "service=web", "env=a")
	s.forward(5 * time.Minute)
	s.ack("ana@example.org", 1)
	s.resolve("Short", "service=web", "env=a")
	s.fire("Down", "service=web")
	const n = 2
	s.forward(9*time.Minute + 59*time.Second)
	if is := g.Issues(); len(is) != 0 {
		t.Fatalf("too early: %+v", is)
	}
	s.forward(time.Second)
	is := g.Issues()
	if len(is) != 1 || is[0].State != "open" || !strings.Contains(is[0].Title, fmt.Sprintf("#%d", n)) {
		t.Fatalf("issues %+v, want one of #%d", is, n)
	}
	s.ack("ana@example.org", n)
	s.forward(time.Minute)
	if is = g.Issues(); len(is) != 1 || len(is[0].Comments) != 1 || !strings.Contains(is[0].Comments[0], "Acknowledged by Ana") || !strings.Contains(is[0].Body, "**acknowledged**") {
		t.Fatalf("after the acknowledgement: %+v", is)
	}
	s.must(s.closed(g, s.clock.Now(), "a wrong secret", "d1"), http.StatusUnauthorized)
	before := s.clock.Now().Add(-2 * time.Minute)
	s.must(s.closed(g, s.clock.Now(), hookSecret, ""), http.StatusBadRequest)
	s.must(s.closed(g, before, hookSecret, "d1"), http.StatusNoContent)
	s.is(n, "acknowledged") // it was closed before we wrote to it: told again
	s.must(s.closed(g, s.clock.Now(), hookSecret, "d1"), http.StatusNoContent)
	s.is(n, "acknowledged") // this delivery was taken already
	s.must(s.closed(g, s.clock.Now(), hookSecret, "d2"), http.StatusNoContent)
	s.is(n, "resolved")
	s.told(n, "octo (github) resolved it: closed acme/ops#1")
	s.forward(time.Minute)
	if is = g.Issues(); is[0].State != "closed" {
		t.Errorf("%+v", is)
	}
}
