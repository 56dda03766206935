package scenario

import (
	"encoding/json"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
)

const (
	slackAna = "U0000000ANA"
	slackEve = "U0000000EVE"
)

// workspace is Slack, as a story sees it.
type workspace struct {
	*channeltest.Slack
	s     *story
	heard int // answers that the story has looked at
	calls int
}

func withSlack(t *testing.T, query, yaml string) *workspace {
	t.Helper()
	w := &workspace{Slack: channeltest.NewSlack(t)}
	w.s = newStory(t, "sqlite:"+filepath.Join(t.TempDir(), "rouse.db"), yaml, func(s *story) { s.config.SlackURL = w.URL(query) })
	return w
}

// signed sends a request as Slack does, at a moment.
func (w *workspace) signed(secret string, at time.Time, body string) answer {
	w.s.t.Helper()
	r, err := http.NewRequestWithContext(w.s.t.Context(), http.MethodPost, w.s.server.URL+"/callbacks/slack", strings.NewReader(body))
	if err != nil {
		w.s.t.Fatal(err)
	}
	r.Header = channeltest.SlackHeader(secret, at, body)
	return w.s.do(r)
}

// answered gives what only whoever sent the next call was told.
func (w *workspace) answered() channeltest.SlackAnswer {
	w.s.t.Helper()
	w.heard++
	list, err := w.Answers().Wait(w.s.t.Context(), w.heard)
	if err != nil || len(list) != w.heard {
		w.s.t.Fatalf("%d answers, not %d: %+v: %v", len(list), w.heard, list, err)
	}
	w.s.settle()
	return list[w.heard-1]
}

func (w *workspace) trigger() string { w.calls++; return "trigger" + string(rune('A'+w.calls)) }

func (w *workspace) press(user, action, value string) string {
	w.s.t.Helper()
	body := channeltest.SlackPayload(w.Pressed(user, w.trigger(), action, value))
	w.s.must(w.signed(channeltest.SlackSecret, w.s.clock.Now(), body), http.StatusOK)
	return w.answered().Text
}

func (w *workspace) write(user, text string) string {
	w.s.t.Helper()
	w.s.must(w.signed(channeltest.SlackSecret, w.s.clock.Now(), w.Command(user, w.trigger(), text)), http.StatusOK)
	return w.answered().Text
}

func says(t *testing.T, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("said %q, want %q", got, w)
		}
	}
}

const slackYAML = twoPeople + `
channels:
  - {name: ops-slack, kind: slack, to: "#ops"}
services:
  - {name: web, channels: [ops-slack]}
`

// link makes whoever is signed in known to Slack by an id.
func (w *workspace) link(as, user string) {
	w.s.t.Helper()
	a := w.s.must(w.s.request(as, http.MethodPost, "/api/v1/linked", map[string]any{"kind": "slack"}), http.StatusCreated)
	var made struct{ Code, Write string }
	if err := json.Unmarshal(a.body, &made); err != nil || made.Write != "/rouse link "+made.Code {
		w.s.t.Fatalf("got %s", a)
	}
	says(w.s.t, w.write(user, "link "+made.Code), "You are ")
	says(w.s.t, w.write(user, "link "+made.Code), "not the code that was shown")
}

