package scenario

import (
	"bytes"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
)

const (
	teamsAna = "object-of-ana"
	teamsEve = "object-of-eve"
)

// tenant is Teams, as a story sees it.
type tenant struct {
	*channeltest.Teams
	s     *story
	calls int
}

func withTeams(t *testing.T) *tenant {
	t.Helper()
	w := &tenant{Teams: channeltest.NewTeams(t)}
	yaml := twoPeople + `
channels:
  - {name: ops-teams, kind: teamsbot, to: "` + w.Address() + `"}
services:
  - {name: web, channels: [ops-teams]}
`
	w.s = newStory(t, "sqlite:"+filepath.Join(t.TempDir(), "rouse.db"), yaml, func(s *story) { s.config.TeamsURL = w.URL() })
	return w
}

// tell sends an activity as Teams does.
func (w *tenant) tell(how channeltest.TeamsToken, content []byte) answer {
	w.s.t.Helper()
	r, err := http.NewRequestWithContext(w.s.t.Context(), http.MethodPost, w.s.server.URL+"/callbacks/teams", bytes.NewReader(content))
	if err != nil {
		w.s.t.Fatal(err)
	}
	if how.At.IsZero() {
		how.At = w.s.clock.Now()
	}
	r.Header = w.Header(w.s.t, how)
	return w.s.do(r)
}

func (w *tenant) id() string { w.calls++; return "activity-" + string(rune('A'+w.calls)) }

// shown is what Teams shows to whoever pressed a button.
func (w *tenant) shown(a answer) string {
	w.s.t.Helper()
	w.s.must(a, http.StatusOK)
	var out struct {
		Status int `json:"statusCode"`
		Type   string
		Value  string
	}
	if err := json.Unmarshal(a.body, &out); err != nil || out.Status != http.StatusOK || out.Type != "application/vnd.microsoft.activity.message" {
		w.s.t.Fatalf("a button is answered by %s", a)
	}
	w.s.settle()
	return out.Value
}

// press presses a button of the card that is there.
func (w *tenant) press(user, verb string, data map[string]any) string {
	w.s.t.Helper()
	return w.shown(w.tell(channeltest.TeamsToken{}, w.Pressed(w.id(), user, verb, data)))
}

// write writes to the bot, and gives what it wrote back.
func (w *tenant) write(user, text string) string {
	w.s.t.Helper()
	before := len(w.Taken())
	w.s.must(w.tell(channeltest.TeamsToken{}, w.Activity("message", w.id(), user, map[string]any{"text": text})), http.StatusOK)
	w.s.settle()
	list := w.Taken()
	if len(list) != before+1 {
		w.s.t.Fatalf("%q is answered by %+v", text, list[before:])
	}
	return list[before].Text
}

func (w *tenant) link(as, user string) {
	w.s.t.Helper()
	a := w.s.must(w.s.request(as, http.MethodPost, "/api/v1/linked", map[string]any{"kind": "teamsbot"}), http.StatusCreated)
	var made struct{ Code, Write string }
	if err := json.Unmarshal(a.body, &made); err != nil || made.Write != "link "+made.Code {
		w.s.t.Fatalf("got %s", a)
	}
	says(w.s.t, w.write(user, "<at>Rouse</at> "+made.Write), "You are ")
	says(w.s.t, w.write(user, made.Write), "not the code that was shown")
}

