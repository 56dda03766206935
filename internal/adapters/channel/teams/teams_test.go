package teams_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/teams"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

func pair(t *testing.T) (*teams.Bot, *channeltest.Teams) {
	t.Helper()
	return pairAt(t, nil)
}

// pairAt is a pair whose bot has a clock of its own; nil: time.Now.
func pairAt(t *testing.T, now func() time.Time) (*teams.Bot, *channeltest.Teams) {
	t.Helper()
	g := channeltest.NewTeams(t)
	cfg, err := teams.Parse(g.URL())
	if err != nil {
		t.Fatal(err)
	}
	cfg.Now = now
	return teams.NewBot(cfg), g
}

func TestTheBotConforms(t *testing.T) {
	channeltest.Run(t, channeltest.Case{
		New: channeltest.Pair(pair), Descriptor: teams.Descriptor(), Secrets: []string{channeltest.TeamsSecret, "fake-teams-token"}, AsksToWait: true,
		Bad: []string{"", "general", "19:x", "19:a/../b@thread.tacv2", "https://teams.microsoft.com/l/channel/x", "28:bot", "19:a@thread.tacv2;messageid=1"},
	})
}

func TestTheWorkflowConforms(t *testing.T) {
	channeltest.Run(t, channeltest.Case{
		New: func(t *testing.T) (ports.Notifier, channeltest.Fake) {
			t.Helper()
			return teams.NewWorkflow(channel.Reach{Private: true}, nil), channeltest.NewTeamsWorkflow(t)
		},
		Descriptor: teams.WorkflowDescriptor(), Secrets: []string{channeltest.TeamsSignature}, AsksToWait: true,
		Bad: []string{"", "general", "http://example.org/x", "ftp://example.org", "https://a:b@example.org/x", "https://example.org/" + strings.Repeat("x", 2000)},
	})
}

// told is a message about the suite's incident.
func told(purpose notification.Purpose, status, post string, events ...notification.Event) ports.Outgoing {
	m := channeltest.Post(channeltest.TeamsChannel, nil)
	m.Purpose = purpose
	it := &m.Items[0]
	it.Status, it.Post, it.Runbook, it.Why, it.Events = status, post, "https://runbooks.example.org/errors", "web-primary, level 1", nil
	it.Labels = []notification.Label{{Name: "instance", Value: "api-7"}}
	if status == "acknowledged" {
		it.Owner, it.OwnedAt = "Ana", it.Since.Add(4*time.Minute)
	}
	for _, e := range events {
		it.Events = append(it.Events, notification.Happened{Event: e, Text: string(e) + " by Ana", At: it.Since})
	}
	return m
}

func says(t *testing.T, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("no %q in %q", w, got)
		}
	}
}

func TestACardLivesWithItsIncident(t *testing.T) {
	t.Parallel()
	b, g := pair(t)
	r := channeltest.Send(t, b, told(notification.PurposePage, "open", ""))
	says(t, g.Messages()[0].Words, "CRIT payments · prod · error rate 12%", "paging Ana (level 1)", "next Ben {{TIME(", "#4821", "instance: api-7", "Acknowledge", "Pass on", "More", "Resolve", "Snooze for 8 hours", "Escalate now", "Add note", "Open", "Runbook")
	says(t, string(g.Messages()[0].Card), `"attention"`, `"url":"http://127.0.0.1:8080/i/4821"`)
	if again := channeltest.Send(t, b, told(notification.PurposeUpdate, "acknowledged", r.ProviderID, notification.EventAcknowledged)); again.ProviderID != r.ProviderID {
		t.Errorf("%+v, then %+v", r, again)
	}
	list := g.Messages()
	if len(list) != 1 || list[0].Edits != 1 || strings.Contains(list[0].Words, "Pass on") {
		t.Fatalf("%+v", list)
	}
	says(t, list[0].Words, "✓ Ana {{TIME(", "after 4 min", "Resolve")
	// Who is to answer is told where an edit tells nobody.
	channeltest.Send(t, b, told(notification.PurposePage, "open", r.ProviderID))
	if list = g.Messages(); len(list) != 2 || list[1].Where != channeltest.TeamsChannel+";messageid="+list[0].ID {
		t.Fatalf("%+v", list)
	}
	says(t, list[1].Text, "Please answer: web-primary, level 1", "#4821")
	channeltest.Send(t, b, told(notification.PurposeUpdate, "resolved", r.ProviderID))
	if list = g.Messages(); len(list) != 2 || strings.Contains(list[0].Words, "More") {
		t.Errorf("%+v", list)
	}
	says(t, list[0].Words, "✓ Resolved")
	if n := g.Logins(); n != 1 {
		t.Errorf("%d tokens were asked for", n)
	}
}