// An alert becomes one message, which is edited as people answer it by its buttons; each is told what came of it.
func TestAnIncidentIsAnsweredInSlack(t *testing.T) {
	t.Parallel()
	w := withSlack(t, "secret="+channeltest.SlackSecret, slackYAML)
	s := w.s
	s.fire("Down", "service=web")
	s.forward(5 * time.Second)
	post := func() channeltest.SlackMessage { s.t.Helper(); s.forward(5 * time.Second); return w.Messages()[0] }
	says(t, post().Words, ":red_circle: *CRIT* web", "paging Ana (level 1)", "next Ben", "Acknowledge")
	says(t, w.press(slackAna, "acknowledge", "1"), "You are not known in Rouse. Nothing changed", "/rouse link CODE")
	s.is(1, "open")
	w.link(ana, slackAna)
	says(t, w.press(slackAna, "acknowledge", "1"), "Acked #1 web", "You own it.")
	s.is(1, "acknowledged")
	s.told(1, "Ana")
	says(t, post().Words, ":white_circle:", "✓ Ana", "Resolve")
	w.link(ben, slackEve)
	says(t, w.press(slackEve, "acknowledge", "1"), "already acked by Ana")
	says(t, w.press(slackAna, "more", "snooze 60 1"), "Snoozed #1 web", "until")
	says(t, post().Words, "snoozed until")
	says(t, w.press(slackAna, "more", "escalate 1"), "#1")
	s.forward(time.Minute)

	w.s.must(w.signed(channeltest.SlackSecret, s.clock.Now(), channeltest.SlackPayload(w.Pressed(slackAna, w.trigger(), "more", "note 1"))), http.StatusOK)
	form := w.answered().View
	w.s.must(w.signed(channeltest.SlackSecret, s.clock.Now(), channeltest.SlackPayload(w.Sent(slackAna, w.trigger(), form, "the pool is empty"))), http.StatusOK)
	if got := w.answered(); got.User != slackAna || !strings.Contains(got.Text, "Noted on #1 web") {
		t.Errorf("a note is answered by %+v", got)
	}
	s.told(1, "the pool is empty")
	says(t, w.press(slackAna, "resolve", "1"), "Resolved #1 web")
	says(t, post().Words, ":white_check_mark:", "✓ Resolved")
	thread := 0
	for _, m := range w.Messages()[1:] {
		if m.Thread != w.Messages()[0].TS {
			t.Errorf("another message in the channel: %+v", m)
		}
		thread++
	}
	if thread < 3 {
		t.Errorf("the thread tells %d things", thread)
	}
}

// What is not signed, is old, or came before does nothing.
func TestRequestsOfSlackAreSignedAndActOnce(t *testing.T) {
	t.Parallel()
	w := withSlack(t, "secret="+channeltest.SlackSecret, slackYAML)
	s := w.s
	w.link(ana, slackAna)
	s.fire("Down", "service=web")
	now := s.clock.Now()
	press := channeltest.SlackPayload(w.Pressed(slackAna, "t1", "more", "snooze 60 1"))
	s.must(w.signed("another", now, press), http.StatusUnauthorized)
	s.must(w.signed(channeltest.SlackSecret, now.Add(-6*time.Minute), press), http.StatusUnauthorized)
	s.is(1, "open")
	s.must(w.signed(channeltest.SlackSecret, now, press), http.StatusOK)
	says(t, w.answered().Text, "Snoozed #1")
	until := s.timeline(1)
	s.must(w.signed(channeltest.SlackSecret, now, press), http.StatusOK)
	says(t, w.write(slackAna, "list"), "#1", "web", "acknowledged by Ana") // its answer is the next: the replay had none
	if again := s.timeline(1); len(again) != len(until) {
		t.Errorf("a replay acted: %q", again)
	}
	if strings.Contains(s.log.String(), channeltest.SlackSecret) || strings.Contains(s.log.String(), channeltest.SlackToken) {
		t.Error("a secret is in the log")
	}
}

func TestCommandsOfSlack(t *testing.T) {
	t.Parallel()
	w := withSlack(t, "secret="+channeltest.SlackSecret, slackYAML)
	s := w.s
	says(t, w.write(slackAna, ""), "/rouse oncall", "/rouse link CODE")
	says(t, w.write(slackAna, "list"), "not known")
	w.link(ana, slackAna)
	w.link(ben, slackEve)
	says(t, w.write(slackAna, "list"), "Nothing is open.")
	says(t, w.write(slackAna, "oncall"), "web: Ana")
	s.fire("Down", "service=web")
	says(t, w.write(slackAna, "ack 1"), "Acked #1 web")
	says(t, w.write(slackAna, "ack 99"), "#99")
	says(t, w.write(slackAna, "ack"), "Say which")
	says(t, w.write(slackAna, "dance"), "Not understood")
	says(t, w.write(slackAna, "page <@"+slackEve+"|eve> the lift is stuck"), "Paged: #2")
	s.forward(time.Second)
	s.expect(benPhone, "the lift is stuck")
	says(t, w.write(slackAna, "page cleo@example.org help"), "Paged: #3")
	says(t, w.write(slackAna, "page nobody@example.org help"), "nobody@example.org")
	says(t, w.write(slackAna, "page <@U0000000XXX> help"), "Nobody in Rouse is linked to them")
}

