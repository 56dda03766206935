package slack_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/slack"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

func pair(t *testing.T) (*slack.Sender, *channeltest.Slack) {
	t.Helper()
	g := channeltest.NewSlack(t)
	cfg, err := slack.Parse(g.URL("secret=" + channeltest.SlackSecret + "&app=" + channeltest.SlackAppToken))
	if err != nil {
		t.Fatal(err)
	}
	return slack.New(cfg), g
}

func TestConformance(t *testing.T) {
	channeltest.Run(t, channeltest.Case{
		New: channeltest.Pair(pair), Descriptor: slack.Descriptor(), Secrets: []string{channeltest.SlackToken, channeltest.SlackSecret, channeltest.SlackAppToken}, AsksToWait: true,
		Bad: []string{"", "ops", "#Ops", "#a b", "#", "C1", "c0123456789", "@ana", "<!channel>", "ana@", "https://hooks.slack.com/services/x"},
	})
}

// One message of an incident: posted, edited as things change, with what happened in its thread.
func TestAPostIsEdited(t *testing.T) {
	t.Parallel()
	s, g := pair(t)
	r := channeltest.Send(t, s, channeltest.Post(g.Address(), func(m *ports.Outgoing) { m.To = "#ops" }))
	list := g.Messages()
	if len(list) != 1 || r.ProviderID != "C0123456789:"+list[0].TS || !r.Delivered {
		t.Fatalf("%+v by %+v", list, r)
	}
	for _, want := range []string{":red_circle: *CRIT* payments · prod · error rate 12%", "Open since <!date^", "paging Ana (level 1)", "next Ben <!date^", "|#4821>", "Acknowledge", "Pass on"} {
		if !strings.Contains(list[0].Words, want) {
			t.Errorf("%q is not in\n%s", want, list[0].Words)
		}
	}
	acked := channeltest.Post(g.Address(), func(m *ports.Outgoing) {
		it := &m.Items[0]
		m.ID, it.Post, it.Status, it.Owner, it.OwnedAt, it.Next = "second", r.ProviderID, "acknowledged", "Ana", it.Since.Add(4*time.Minute), ""
		it.Events = []notification.Happened{{Text: "Acknowledged by <Ana> & co", At: it.OwnedAt}}
	})
	if again := channeltest.Send(t, s, acked); again.ProviderID != r.ProviderID {
		t.Errorf("the post is %q, was %q", again.ProviderID, r.ProviderID)
	}
	list = g.Messages()
	if len(list) != 2 || list[0].Edits != 1 || list[1].Thread != list[0].TS || list[1].Broadcast {
		t.Fatalf("after the acknowledgement: %+v", list)
	}
	if w := list[0].Words; !strings.Contains(w, ":white_circle:") || !strings.Contains(w, "✓ Ana <!date^") || !strings.Contains(w, "(after 4 min)") || strings.Contains(w, "Acknowledge\n") {
		t.Errorf("acknowledged it says\n%s", w)
	}
	if !strings.HasSuffix(list[1].Text, "Acknowledged by &lt;Ana&gt; &amp; co") {
		t.Errorf("the thread says %q", list[1].Text)
	}
	acked.Attempt = 2 // its answer was lost
	channeltest.Send(t, s, acked)
	if list = g.Messages(); len(list) != 2 {
		t.Errorf("another attempt told again: %+v", list)
	}
	page := channeltest.Post(g.Address(), func(m *ports.Outgoing) {
		m.ID, m.Purpose, m.Items[0].Post, m.Items[0].Why, m.Items[0].Events = "third", notification.PurposePage, r.ProviderID, "level 2", nil
	})
	channeltest.Send(t, s, page)
	if list = g.Messages(); len(list) != 3 || !list[2].Broadcast || !strings.Contains(list[2].Text, "level 2") {
		t.Errorf("who is to answer is told by no new message: %+v", list)
	}
}

// What was lost is found however much was written since.
func TestALostPostIsFoundInABusyChannel(t *testing.T) {
	t.Parallel()
	s, g := pair(t)
	m := channeltest.Post(g.Address(), nil)
	g.Script(channeltest.AcceptThenDrop())
	if _, err := s.Send(t.Context(), m); !ports.IsAmbiguous(err) {
		t.Fatalf("got %v", err)
	}
	const busy = 210
	for i := range busy {
		channeltest.Send(t, s, channeltest.Post(g.Address(), func(m *ports.Outgoing) { m.Items[0].ID = fmt.Sprint(i) }))
	}
	m.Attempt, m.MayRepeat = 2, true
	channeltest.Send(t, s, m)
	if n := len(g.Messages()); n != busy+1 {
		t.Errorf("there are %d posts", n)
	}
}

