package scenario

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
)

// chatSays holds what a chat said against what it should.
func chatSays(t *testing.T, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("said %q, want %q", got, w)
		}
	}
}

// chatCode makes the code by which whoever is signed in is linked.
func (s *story) chatCode(as, kind string) string {
	s.t.Helper()
	a := s.must(s.request(as, http.MethodPost, "/api/v1/linked", map[string]any{"kind": kind}), http.StatusCreated)
	var made struct{ Code string }
	if err := json.Unmarshal(a.body, &made); err != nil || made.Code == "" {
		s.t.Fatalf("got %s", a)
	}
	return made.Code
}

// callback sends what a chat's server sends.
func (s *story) callback(path, body string, header http.Header) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.server.URL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		s.t.Fatal(err)
	}
	if header != nil {
		r.Header = header
	}
	return s.do(r)
}

const (
	telegramAna = 42 // her chat with the bot is her contact
	telegramBen = 43 // he is linked by a code
	telegramEve = 44
)

const telegramYAML = `
settings: {default_policy: web, fallback: [{user: cleo@example.org}]}
users:
  - {email: ana@example.org, name: Ana, role: responder, contacts: [{name: chat, kind: telegram, to: "42"}], rules: {high: [{contact: chat}], low: [{contact: chat}]}}
  - {email: ben@example.org, name: Ben, role: responder, contacts: [{name: phone, kind: sms, to: "+34600000002"}], rules: {high: [{contact: phone}], low: [{contact: phone}]}}
  - {email: cleo@example.org, name: Cleo, role: admin, contacts: [{name: mail, kind: email, to: cleo@example.org}], rules: {high: [{contact: mail}], low: [{contact: mail}]}}
escalation_policies:
  - {name: web, repeat: 1, levels: [{ack_timeout: 15m, targets: [{user: ana@example.org}]}, {ack_timeout: 15m, targets: [{user: ben@example.org}]}]}
channels:
  - {name: ops, kind: telegram, to: "-1001234567890"}
services:
  - {name: web, channels: [ops]}
integrations:
  - {name: main, kind: alertmanager, key_env: KEY_MAIN}
`

type telegramStory struct {
	*channeltest.Telegram
	s *story
}

func withTelegram(t *testing.T, query string) telegramStory {
	t.Helper()
	g := channeltest.NewTelegram(t)
	s := newStory(t, "sqlite:"+filepath.Join(t.TempDir(), "rouse.db"), telegramYAML, func(s *story) { s.config.TelegramURL = g.URL() + query })
	return telegramStory{g, s}
}

// in are the messages of a chat, as they stand.
func (w telegramStory) in(chat string) (out []channeltest.TelegramMessage) {
	for _, m := range w.Messages() {
		if m.Chat == chat {
			out = append(out, m)
		}
	}
	return out
}

// asked lets Rouse ask Telegram for what people did, and gives what was said then.
func (w telegramStory) asked() string {
	w.s.t.Helper()
	answers, messages := len(w.Answers()), len(w.Messages())
	if err := w.s.app.AskForReplies(w.s.t.Context()); err != nil {
		w.s.t.Fatal(err)
	}
	var said []string
	for _, a := range w.Answers()[answers:] {
		said = append(said, a.Text)
	}
	for _, m := range w.Messages()[messages:] {
		said = append(said, m.Line)
	}
	w.s.settle()
	return strings.Join(said, "\n")
}

func (w telegramStory) press(by int64, data string) string {
	w.s.t.Helper()
	w.Press(by, w.in(channeltest.TelegramGroup)[0], data)
	return w.asked()
}

func (w telegramStory) write(by int64, chat, text string, to *channeltest.TelegramMessage) string {
	w.s.t.Helper()
	w.Write(by, chat, text, w.s.clock.Now(), to)
	return w.asked()
}