// A person is told in Slack, by their address there, and answers there; a confirmed address links where that is allowed.
func TestDirectMessagesInSlack(t *testing.T) {
	t.Parallel()
	yaml := strings.ReplaceAll(twoPeople, `contacts: [{name: phone, kind: sms, to: "+34600000001"},`, `contacts: [{name: phone, kind: slack, to: ana@example.org},`)
	yaml = strings.ReplaceAll(yaml, ben, "eve@example.org") // whose address is not confirmed
	w := withSlack(t, "link=email&secret="+channeltest.SlackSecret, yaml)
	s := w.s
	s.fire("Down", "service=web")
	s.forward(time.Second)
	list := w.Messages()
	if len(list) != 1 || list[0].Channel != slackAna {
		t.Fatalf("messages %+v", list)
	}
	says(t, w.press(slackEve, "acknowledge", "1"), "not known")
	says(t, w.press(slackAna, "acknowledge", "1"), "Acked #1")
	s.is(1, "acknowledged")
	var known struct{ Linked []struct{ Kind, ID string } }
	a := s.must(s.request(ana, http.MethodGet, "/api/v1/linked", nil), http.StatusOK)
	if err := json.Unmarshal(a.body, &known); err != nil || len(known.Linked) != 1 || known.Linked[0].ID != slackAna {
		t.Errorf("linked %s", a)
	}
	s.must(s.request(ana, http.MethodDelete, "/api/v1/linked/slack/"+slackAna, nil), http.StatusNoContent)
	s.must(s.request(ana, http.MethodDelete, "/api/v1/linked/slack/"+slackAna, nil), http.StatusNotFound)
}

// An admin has Rouse installed; nobody else can bring a token.
func TestInstallingInSlack(t *testing.T) {
	t.Parallel()
	w := &workspace{Slack: channeltest.NewSlack(t)}
	s := newStory(t, "sqlite:"+filepath.Join(t.TempDir(), "rouse.db"), slackYAML, func(s *story) {
		s.config.SlackURL = strings.Replace(w.Base(), "http://", "http://"+channeltest.SlackClient+":"+channeltest.SlackSecret+"@", 1) + "?secret=" + channeltest.SlackSecret
	})
	s.server.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s.must(s.request(ana, http.MethodGet, "/api/v1/slack/install", nil), http.StatusForbidden)
	a := s.must(s.request("", http.MethodGet, "/api/v1/slack/install", nil), http.StatusFound)
	to, err := url.Parse(a.header.Get("Location"))
	if err != nil || to.Path != "/oauth/v2/authorize" || to.Query().Get("redirect_uri") != s.server.URL+"/callbacks/slack/installed" {
		t.Fatalf("led to %v, %v", to, err)
	}
	back := func(state, code string) answer {
		return s.request("-", http.MethodGet, "/callbacks/slack/installed?"+url.Values{"state": {state}, "code": {code}}.Encode(), nil)
	}
	state := to.Query().Get("state")
	s.must(back("guessed", channeltest.SlackCode), http.StatusForbidden)
	says(t, string(s.must(back(state, channeltest.SlackCode), http.StatusOK).body), "installed in Acme")
	s.must(back(state, channeltest.SlackCode), http.StatusForbidden) // once
	s.fire("Down", "service=web")
	s.forward(5 * time.Second)
	if n := len(w.Messages()); n != 1 {
		t.Errorf("%d messages", n)
	}
	if strings.Contains(s.log.String(), channeltest.SlackToken) || strings.Contains(s.log.String(), state) {
		t.Error("a secret is in the log")
	}
}