// Whatever became of an attempt, there is one post; one that people deleted is posted anew.
func TestThereIsOnePost(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"#ops", "C0123456789"} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			s, g := pair(t)
			m := channeltest.Post(g.Address(), func(m *ports.Outgoing) { m.To = to })
			g.Script(channeltest.AcceptThenDrop())
			if _, err := s.Send(t.Context(), m); !ports.IsAmbiguous(err) {
				t.Fatalf("got %v", err)
			}
			m.Attempt, m.MayRepeat = 2, true
			r := channeltest.Send(t, s, m)
			if list := g.Messages(); len(list) != 1 || r.ProviderID != "C0123456789:"+list[0].TS {
				t.Fatalf("%+v by %+v", list, r)
			}
			other := channeltest.Post(g.Address(), func(m *ports.Outgoing) { m.ID, m.Items[0].ID, m.Attempt = "other", "other", 2 })
			channeltest.Send(t, s, other)
			if list := g.Messages(); len(list) != 2 {
				t.Fatalf("another incident's post was taken for this one's: %+v", list)
			}
			g.Forget()
			m.Attempt, m.Items[0].Post = 1, r.ProviderID
			channeltest.Send(t, s, m)
			if list := g.Messages(); len(list) != 1 || list[0].Thread != "" {
				t.Errorf("after it was deleted: %+v", list)
			}
		})
	}
}

// A person gets messages of their own, found by address too, with buttons for all that each lists.
func TestDirectMessages(t *testing.T) {
	t.Parallel()
	s, g := pair(t)
	m := channeltest.Message("ana@example.org")
	m.Recipient, m.Lane, m.Answers = notification.Recipient{Kind: notification.ToUser, ID: "ana"}, "contact:c", notification.Answers{Whole: "code-of-both"}
	second := m.Items[0]
	second.Incident, second.Service = 4822, "auth"
	m.Items = append(m.Items, second)
	channeltest.Send(t, s, m)
	list := g.Messages()
	if len(list) != 1 || list[0].Channel != "U0000000ANA" || !strings.Contains(list[0].Words, "payments") || !strings.Contains(list[0].Words, "auth") {
		t.Fatalf("%+v", list)
	}
	last := list[0].Blocks[len(list[0].Blocks)-1]
	if len(last.Elements) != 2 || last.Elements[0].Words() != "Acknowledge all 2" || last.Elements[0].Value != "code code-of-both" {
		t.Errorf("buttons %+v", last.Elements)
	}
	m.To = "nobody@example.org"
	if _, err := s.Send(t.Context(), m); err == nil || !strings.Contains(err.Error(), "nobody has this address") {
		t.Errorf("an address of nobody: %v", err)
	}
}

// Whatever is in a message, Slack takes it: the fake refuses what is beyond Block Kit's limits.
func TestBlocksStayWithinLimits(t *testing.T) {
	t.Parallel()
	s, g := pair(t)
	long := strings.Repeat("&<", 4000)
	m := channeltest.Message("U0000000ANA")
	m.Answers.Whole = strings.Repeat("c", 30)
	it := &m.Items[0]
	it.Title, it.Service, it.Environment, it.Why, it.Paged, it.Next, it.Owner, it.Alerts = long, long, long, long, long, long, long, 99
	it.Runbook, it.Incident = "https://example.org/"+strings.Repeat("r", 1900), 1<<53
	it.Events = make([]notification.Happened, 300)
	for i := range it.Events {
		it.Events[i].Text = long
	}
	for _, status := range []string{"open", "acknowledged", "resolved"} {
		it.Status, it.Until = status, time.Now()
		channeltest.Send(t, s, m)
		p := m
		p.Recipient.Kind, p.Items = notification.ToChannel, []notification.Item{*it}
		r := channeltest.Send(t, s, p)
		p.Items[0].Post = r.ProviderID
		channeltest.Send(t, s, p)
	}
	for n := range 200 {
		more := *it
		more.Incident = id.Incident(n)
		m.Items = append(m.Items, more)
	}
	channeltest.Send(t, s, m)
	for _, msg := range g.Messages() {
		if strings.Contains(msg.Words, "<!channel") || len(msg.Text) > 8000 {
			t.Errorf("%d characters: %.80q", len(msg.Text), msg.Text)
		}
	}
}