// An alert becomes one message in the group, which is edited as people answer it there; each is told what came of it.
func TestAnIncidentIsAnsweredInTelegram(t *testing.T) {
	t.Parallel()
	w := withTelegram(t, "")
	s := w.s
	s.fire("Down", "service=web")
	s.forward(5 * time.Second)
	post := func() channeltest.TelegramMessage {
		s.t.Helper()
		s.forward(5 * time.Second)
		return w.in(channeltest.TelegramGroup)[0]
	}
	chatSays(t, post().Line, "🔴 CRIT web", "paging Ana (level 1)", "next Ben")
	chatSays(t, w.press(telegramEve, "acknowledge 1"), "You are not known in Rouse. Nothing changed")
	chatSays(t, w.press(telegramEve, "dance 1"), "none of Rouse's")
	s.is(1, "open")
	chatSays(t, w.press(telegramAna, "acknowledge 1"), "Acked #1 web", "You own it.")
	s.is(1, "acknowledged")
	chatSays(t, post().Line, "⚪ CRIT web", "✓ Ana")
	code := s.chatCode(ben, "telegram")
	chatSays(t, w.write(telegramBen, "43", "/start "+code, nil), "You are Ben in Rouse now.")
	chatSays(t, w.write(telegramEve, "44", "/start "+code, nil), "not the code that was shown")
	chatSays(t, w.press(telegramBen, "acknowledge 1"), "already acked by Ana")
	chatSays(t, w.press(telegramAna, "snooze 60 1"), "Snoozed #1 web", "until")
	p := post()
	chatSays(t, p.Line, "snoozed until")
	chatSays(t, w.write(telegramBen, channeltest.TelegramGroup, "the pool is empty", &p), "Noted on #1 web")
	s.told(1, "the pool is empty")
	if said := w.write(telegramBen, channeltest.TelegramGroup, "see you at lunch", nil); said != "" {
		t.Errorf("what is none of ours is answered %q", said)
	}
	for _, words := range []string{"resolve 1", "9 1", "resolve #1!"} {
		if said := w.write(telegramBen, channeltest.TelegramGroup, words, nil); said != "" {
			t.Errorf("%q between people is answered %q", words, said)
		}
	}
	s.is(1, "acknowledged")
	chatSays(t, w.write(telegramBen, channeltest.TelegramGroup, "resolve", &p), "Resolved #1 web")
	chatSays(t, post().Line, "✅", "✓ Resolved")
	if n := len(w.in(channeltest.TelegramGroup)); n > 3 { // the post, and two answers to what was written
		t.Errorf("%d messages in the group", n)
	}
	chatSays(t, w.write(telegramBen, channeltest.TelegramGroup, "/list@rouse_bot", nil), "Nothing is open.")
	chatSays(t, w.write(telegramEve, "44", "/oncall", nil), "not known in Rouse", "/link CODE")
	chatSays(t, w.write(telegramBen, "43", "/oncall", nil), "web: Ana")
	w.Write(telegramBen, "43", "/page ana@example.org help", s.clock.Now().Add(-2*time.Hour), nil)
	chatSays(t, w.asked(), "more than an hour")
	chatSays(t, w.write(telegramBen, "43", "/page ana@example.org help", nil), "Paged: #2")
	chatSays(t, w.write(telegramBen, "43", "/dance", nil), "Not understood", "/oncall: who is paged first")
	if strings.Contains(s.log.String(), channeltest.TelegramToken) {
		t.Error("the token is in the log")
	}
}

// A person is told in their own chat, and answers there: by a button, by a key, by a number, too late.
func TestAPersonIsPagedInTelegram(t *testing.T) {
	t.Parallel()
	w := withTelegram(t, "")
	s := w.s
	chatSays(t, w.write(telegramEve, "44", "/start", nil), "has the number 44", "to be known here")
	chatSays(t, w.write(telegramEve, "44", "ack", nil), "not known here")
	chatSays(t, w.write(telegramAna, "42", "/start", nil), "has the number 42", "You are Ana there.")
	chatSays(t, w.write(telegramAna, "42", "1", nil), "there is nothing to answer")
	s.fire("Down", "service=web")
	s.forward(time.Second)
	mine := w.in("42")[2:] // after the answers
	if len(mine) != 1 || mine[0].Keys[0].Data != "acknowledge 1" {
		t.Fatalf("paged by %+v", mine)
	}
	w.Write(telegramAna, "42", "1", s.clock.Now().Add(-2*time.Hour), nil)
	chatSays(t, w.asked(), "expired")
	w.Write(telegramAna, "42", "ack 1", s.clock.Now().Add(-2*time.Hour), nil)
	chatSays(t, w.asked(), "more than an hour")
	s.is(1, "open")
	chatSays(t, w.write(telegramAna, "42", "1", nil), "Acked #1 web")
	s.is(1, "acknowledged")
	s.fire("Slow", "service=db")
	s.forward(time.Minute)
	chatSays(t, w.write(telegramAna, "42", "ack 2", nil), "Acked #2 db")
	chatSays(t, w.write(telegramAna, "42", "what?", nil), "Not understood")
	chatSays(t, w.write(telegramAna, "42", "stop", nil), "Nothing is sent here any more")
	chatSays(t, w.write(telegramAna, "42", "/start", nil), "has the number 42")
	s.fire("Gone", "service=cache")
	s.forward(time.Minute)
	if mine = w.in("42"); !strings.Contains(mine[len(mine)-1].Line, "cache") {
		t.Errorf("after /start nothing comes: %+v", mine[len(mine)-1])
	}
}