// An alert becomes a card, which is edited as people answer it by its buttons; each is told what came of it.
func TestAnIncidentIsAnsweredInTeams(t *testing.T) {
	t.Parallel()
	w := withTeams(t)
	s := w.s
	s.fire("Down", "service=web")
	card := func() string { s.t.Helper(); s.forward(10 * time.Second); return w.Messages()[0].Words }
	says(t, card(), "CRIT web", "paging Ana (level 1)", "next Ben", "Acknowledge")
	of := map[string]any{"incident": 1}
	says(t, w.press(teamsAna, "acknowledge", of), "You are not known in Rouse. Nothing changed", "link CODE")
	s.is(1, "open")
	w.link(ana, teamsAna)
	says(t, w.press(teamsAna, "acknowledge", of), "Acked #1 web", "You own it.")
	s.is(1, "acknowledged")
	s.told(1, "Ana")
	says(t, card(), "✓ Ana", "Resolve")
	w.link(ben, teamsEve)
	says(t, w.press(teamsEve, "acknowledge", of), "already acked by Ana")
	says(t, w.press(teamsAna, "snooze", map[string]any{"incident": 1, "minutes": 60}), "Snoozed #1 web", "until")
	says(t, card(), "snoozed until")
	says(t, w.press(teamsAna, "note", map[string]any{"incident": 1, "note": "the pool is empty"}), "Noted on #1 web")
	s.told(1, "the pool is empty")
	says(t, w.press(teamsAna, "escalate", of), "#1")
	says(t, w.press(teamsEve, "pass_on", of), "#1")
	says(t, w.press(teamsAna, "resolve", of), "Resolved #1 web")
	says(t, card(), "✓ Resolved")
	cards := 0
	for _, m := range w.Messages() {
		if m.Card != nil {
			cards++
		}
	}
	if cards != 1 || w.Messages()[0].Edits < 3 {
		t.Errorf("%d cards, the first of %d edits", cards, w.Messages()[0].Edits)
	}
}

// What is not signed, is old, is of another tenant, or came before does nothing.
func TestActivitiesOfTeamsAreSignedAndActOnce(t *testing.T) {
	t.Parallel()
	w := withTeams(t)
	s := w.s
	w.link(ana, teamsAna)
	s.fire("Down", "service=web")
	press := w.Pressed("again", teamsAna, "snooze", map[string]any{"incident": 1, "minutes": 60})
	s.must(w.tell(channeltest.TeamsToken{App: "another"}, press), http.StatusUnauthorized)
	s.must(w.tell(channeltest.TeamsToken{At: s.clock.Now().Add(-66 * time.Minute)}, press), http.StatusUnauthorized)
	s.must(w.tell(channeltest.TeamsToken{}, bytes.ReplaceAll(press, []byte(channeltest.TeamsTenant), []byte("another"))), http.StatusForbidden)
	s.is(1, "open")
	says(t, w.shown(w.tell(channeltest.TeamsToken{}, press)), "Snoozed #1")
	before := s.timeline(1)
	says(t, w.shown(w.tell(channeltest.TeamsToken{}, press)), "done already")
	if again := s.timeline(1); len(again) != len(before) {
		t.Errorf("a replay acted: %q", again)
	}
	if strings.Contains(s.log.String(), channeltest.TeamsSecret) || strings.Contains(s.log.String(), "fake-teams-token") {
		t.Error("a secret is in the log")
	}
}

func TestWordsToTheBotInTeams(t *testing.T) {
	t.Parallel()
	w := withTeams(t)
	s := w.s
	added := w.Activity("conversationUpdate", w.id(), teamsAna, map[string]any{"membersAdded": []any{map[string]any{"id": "28:" + channeltest.TeamsApp}}})
	s.must(w.tell(channeltest.TeamsToken{}, added), http.StatusOK)
	says(t, w.Taken()[0].Text, "in Rouse: "+channeltest.TeamsChannel, "link CODE")
	says(t, w.write(teamsAna, "channel"), channeltest.TeamsChannel)
	says(t, w.write(teamsAna, "list"), "not known")
	w.link(ana, teamsAna)
	says(t, w.write(teamsAna, "list"), "Nothing is open.")
	says(t, w.write(teamsAna, "who"), "web: Ana")
	s.fire("Down", "service=web")
	says(t, w.write(teamsAna, "<at>Rouse</at> ack 1"), "Acked #1 web")
	says(t, w.write(teamsAna, "List"), "#1", "acknowledged by Ana")
	says(t, w.write(teamsAna, "ack 99"), "#99")
	says(t, w.write(teamsAna, "ack"), "Say which")
	says(t, w.write(teamsAna, "dance"), "Not understood")
}