// What comes from outside mentions nobody and links nothing.
func TestHostileTextMeansNothing(t *testing.T) {
	t.Parallel()
	s, g := pair(t)
	bad := "<!channel> <@U0000000ANA> <https://evil.example|click> & *"
	m := channeltest.Post(g.Address(), func(m *ports.Outgoing) {
		it := &m.Items[0]
		it.Title, it.Service, it.Paged, it.Next, it.Text = bad, bad, bad, bad, bad
		it.Events = append(it.Events, notification.Happened{Text: bad})
	})
	m.Items[0].Post = channeltest.Send(t, s, m).ProviderID
	channeltest.Send(t, s, m)
	for _, msg := range g.Messages() {
		for _, text := range []string{msg.Text, msg.Words} {
			for _, part := range []string{"<!channel", "<@", "<https://evil"} {
				if strings.Contains(text, part) {
					t.Errorf("%q in %s", part, text)
				}
			}
		}
	}
}

func TestErrorsOfSlack(t *testing.T) {
	t.Parallel()
	s, g := pair(t)
	for name, c := range map[string]struct {
		change func(*ports.Outgoing)
		says   string
	}{
		"no such channel": {func(m *ports.Outgoing) { m.To = "#none" }, "there is no such channel"},
		"no such member":  {func(m *ports.Outgoing) { m.To = "eve2@example.org" }, "nobody has this address"},
	} {
		_, err := s.Send(t.Context(), channeltest.Post(g.Address(), c.change))
		if _, again := ports.RetryAfter(err); err == nil || again || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.SetToken("xoxb-wrong")
	if err := s.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "the token is wrong") || strings.Contains(err.Error(), "xoxb-wrong") {
		t.Errorf("a wrong token: %v", err)
	}
	s.SetToken("")
	if _, err := s.Send(t.Context(), channeltest.Post(g.Address(), nil)); err == nil || !strings.Contains(err.Error(), "not installed") {
		t.Errorf("no token: %v", err)
	}
}