// Whoever blocks the bot is paged by their next step, and is not tried again.
func TestWhoBlocksTheBotIsMarked(t *testing.T) {
	t.Parallel()
	w := withTelegram(t, "")
	s := w.s
	w.Script(channeltest.Status(http.StatusForbidden, 0), channeltest.Status(http.StatusForbidden, 0))
	s.fire("Down", "service=web")
	s.forward(20 * time.Second)
	for _, c := range s.contacts(ana) {
		if !c.Stopped || !strings.Contains(c.Trouble, "blocked by the user") {
			t.Errorf("the contact is %+v", c)
		}
	}
	s.forward(time.Minute)
	s.expect("+34600000002", "web")
}

// Where Telegram calls us, its secret lets it in, and what it brings twice is done once.
func TestTelegramBringsUpdates(t *testing.T) {
	t.Parallel()
	w := withTelegram(t, "?updates=webhook")
	s := w.s
	s.fire("Down", "service=web")
	s.forward(5 * time.Second)
	w.asked() // says where to bring them
	to, secret := w.Webhook()
	if to != s.server.URL+"/callbacks/telegram" || secret == "" || secret == channeltest.TelegramToken {
		t.Fatalf("brought to %q with %q", to, secret)
	}
	body, _ := json.Marshal(w.Press(telegramAna, w.in(channeltest.TelegramGroup)[0], "snooze 60 1"))
	s.must(s.callback("/callbacks/telegram", string(body), nil), http.StatusUnauthorized)
	s.must(s.callback("/callbacks/telegram", string(body), http.Header{"X-Telegram-Bot-Api-Secret-Token": {"guessed"}}), http.StatusUnauthorized)
	s.is(1, "open")
	good := http.Header{"X-Telegram-Bot-Api-Secret-Token": {secret}}
	s.must(s.callback("/callbacks/telegram", string(body), good), http.StatusOK)
	s.must(s.callback("/callbacks/telegram", string(body), good), http.StatusOK)
	s.must(s.callback("/callbacks/telegram", "{", good), http.StatusBadRequest)
	if a := w.Answers(); len(a) != 1 || !strings.Contains(a[0].Text, "Snoozed #1") {
		t.Errorf("answered %+v", a)
	}
}

const mattermostYAML = `
settings: {default_policy: web, fallback: [{user: cleo@example.org}]}
users:
  - {email: ana@example.org, name: Ana, role: responder, contacts: [{name: chat, kind: mattermost, to: "@ana"}], rules: {high: [{contact: chat}], low: [{contact: chat}]}}
  - {email: ben@example.org, name: Ben, role: responder, contacts: [{name: phone, kind: sms, to: "+34600000002"}], rules: {high: [{contact: phone}], low: [{contact: phone}]}}
  - {email: cleo@example.org, name: Cleo, role: admin, contacts: [{name: mail, kind: email, to: cleo@example.org}], rules: {high: [{contact: mail}], low: [{contact: mail}]}}
escalation_policies:
  - {name: web, repeat: 1, levels: [{ack_timeout: 15m, targets: [{user: ana@example.org}]}, {ack_timeout: 15m, targets: [{user: ben@example.org}]}]}
channels:
  - {name: ops, kind: mattermost, to: abcdefghijklmnopqrstuvwx12}
services:
  - {name: web, channels: [ops]}
integrations:
  - {name: main, kind: alertmanager, key_env: KEY_MAIN}
`