// Where the bot is can be chosen by its name: what a team has when the bot comes, and what becomes of it later.
func TestChannelsOfTeamsAreOfferedByName(t *testing.T) {
	t.Parallel()
	w := withTeams(t)
	s := w.s
	offered := func(want ...string) {
		t.Helper()
		var got struct {
			Rooms []struct{ Kind, To, Name string }
		}
		a := s.must(s.request(ana, http.MethodGet, "/api/v1/channel-rooms", nil), http.StatusOK)
		if err := json.Unmarshal(a.body, &got); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, r := range got.Rooms {
			names = append(names, r.Kind+" "+r.Name+" "+r.To)
		}
		equal(s, "what is offered", strings.Join(names, "\n"), strings.Join(want, "\n"))
	}
	team := map[string]any{"id": channeltest.TeamsTeam, "name": "Web"}
	change := func(event string, channel, more map[string]any) {
		t.Helper()
		data := map[string]any{"tenant": map[string]any{"id": channeltest.TeamsTenant}, "team": team, "eventType": event}
		if channel != nil {
			data["channel"] = channel
		}
		all := map[string]any{"channelData": data, "conversation": map[string]any{"id": channeltest.TeamsTeam, "tenantId": channeltest.TeamsTenant}}
		for k, v := range more {
			all[k] = v
		}
		s.must(w.tell(channeltest.TeamsToken{}, w.Activity("conversationUpdate", w.id(), teamsAna, all)), http.StatusOK)
	}
	bot := []any{map[string]any{"id": "28:" + channeltest.TeamsApp}}
	offered()
	change("teamMemberAdded", nil, map[string]any{"membersAdded": []any{map[string]any{"id": "29:somebody"}}})
	offered("teamsbot Web / General " + channeltest.TeamsTeam)
	change("teamMemberAdded", nil, map[string]any{"membersAdded": bot})
	offered("teamsbot Web / General "+channeltest.TeamsTeam, "teamsbot Web / ops "+channeltest.TeamsChannel)
	change("channelRenamed", map[string]any{"id": channeltest.TeamsChannel, "name": "operations"}, nil)
	team["name"] = "Website"
	change("teamRenamed", nil, nil)
	change("channelCreated", map[string]any{"id": "19:new@thread.tacv2", "name": "new"}, nil)
	w.write(teamsAna, "channel") // says nothing of names
	offered("teamsbot Website / General "+channeltest.TeamsTeam, "teamsbot Website / new 19:new@thread.tacv2", "teamsbot Website / operations "+channeltest.TeamsChannel)
	change("channelDeleted", map[string]any{"id": "19:new@thread.tacv2", "name": "new"}, nil)
	offered("teamsbot Website / General "+channeltest.TeamsTeam, "teamsbot Website / operations "+channeltest.TeamsChannel)
	change("teamMemberRemoved", nil, map[string]any{"membersRemoved": bot})
	offered()
}

// A workflow has a card of each change.
func TestAWorkflowOfTeamsIsTold(t *testing.T) {
	t.Parallel()
	g := channeltest.NewTeamsWorkflow(t)
	s := newStory(t, "sqlite:"+filepath.Join(t.TempDir(), "rouse.db"), twoPeople+`
channels:
  - {name: board, kind: teams, to: "`+g.Address()+`"}
services:
  - {name: web, channels: [board]}
`)
	s.fire("Down", "service=web")
	s.forward(5 * time.Second)
	s.ack(ana, 1)
	s.forward(2 * time.Minute)
	list := g.Taken()
	if len(list) != 2 {
		t.Fatalf("%+v", list)
	}
	says(t, list[0].Words, "CRIT web", "paging Ana")
	says(t, list[1].Words, "✓ Ana", "Acknowledged by Ana")
	if got := string(s.must(s.request("", http.MethodGet, "/api/v1/channels", nil), http.StatusOK).body); strings.Contains(got, channeltest.TeamsSignature) || strings.Contains(s.log.String(), channeltest.TeamsSignature) {
		t.Error("the workflow's address is shown")
	}
}