func TestACardThatWasDeletedIsPostedAnew(t *testing.T) {
	t.Parallel()
	b, g := pair(t)
	r := channeltest.Send(t, b, told(notification.PurposePage, "open", ""))
	g.Forget()
	if again := channeltest.Send(t, b, told(notification.PurposeUpdate, "acknowledged", r.ProviderID)); again.ProviderID == r.ProviderID || len(g.Messages()) != 1 {
		t.Errorf("%+v: %+v", again, g.Messages())
	}
	// 412 may be said of two changes at once: at first it is tried again, and then it is posted.
	m := told(notification.PurposeUpdate, "resolved", r.ProviderID)
	g.Script(channeltest.Status(http.StatusPreconditionFailed, 0))
	_, err := b.Send(t.Context(), m)
	if _, again := ports.RetryAfter(err); !again || ports.IsAmbiguous(err) {
		t.Errorf("a conflict: %v", err)
	}
	m.Attempt = 2
	g.Script(channeltest.Status(http.StatusPreconditionFailed, 0))
	if channeltest.Send(t, b, m); len(g.Messages()) != 2 {
		t.Errorf("%+v", g.Messages())
	}
}

// An edit of which nothing is known is made again: it is the same.
func TestAnEditIsNeverAmbiguous(t *testing.T) {
	t.Parallel()
	b, g := pair(t)
	r := channeltest.Send(t, b, told(notification.PurposePage, "open", ""))
	g.Script(channeltest.AcceptThenDrop())
	_, err := b.Send(t.Context(), told(notification.PurposeUpdate, "acknowledged", r.ProviderID))
	if _, again := ports.RetryAfter(err); !again || ports.IsAmbiguous(err) {
		t.Errorf("%v", err)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	b, g := pair(t)
	channeltest.Send(t, b, told(notification.PurposePage, "open", ""))
	g.EndTokens(false)
	channeltest.Send(t, b, told(notification.PurposePage, "open", ""))
	if n := g.Logins(); n != 2 || len(g.Messages()) != 2 {
		t.Errorf("%d tokens, %d messages", n, len(g.Messages()))
	}
	g.EndTokens(true)
	_, err := b.Send(t.Context(), told(notification.PurposePage, "open", ""))
	if _, again := ports.RetryAfter(err); err == nil || again || strings.Contains(err.Error(), channeltest.TeamsSecret) {
		t.Errorf("a wrong secret: %v", err)
	}
	if b.Check(t.Context()) == nil {
		t.Error("all is well with a token that was refused")
	}
}

func TestATokenIsReplacedBeforeItEnds(t *testing.T) {
	t.Parallel()
	now := time.Now()
	b, g := pairAt(t, func() time.Time { return now })
	for _, at := range []struct {
		later time.Duration
		want  int
	}{{0, 1}, {54 * time.Minute, 1}, {56 * time.Minute, 2}} {
		now = time.Now().Add(at.later)
		if err := b.Check(t.Context()); err != nil || g.Logins() != at.want {
			t.Errorf("after %v %d tokens, want %d: %v", at.later, g.Logins(), at.want, err)
		}
	}
}

// A workflow's cards are about what happened, each for itself; their buttons only open pages.
func TestAWorkflowIsToldOfEachChange(t *testing.T) {
	t.Parallel()
	g := channeltest.NewTeamsWorkflow(t)
	w := teams.NewWorkflow(channel.Reach{Private: true}, nil)
	to := func(m ports.Outgoing) ports.Outgoing { m.To = g.Address(); return m }
	channeltest.Send(t, w, to(told(notification.PurposePage, "open", "")))
	channeltest.Send(t, w, to(told(notification.PurposeUpdate, "acknowledged", "", notification.EventAcknowledged)))
	list := g.Taken()
	says(t, list[0].Words, "CRIT payments", "instance: api-7", "Acknowledge", "Runbook")
	says(t, list[1].Words, "✓ Ana", "acknowledged by Ana", "Open")
	if strings.Contains(string(list[0].Card)+string(list[1].Card), "Action.Execute") || strings.Contains(list[1].Words, "api-7") {
		t.Errorf("%s\n%s", list[0].Card, list[1].Card)
	}
	many := to(told(notification.PurposePage, "open", ""))
	for i := range 40 {
		it := many.Items[0]
		it.Incident++
		it.Title = strings.Repeat("<&>\"", 50) + fmt.Sprint(i)
		many.Items = append(many.Items, it)
	}
	channeltest.Send(t, w, many) // the fake refuses what is more than 28 KiB
	says(t, g.Taken()[2].Words, "more")
	if teams.WorkflowDescriptor().Shown(g.Address()) == g.Address() || strings.Contains(teams.WorkflowDescriptor().Shown(g.Address()), channeltest.TeamsSignature) {
		t.Error("the address is shown")
	}
}

// What comes from outside is shown as it is: it is no Markdown, no mention, no moment, and too much of it is cut.
func TestHostileTextOnACard(t *testing.T) {
	t.Parallel()
	b, g := pair(t)
	m := told(notification.PurposePage, "open", "")
	m.Items[0].Title, m.Items[0].Runbook = "[x](javascript:1) <at>all</at> {{TIME(2020-01-01T00:00:00Z)}}", "javascript:alert(1)"
	for i := range 200 {
		m.Items[0].Labels = append(m.Items[0].Labels, notification.Label{Name: fmt.Sprint("l", i, strings.Repeat("<", 300)), Value: "\u0001" + strings.Repeat("<&", 4000)})
	}
	channeltest.Send(t, b, m)
	card := string(g.Messages()[0].Card)
	if strings.Contains(card, "TextBlock\",\"text") || strings.Contains(card, "{{TIME(2020") || strings.Contains(card, "javascript:alert") {
		t.Error(card)
	}
	says(t, g.Messages()[0].Words, "[x](javascript:1)")
}

// What the fake refuses, Teams would: a card of each kind, and what is wrong with others.
func TestCardsKeepToTheSchema(t *testing.T) {
	t.Parallel()
	b, g := pair(t)
	for _, status := range []string{"open", "acknowledged", "resolved"} {
		for _, s := range []alert.Severity{alert.Critical(), alert.Warning(), alert.Info()} {
			m := told(notification.PurposePage, status, "")
			m.Items[0].Severity = s
			channeltest.Send(t, b, m)
		}
	}
	test := told(notification.PurposeTest, "", "")
	test.Items = []notification.Item{{Text: "a test"}}
	channeltest.Send(t, b, test)
	good := string(g.Messages()[0].Card)
	for old, bad := range map[string]string{
		`"TextRun"`: `"TextBloc"`, `"style":"attention"`: `"style":"red"`, `"bleed":true`: `"bleed":"true"`, `"version":"1.4"`: `"version":"2"`,
		`"Action.OpenUrl"`: `"Action.Execute"`, `"id":"note"`: `"idd":"note"`, `"inlines":`: `"inline":`,
	} {
		if wrong := channeltest.TeamsCard([]byte(strings.Replace(good, old, bad, 1))); wrong == "" {
			t.Errorf("%s is taken", bad)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	const ids = channeltest.TeamsApp + ":canary@login.microsoftonline.com/" + channeltest.TeamsTenant
	c, err := teams.Parse("https://" + ids)
	if err != nil || c.LoginURL != "https://login.microsoftonline.com" || c.ServiceURL != "https://smba.trafficmanager.net/teams" || c.Secret != "canary" || c.Tenant != channeltest.TeamsTenant {
		t.Errorf("%+v, %v", c, err)
	}
	for _, bad := range []string{"", "http://" + ids, "https://" + strings.Replace(ids, ":canary", "", 1), "https://app:canary@login.microsoftonline.com/x", "https://" + strings.TrimSuffix(ids, "0"), "https://a:canary@[x"} {
		if _, err := teams.Parse(bad); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	to, err := teams.Descriptor().Check("https://teams.microsoft.com/l/channel/19%3Afake_channel-1%40thread.tacv2/General?groupId=1&tenantId=2")
	if err != nil || to != channeltest.TeamsChannel {
		t.Errorf("a channel's link: %q, %v", to, err)
	}
}

// Only what Microsoft signed for this bot and tenant, about this activity, within its time, is read.
func TestSignedActivities(t *testing.T) {
	t.Parallel()
	now := time.Now()
	b, g := pairAt(t, func() time.Time { return now })
	own, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	type token = channeltest.TeamsToken
	press := g.Pressed("a1", "ana-object", "acknowledge", map[string]any{"incident": 4821})
	foreign := []byte(strings.ReplaceAll(string(press), channeltest.TeamsTenant, "another"))
	for name, c := range map[string]struct {
		how  token
		body []byte
		want string
	}{
		"signed":               {token{At: now}, press, ""},
		"nearly at its end":    {token{At: now.Add(-time.Hour - 4*time.Minute)}, press, ""},
		"old":                  {token{At: now.Add(-time.Hour - 6*time.Minute)}, press, "callback.bad_signature"},
		"without an end":       {token{At: now.Add(-48 * time.Hour), Endless: true}, press, "callback.bad_signature"},
		"of the near future":   {token{At: now.Add(4 * time.Minute)}, press, ""},
		"of the future":        {token{At: now.Add(6 * time.Minute)}, press, "callback.bad_signature"},
		"another issuer":       {token{At: now, Issuer: "https://sts.windows.net/x/"}, press, "callback.bad_signature"},
		"another bot":          {token{At: now, App: "another"}, press, "callback.bad_signature"},
		"another service":      {token{At: now, Service: "https://evil.example.org"}, press, "callback.bad_signature"},
		"a key that is not":    {token{At: now, Key: "key-9"}, press, "callback.bad_signature"},
		"a key of other chats": {token{At: now, Key: "key-2"}, press, "callback.bad_signature"},
		"another's key":        {token{At: now, Signer: own}, press, "callback.bad_signature"},
		"another tenant":       {token{At: now}, foreign, "callback.tenant"},
	} {
		call, ok, err := b.ReadCall(t.Context(), g.Header(t, c.how), c.body)
		if ok != (c.want == "") || fault.Of(err).Code != c.want && c.want != "" || ok && (call.User != "ana-object" || call.Of[0] != 4821) {
			t.Errorf("%s: %+v, %v", name, call, err)
		}
	}
	for _, h := range []http.Header{{}, {"Authorization": {"Bearer x"}}, {"Authorization": {"Bearer eyJhbGciOiJub25lIn0.eyJhdWQiOiJ4In0."}}} {
		if _, _, err := b.ReadCall(t.Context(), h, press); fault.Of(err).Code != "callback.bad_signature" {
			t.Errorf("%v: %v", h, err)
		}
	}
	g.Close()
	now = now.Add(25 * time.Hour)
	if _, _, err := b.ReadCall(t.Context(), g.Header(t, token{At: now}), press); err != nil {
		t.Errorf("the keys that are known will do: %v", err)
	}
}

func TestWhatActivitiesAskFor(t *testing.T) {
	t.Parallel()
	b, g := pair(t)
	read := func(content []byte) (teams.Call, bool, error) {
		return b.ReadCall(t.Context(), g.Header(t, channeltest.TeamsToken{At: time.Now()}), content)
	}
	where := channeltest.TeamsChannel + ";messageid=1"
	for name, c := range map[string]struct {
		content []byte
		want    teams.Call
	}{
		"snooze": {g.Pressed("a", "u", "snooze", map[string]any{"incident": 7, "minutes": 60}), teams.Call{Pressed: true, Asked: channel.Asked{Deed: notification.DeedSnooze, For: time.Hour}}},
		"note":   {g.Pressed("a", "u", "note", map[string]any{"incident": 7, "note": "full"}), teams.Call{Pressed: true, Asked: channel.Asked{Deed: notification.DeedNote, Note: "full"}}},
		"words":  {g.Activity("message", "a", "u", map[string]any{"text": "<at>Rouse</at>&nbsp; ack  42\n"}), teams.Call{Command: "ack 42"}},
		"added":  {g.Activity("conversationUpdate", "a", "u", map[string]any{"membersAdded": []any{map[string]any{"id": "28:" + channeltest.TeamsApp}}}), teams.Call{Added: true}},
	} {
		want := c.want
		want.ID, want.User, want.Name, want.Where = "a", "u", "somebody", where
		want.In = []directory.Room{{Kind: teams.Kind, ID: channeltest.TeamsChannel}}
		got, ok, err := read(c.content)
		if got.Pressed && len(got.Of) == 1 && got.Of[0] == 7 {
			got.Of = nil
		}
		x, _ := json.Marshal(got)
		y, _ := json.Marshal(want)
		if !ok || err != nil || string(x) != string(y) {
			t.Errorf("%s is %s, want %s, %v", name, x, y, err)
		}
	}
	for name, content := range map[string][]byte{
		"somebody else joined where nothing can be posted": g.Activity("conversationUpdate", "a", "u", map[string]any{
			"membersAdded": []any{map[string]any{"id": "29:x"}}, "conversation": map[string]any{"id": "a:one-to-one", "tenantId": channeltest.TeamsTenant}}),
		"typing": g.Activity("typing", "a", "u", nil), "another invoke": g.Activity("invoke", "a", "u", map[string]any{"name": "signin/verifyState"}),
	} {
		if _, ok, err := read(content); ok || err != nil {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
	}
	for name, content := range map[string][]byte{
		"no id": g.Activity("message", "", "u", nil), "no incident": g.Pressed("a", "u", "acknowledge", nil), "no deed of ours": g.Pressed("a", "u", "delete", map[string]any{"incident": 7}),
		"a snooze for ever": g.Pressed("a", "u", "snooze", map[string]any{"incident": 7, "minutes": 1 << 40}), "a text for a number": g.Pressed("a", "u", "acknowledge", map[string]any{"incident": "7"}),
	} {
		if _, ok, err := read(content); ok || fault.Of(err).Code != "callback.unreadable" {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
	}
}
