package mattermost_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/mattermost"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

func pair(t *testing.T) (*mattermost.Sender, *channeltest.Mattermost) {
	t.Helper()
	g := channeltest.NewMattermost(t)
	cfg, err := mattermost.Parse(g.URL())
	if err != nil {
		t.Fatal(err)
	}
	return mattermost.New(cfg), g
}

func TestConformance(t *testing.T) {
	channeltest.Run(t, channeltest.Case{
		New: channeltest.Pair(pair), Descriptor: mattermost.Descriptor(), Secrets: []string{channeltest.MattermostToken, channeltest.MattermostCommand}, AsksToWait: true,
		Bad: []string{"", "ops", "~ops", "@", "@Ana", "@a/b", "@../x", strings.Repeat("x", 25), strings.Repeat("x", 27), "https://chat.example.org/hooks/x"},
	})
}

func TestAPostIsEdited(t *testing.T) {
	t.Parallel()
	s, g := pair(t)
	r := channeltest.Send(t, s, channeltest.Post(g.Address(), func(m *ports.Outgoing) {
		m.Items[0].Title = "**12%** of [x](https://evil.example) @all <b> ana@example.org"
	}))
	p := g.Posts()[0]
	for _, want := range []string{`🔴 **CRIT** payments · prod · \*\*12%\*\* of \[x\]\(https://evil.example\) ＠all <b\> ana@example.org`, "paging Ana", "[#4821](<http://127.0.0.1:8080/i/4821>)"} {
		if !strings.Contains(p.Message, want) {
			t.Errorf("%q is not in\n%s", want, p.Message)
		}
	}
	if len(p.Actions) != 5 || p.Actions[1].ID != "passon" || p.Actions[0].Integration.URL != "http://127.0.0.1:8080/callbacks/mattermost" {
		t.Errorf("buttons %+v", p.Actions)
	}
	acked := channeltest.Post(g.Address(), func(m *ports.Outgoing) {
		it := &m.Items[0]
		it.Post, it.Status, it.Owner, it.OwnedAt = r.ProviderID, "acknowledged", "Ana", it.Since.Add(4*time.Minute)
	})
	if got := channeltest.Send(t, s, acked); got.ProviderID != r.ProviderID {
		t.Errorf("the post is %q now", got.ProviderID)
	}
	if p = g.Posts()[0]; p.Edits != 1 || !strings.HasPrefix(p.Message, "⚪") || p.Actions[0].Name != "Resolve" {
		t.Errorf("acknowledged: %+v", p)
	}
	channeltest.Send(t, s, channeltest.Post(g.Address(), func(m *ports.Outgoing) { m.Items[0].Post, m.Items[0].Status = r.ProviderID, "resolved" }))
	if p = g.Posts()[0]; len(p.Actions) != 0 {
		t.Errorf("resolved: %+v", p)
	}
	page := channeltest.Post(g.Address(), func(m *ports.Outgoing) { m.Purpose, m.Items[0].Post = notification.PurposePage, r.ProviderID })
	channeltest.Send(t, s, page)
	page.Attempt, page.MayRepeat = 2, true // its answer was lost
	channeltest.Send(t, s, page)
	if list := g.Posts(); len(list) != 2 || list[1].Root != r.ProviderID {
		t.Errorf("who is to answer is told by %+v", list)
	}
	g.Forget()
	if got := channeltest.Send(t, s, page); len(g.Posts()) == 0 || got.ProviderID == "" {
		t.Error("a post that was deleted is not posted anew")
	}
}

// Whatever is tried again, and whatever was lost on the way, there is one post.
func TestOnePostWhateverIsTriedAgain(t *testing.T) {
	t.Parallel()
	s, g := pair(t)
	for to, m := range map[string]ports.Outgoing{"channel": channeltest.Post(g.Address(), nil), "person": channeltest.Message("@ana")} {
		before := len(g.Posts())
		g.Script(channeltest.AcceptThenDrop())
		if _, err := s.Send(t.Context(), m); !ports.IsAmbiguous(err) {
			t.Fatalf("%s: %v", to, err)
		}
		m.Attempt, m.MayRepeat = 2, true
		if r := channeltest.Send(t, s, m); r.ProviderID == "" || len(g.Posts()) != before+1 {
			t.Errorf("%s: %+v: %+v", to, r, g.Posts())
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	s, g := pair(t)
	for to, want := range map[string]string{"@nobody": "find the user", strings.Repeat("x", 26): "may not write there"} {
		_, err := s.Send(t.Context(), channeltest.Message(to))
		if _, again := ports.RetryAfter(err); again || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", to, err)
		}
	}
	g.Script(channeltest.Status(http.StatusNotFound, 0))
	if _, err := s.Send(t.Context(), channeltest.Message(g.Address())); err == nil {
		t.Error("a channel that is not there is written to")
	}
	other := mattermost.New(mattermost.Config{BaseURL: strings.TrimSuffix(g.URL()[:7]+g.URL()[strings.Index(g.URL(), "@")+1:], "?command="+channeltest.MattermostCommand), Token: "another"})
	if err := other.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "token is wrong") {
		t.Errorf("a wrong token: %v", err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestSetting(t *testing.T) {
	t.Parallel()
	for raw, ok := range map[string]bool{
		"https://token:secret1@chat.example.org": true, "http://token:secret1@mattermost:8065": true, "http://token:secret1@10.0.0.3/chat": true,
		"http://token:secret1@chat.example.org": false, "https://chat.example.org": false, "https://secret1@chat.example.org": false, "": false,
	} {
		if _, err := mattermost.Parse(raw); (err == nil) != ok || err != nil && strings.Contains(err.Error(), "secret1") {
			t.Errorf("%s: %v", raw, err)
		}
	}
}
