package telegram_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/telegram"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

func pair(t *testing.T) (*telegram.Sender, *channeltest.Telegram) {
	t.Helper()
	g := channeltest.NewTelegram(t)
	cfg, err := telegram.Parse(g.URL())
	if err != nil {
		t.Fatal(err)
	}
	return telegram.New(cfg), g
}

func TestConformance(t *testing.T) {
	channeltest.Run(t, channeltest.Case{
		New: channeltest.Pair(pair), Descriptor: telegram.Descriptor(), Secrets: []string{channeltest.TelegramToken}, AsksToWait: true,
		Bad: []string{"", "ana", "0", "-", "+34600000000", "@a", "@ana example", "12345678901234567", "https://t.me/ana"},
	})
}

// One message of an incident: sent, edited as things change; who is to answer is told by a reply, which rings.
func TestAPostIsEdited(t *testing.T) {
	t.Parallel()
	s, g := pair(t)
	first := channeltest.Post(g.Address(), func(m *ports.Outgoing) { m.Items[0].Title = "error rate <12% & @all of ana@example.org" })
	r := channeltest.Send(t, s, first)
	list := g.Messages()
	if len(list) != 1 || r.ProviderID != channeltest.TelegramGroup+":1" {
		t.Fatalf("%+v by %+v", list, r)
	}
	for _, want := range []string{"🔴 <b>CRIT</b> payments · prod · error rate &lt;12% &amp; ＠all of ana@example.org\nOpen since", "paging Ana (level 1) · next Ben ", ` · <a href="http://127.0.0.1:8080/i/4821">#4821</a>`} {
		if !strings.Contains(list[0].Text, want) {
			t.Errorf("%q is not in\n%s", want, list[0].Text)
		}
	}
	if keys := list[0].Keys; len(keys) != 5 || keys[0].Data != "acknowledge 4821" || keys[3].Data != "snooze 60 4821" {
		t.Errorf("buttons %+v", keys)
	}
	first.Items[0].Post = r.ProviderID
	if again := channeltest.Send(t, s, first); again.ProviderID != r.ProviderID || len(g.Messages()) != 1 {
		t.Errorf("what changes nothing: %+v", again)
	}
	acked := channeltest.Post(g.Address(), func(m *ports.Outgoing) {
		it := &m.Items[0]
		it.Post, it.Status, it.Owner, it.OwnedAt, it.Next = r.ProviderID, "acknowledged", "Ana", it.Since.Add(4*time.Minute), ""
	})
	channeltest.Send(t, s, acked)
	if m := g.Messages()[0]; m.Edits != 1 || !strings.HasPrefix(m.Line, "⚪ CRIT") || !strings.Contains(m.Line, "✓ Ana") || m.Keys[0].Text != "Resolve" {
		t.Errorf("acknowledged: %+v", m)
	}
	page := channeltest.Post(g.Address(), func(m *ports.Outgoing) {
		m.Purpose, m.Items[0].Post, m.Items[0].Why = notification.PurposePage, r.ProviderID, "level 2"
	})
	if got := channeltest.Send(t, s, page); got.ProviderID != r.ProviderID {
		t.Errorf("the post is %q now", got.ProviderID)
	}
	if list = g.Messages(); len(list) != 2 || list[1].Reply != 1 || !strings.Contains(list[1].Line, "level 2") || list[1].Silent {
		t.Errorf("who is to answer is told by %+v", list)
	}
	g.Forget()
	if got := channeltest.Send(t, s, page); got.ProviderID == r.ProviderID || len(g.Messages()) != 1 {
		t.Errorf("a post that was deleted is not sent anew: %+v", got)
	}
}

// Of many incidents as many are told of as fit; all of them are answered at once.
func TestManyIncidents(t *testing.T) {
	t.Parallel()
	s, g := pair(t)
	m := channeltest.Message("42")
	m.Answers.Whole = "1xwhole"
	for i := range 20 {
		it := m.Items[0]
		it.Incident, it.Title, it.Why = id.Incident(5000+i), strings.Repeat("<😀", 100), strings.Repeat("why ", 40)
		m.Items = append(m.Items, it)
	}
	channeltest.Send(t, s, m)
	got := g.Messages()[0]
	if !strings.Contains(got.Line, "21 incidents") || !strings.HasSuffix(got.Line, "more.") || len(got.Keys) != 2 || got.Keys[0].Data != "acknowledge code 1xwhole" {
		t.Errorf("got %+v", got)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	g := channeltest.NewTelegram(t)
	cfg, err := telegram.Parse(g.URL())
	if err != nil {
		t.Fatal(err)
	}
	blocked := ""
	cfg.Blocked = func(_ context.Context, to, why string) { blocked = to + ": " + why }
	s := telegram.New(cfg)
	g.Script(channeltest.Status(http.StatusForbidden, 0))
	if _, err := s.Send(t.Context(), channeltest.Message("42")); err == nil || !strings.HasPrefix(blocked, "42: Telegram answered 403") {
		t.Errorf("blocked: %v, told %q", err, blocked)
	}
	cfg.Token = "1:" + strings.Repeat("x", 30)
	err = telegram.New(cfg).Check(t.Context())
	if _, again := ports.RetryAfter(err); again || err == nil || !strings.Contains(err.Error(), "token is wrong") {
		t.Errorf("a wrong token: %v", err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// After a quiet week Telegram numbers anew, also lower than before.
func TestUpdatesAreNumberedAnew(t *testing.T) {
	t.Parallel()
	s, g := pair(t)
	next := int64(0)
	says := func(want ...string) {
		t.Helper()
		list, n, err := s.Ask(t.Context(), next, 0)
		var got []string
		for _, u := range list {
			got = append(got, u.Text)
		}
		if next = n; err != nil || !slices.Equal(got, want) {
			t.Fatalf("asked, it says %q, %v; want %q", got, err, want)
		}
	}
	g.Renumber(1000)
	g.Write(42, "42", "one", time.Now(), nil)
	says("one")
	says()
	g.Renumber(7)
	g.Write(42, "42", "two", time.Now(), nil)
	says("two")
	says()
}

func TestSetting(t *testing.T) {
	t.Parallel()
	const token = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for raw, ok := range map[string]bool{
		"https://1:" + token + "@api.telegram.org": true, "https://1:" + token + "@api.telegram.org?updates=webhook": true, "http://1:" + token + "@127.0.0.1:1": true,
		"http://1:" + token + "@api.telegram.org": false, "https://api.telegram.org": false, "https://x:" + token + "@api.telegram.org": false,
		"https://1:short@api.telegram.org": false, "https://1:" + token + "@api.telegram.org?updates=mail": false,
	} {
		if _, err := telegram.Parse(raw); (err == nil) != ok || err != nil && strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", raw, err)
		}
	}
}