func TestAnIncidentIsAnsweredInMattermost(t *testing.T) {
	t.Parallel()
	g := channeltest.NewMattermost(t)
	s := newStory(t, "sqlite:"+filepath.Join(t.TempDir(), "rouse.db"), mattermostYAML, func(s *story) { s.config.MattermostURL = g.URL() })
	s.fire("Down", "service=web")
	s.forward(5 * time.Second)
	in := func(channel string) channeltest.MattermostPost {
		s.t.Helper()
		for _, p := range g.Posts() {
			if (p.Channel == channel) == (channel != "") {
				return p
			}
		}
		s.t.Fatalf("nothing in %q: %+v", channel, g.Posts())
		return channeltest.MattermostPost{}
	}
	post := func() channeltest.MattermostPost {
		s.t.Helper()
		s.forward(5 * time.Second)
		return in(channeltest.MattermostChannel)
	}
	call := func(body string, want int) string {
		s.t.Helper()
		a := s.must(s.callback("/callbacks/mattermost", body, nil), want)
		var said struct {
			Ephemeral string `json:"ephemeral_text"`
			Text      string
		}
		_ = json.Unmarshal(a.body, &said)
		s.settle()
		return strings.ReplaceAll(said.Ephemeral+said.Text, `\`, "") // Markdown's
	}
	command := func(user, name, trigger, token, text string, want int) string {
		s.t.Helper()
		return call(url.Values{"token": {token}, "user_id": {user}, "user_name": {name}, "trigger_id": {trigger}, "command": {"/rouse"}, "text": {text}}.Encode(), want)
	}
	p := post()
	chatSays(t, p.Message, "🔴 **CRIT** web", "paging Ana", "next Ben")
	ack := p.Actions[0]
	forged := strings.Replace(ack.Pressed("ana-id", "ana", "t0"), "acknowledge 1", "resolve 1", 1)
	call(forged, http.StatusUnauthorized)
	call(ack.Pressed("", "", "t0"), http.StatusBadRequest)
	chatSays(t, call(ack.Pressed("eve-id", "eve", "t1"), http.StatusOK), "You are not known in Rouse")
	s.is(1, "open")
	chatSays(t, call(ack.Pressed("whoever-id", "ana", "t11"), http.StatusOK), "You are not known in Rouse")
	s.is(1, "open") // the name may be somebody else's by now
	chatSays(t, command("ana-id", "ana", "t12", channeltest.MattermostCommand, "link "+s.chatCode(ana, "mattermost"), http.StatusOK), "You are Ana")
	chatSays(t, call(ack.Pressed("ana-id", "ana-maria", "t2"), http.StatusOK), "Acked #1 web", "You own it.")
	s.is(1, "acknowledged")
	chatSays(t, post().Message, "⚪", "✓ Ana")
	code := s.chatCode(ben, "mattermost")
	command("ben-id", "b", "t3", "another", "link "+code, http.StatusUnauthorized)
	chatSays(t, command("ben-id", "b", "t3", channeltest.MattermostCommand, "link "+code, http.StatusOK), "You are Ben")
	chatSays(t, command("ben-id", "b", "t4", channeltest.MattermostCommand, "ack 1", http.StatusOK), "already acked by Ana")
	chatSays(t, command("ben-id", "b", "t5", channeltest.MattermostCommand, "dance", http.StatusOK), "Not understood", "/rouse link CODE")
	chatSays(t, command("ben-id", "b", "t8", channeltest.MattermostCommand, "list", http.StatusOK), "#1", "web", "acknowledged by Ana")
	chatSays(t, command("ana-id", "ana", "t9", channeltest.MattermostCommand, "oncall", http.StatusOK), "web: Ana")
	chatSays(t, command("ana-id", "ana", "t10", channeltest.MattermostCommand, "page @ana the lift is stuck", http.StatusOK), "Paged: #2")
	snooze := post().Actions[1]
	chatSays(t, call(snooze.Pressed("ben-id", "b", "t6"), http.StatusOK), "Snoozed #1")
	before := len(s.timeline(1))
	if said := call(snooze.Pressed("ben-id", "b", "t6"), http.StatusOK); said != "" || len(s.timeline(1)) != before {
		t.Errorf("what came again acted, and said %q", said)
	}
	chatSays(t, call(post().Actions[0].Pressed("ben-id", "b", "t7"), http.StatusOK), "Resolved #1")
	chatSays(t, post().Message, "✅")
	if strings.Contains(s.log.String(), channeltest.MattermostToken) || strings.Contains(s.log.String(), channeltest.MattermostCommand) {
		t.Error("a secret is in the log")
	}
	if direct := g.Posts()[0]; !strings.Contains(direct.Message, "web") {
		t.Errorf("directly %+v", direct)
	}
}

// A channel whose own server refuses everything is said where providers that fail are, until it takes something again.
func TestADeadChannelIsSaid(t *testing.T) {
	t.Parallel()
	g := channeltest.NewTeamsWorkflow(t)
	s := newStory(t, "sqlite:"+filepath.Join(t.TempDir(), "rouse.db"), twoPeople+`
channels:
  - {name: board, kind: teams, to: "`+g.Address()+`"}
services:
  - {name: web, channels: [board]}
`)
	ready := func() string {
		s.restart() // it remembers what it said for a second
		return s.request("-", http.MethodGet, "/ready", nil).String()
	}
	const words = "the channel board fails: its last 3 attempts were not taken; its page says why"
	g.Always(channeltest.Refuse())
	for i, alert := range []string{"One", "Two", "Three"} {
		if said := ready(); strings.Contains(said, "board") {
			t.Fatalf("after %d attempts it is said: %s", i, said)
		}
		s.fire(alert, "service=web", "environment="+alert)
		s.forward(time.Minute)
	}
	if said := ready(); !strings.Contains(said, words) {
		t.Errorf("/ready says %s", said)
	}
	g.Always(channeltest.Accept())
	s.fire("Four", "service=web", "environment=Four")
	s.forward(time.Minute)
	if said := ready(); strings.Contains(said, "board") {
		t.Errorf("it takes messages, and /ready says %s", said)
	}
}