func TestSeverityHasItsSign(t *testing.T) {
	t.Parallel()
	s, g := pair(t)
	channeltest.Send(t, s, channeltest.Post(g.Address(), func(m *ports.Outgoing) { m.Items[0].Severity = alert.Warning() }))
	channeltest.Send(t, s, channeltest.Post(g.Address(), func(m *ports.Outgoing) { m.Items[0].Status = "resolved" }))
	list := g.Messages()
	if !strings.HasPrefix(list[0].Words, ":large_yellow_circle: *WARN*") || !strings.HasPrefix(list[1].Words, ":white_check_mark: *CRIT*") || strings.Contains(list[1].Words, "Acknowledge") {
		t.Errorf("%q and %q", list[0].Words, list[1].Words)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	c, err := slack.Parse("https://123.456:client-secret@slack.com?secret=s&link=email")
	if err != nil || c.BaseURL != "https://slack.com/api/" || c.ClientID != "123.456" || c.ClientSecret != "client-secret" || c.Token != "" || c.Secret != "s" || !c.ByEmail {
		t.Errorf("%+v, %v", c, err)
	}
	for _, bad := range []string{"", "slack.com", "http://token:canary@slack.com", "https://slack.com", "https://token@slack.com", "https://token:canary@slack.com?link=name", "https://token:canary@[slack.com"} {
		if _, err := slack.Parse(bad); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// Only what Slack signed within five minutes is read.
func TestSignedCalls(t *testing.T) {
	t.Parallel()
	g := channeltest.NewSlack(t)
	now := time.Now()
	s := slack.New(slack.Config{BaseURL: g.Base() + "/api/", Secret: channeltest.SlackSecret, Now: func() time.Time { return now }})
	press := channeltest.SlackPayload(g.Pressed("U1", "t1", "acknowledge", "4821"))
	for name, c := range map[string]struct {
		header http.Header
		body   string
		want   bool
	}{
		"signed":          {channeltest.SlackHeader(channeltest.SlackSecret, now, press), press, true},
		"nearly old":      {channeltest.SlackHeader(channeltest.SlackSecret, now.Add(-299*time.Second), press), press, true},
		"old":             {channeltest.SlackHeader(channeltest.SlackSecret, now.Add(-302*time.Second), press), press, false},
		"of the future":   {channeltest.SlackHeader(channeltest.SlackSecret, now.Add(302*time.Second), press), press, false},
		"another secret":  {channeltest.SlackHeader("another", now, press), press, false},
		"another body":    {channeltest.SlackHeader(channeltest.SlackSecret, now, press), press + "&x=1", false},
		"without headers": {http.Header{}, press, false},
	} {
		call, ok, err := s.ReadCall(c.header, []byte(c.body))
		if ok != c.want || (err == nil) != c.want || c.want && (call.User != "U1" || call.Deed != notification.DeedAcknowledge || call.Of[0] != 4821) {
			t.Errorf("%s: %+v, %v, %v", name, call, ok, err)
		}
	}
	if _, _, err := slack.New(slack.Config{}).ReadCall(channeltest.SlackHeader("", now, press), []byte(press)); err == nil {
		t.Error("without a secret something was read")
	}
}

func TestWhatCallsAskFor(t *testing.T) {
	t.Parallel()
	g := channeltest.NewSlack(t)
	s := slack.New(slack.Config{BaseURL: g.Base() + "/api/", Secret: channeltest.SlackSecret})
	read := func(body string) (slack.Call, bool, error) {
		return s.ReadCall(channeltest.SlackHeader(channeltest.SlackSecret, time.Now(), body), []byte(body))
	}
	for _, c := range []struct {
		action, value string
		want          slack.Call
	}{
		{"pass_on", "7", slack.Call{Asked: channel.Asked{Deed: notification.DeedPassOn, Of: []id.Incident{7}}}},
		{"acknowledge", "code abc", slack.Call{Asked: channel.Asked{Deed: notification.DeedAcknowledge, Code: "abc"}}},
		{"more", "snooze 60 7", slack.Call{Asked: channel.Asked{Deed: notification.DeedSnooze, For: time.Hour, Of: []id.Incident{7}}}},
		{"more", "escalate 7", slack.Call{Asked: channel.Asked{Deed: notification.DeedEscalate, Of: []id.Incident{7}}}},
		{"more", "resolve 7", slack.Call{Asked: channel.Asked{Deed: notification.DeedResolve, Of: []id.Incident{7}}}},
		{"more", "note 7", slack.Call{Ask: true, Asked: channel.Asked{Deed: notification.DeedNote, Of: []id.Incident{7}}}},
	} {
		got, ok, err := read(channeltest.SlackPayload(g.Pressed("U1", "t1", c.action, c.value)))
		want := c.want
		want.ID, want.User, want.Name, want.Channel, want.ReplyURL, want.Trigger = "t1", "U1", "somebody", g.Address(), got.ReplyURL, "t1"
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		if !ok || err != nil || string(a) != string(b) {
			t.Errorf("%s %s is %s, want %s, %v", c.action, c.value, a, b, err)
		}
	}
	if _, ok, err := read(channeltest.SlackPayload(g.Pressed("U1", "t1", "link", "7"))); ok || err != nil {
		t.Errorf("a button that opens a page asks for something: %v", err)
	}
	for _, bad := range []string{"", "payload=x", "payload=%7B%7D", "command=%2Frouse&text=list", channeltest.SlackPayload(g.Pressed("U1", "t1", "more", "snooze x 7")), channeltest.SlackPayload(g.Pressed("U1", "t1", "acknowledge", "-7"))} {
		if _, ok, err := read(bad); ok || err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestListening(t *testing.T) {
	t.Parallel()
	s, g := pair(t)
	ctx, stop := context.WithCancel(t.Context())
	calls, ended := make(chan slack.Call, 2), make(chan struct{})
	go func() { s.Listen(ctx, nil, func(c slack.Call) { calls <- c }); close(ended) }()
	g.Deliver(t, "interactive", "e1", g.Pressed("U1", "t1", "acknowledge", "7"))
	if c := <-calls; c.Deed != notification.DeedAcknowledge || c.Of[0] != 7 {
		t.Errorf("pressed: %+v", c)
	}
	g.Deliver(t, "slash_commands", "e2", []byte(`{"command":"/rouse","text":" list ","user_id":"U1","trigger_id":"t2"}`))
	if c := <-calls; c.Command != "list" || c.User != "U1" {
		t.Errorf("written: %+v", c)
	}
	stop()
	<-ended
}
