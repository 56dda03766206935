package directory_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

func user(name string, role directory.Role, contacts ...notification.Contact) directory.User {
	return directory.User{ID: id.User(name), Email: name + "@example.org", Role: role, TimeZone: "Europe/Madrid", Contacts: contacts}
}

func contact(name, kind string) notification.Contact {
	return notification.Contact{ID: id.Contact(name), Kind: kind, To: name, Verified: true}
}

// picture has two admins, of whom one can be reached, three others, a team and two policies.
func picture() *directory.Snapshot {
	unproven, away := contact("cyd-sms", "sms"), user("dan", directory.Responder, contact("dan-sms", "sms"))
	unproven.Verified, away.Disabled = false, true
	return directory.NewSnapshot(7, directory.Settings{DefaultPolicy: "plain"}, directory.Edit{
		Users: []directory.User{
			user("zoe", directory.Admin, contact("zoe-sms", "sms")), user("eve", directory.Admin), user("ana", directory.Responder, contact("ana-sms", "sms")),
			user("cyd", directory.Responder, unproven), away,
		},
		Teams:    []directory.Team{{ID: "web", Name: "web", Members: []id.User{"ana", "cyd", "dan", "zoe", "nobody"}}},
		Channels: []directory.Channel{{ID: "ops", Name: "Operations", Kind: "slack"}},
		Policies: []escalation.Policy{
			{Ref: escalation.Ref{ID: "plain", Version: 1}}, {Ref: escalation.Ref{ID: "web", Version: 3}, Name: "third"},
			{Ref: escalation.Ref{ID: "web", Version: 2}, Name: "second"}, {Ref: escalation.Ref{ID: "gone", Version: 1}},
		},
		Services: []directory.Service{
			{ID: "s1", Name: "shop", Policy: "web", Channels: []id.Channel{"ops", "deleted"}, CreatedBy: "main"},
			{ID: "s2", Name: "blog", CreatedBy: "main"}, {ID: "s3", Name: "old", Policy: "gone"},
		},
		Integrations:   []directory.Integration{{ID: "main", KeyHash: "abc"}},
		DeletePolicies: []id.Policy{"gone"},
	}, nil)
}

func ids(rs []notification.Recipient) string {
	var out []string
	for _, r := range rs {
		out = append(out, fmt.Sprintf("%s:%s", r.Kind, r.ID))
	}
	return strings.Join(out, " ")
}

func TestResolve(t *testing.T) {
	t.Parallel()
	s := picture()
	for target, want := range map[escalation.Target]string{
		{Kind: escalation.TargetUser, ID: "ana"}:     "user:ana",
		{Kind: escalation.TargetUser, ID: "eve"}:     "", // no contact
		{Kind: escalation.TargetUser, ID: "cyd"}:     "", // no proven one
		{Kind: escalation.TargetUser, ID: "dan"}:     "", // disabled
		{Kind: escalation.TargetUser, ID: "nobody"}:  "",
		{Kind: escalation.TargetTeam, ID: "web"}:     "user:ana user:zoe",
		{Kind: escalation.TargetTeam, ID: "none"}:    "",
		{Kind: escalation.TargetChannel, ID: "ops"}:  "channel:ops",
		{Kind: escalation.TargetChannel, ID: "none"}: "",
		{Kind: escalation.TargetAdmins}:              "user:zoe",
	} {
		if got := ids(s.Resolve(target, time.Time{})); got != want {
			t.Errorf("%v: [%s], want [%s]", target, got, want)
		}
	}
	if got := s.Fallback(); len(got) != 1 || got[0].Kind != escalation.TargetAdmins {
		t.Errorf("the fallback is %v", got)
	}
	if got := ids(s.ChannelsOf("s1")); got != "channel:ops" {
		t.Errorf("the service tells [%s]: what is deleted cannot be told", got)
	}
}

func TestPolicyOf(t *testing.T) {
	t.Parallel()
	s := picture()
	for service, want := range map[id.Service]escalation.Ref{
		"s1": {ID: "web", Version: 3}, "s2": {ID: "plain", Version: 1}, "s3": {ID: "plain", Version: 1}, "unknown": {ID: "plain", Version: 1},
	} {
		if got := s.PolicyOf(service); got != want {
			t.Errorf("%s: %v, want %v", service, got, want)
		}
	}
	if p, ok := s.Policy(escalation.Ref{ID: "web", Version: 2}); !ok || p.Name != "second" {
		t.Errorf("a round keeps its version: %v", p)
	}
	if p, ok := s.Policy(escalation.Ref{ID: "web", Version: 1}); !ok || p.Name != "third" {
		t.Errorf("a version that is gone is answered by the newest: %v", p)
	}
	if _, ok := s.Policy(escalation.Ref{ID: "unknown", Version: 1}); ok {
		t.Error("an unknown policy is known")
	}
	if p, ok := s.Policy(escalation.Ref{ID: "gone", Version: 1}); !ok || p.ID != "gone" {
		t.Error("a deleted policy's version stays for the rounds that have it")
	}
}

func TestReach(t *testing.T) {
	t.Parallel()
	s := picture()
	ana := s.Reach(notification.Recipient{Kind: notification.ToUser, ID: "ana"})
	if !ana.Usable() || ana.Zone.String() != "Europe/Madrid" || len(ana.Rules.High) != 1 {
		t.Errorf("ana: %+v; whoever made no rules has the defaults", ana)
	}
	if r := s.Reach(notification.Recipient{Kind: notification.ToChannel, ID: "ops"}); r.Channel != "slack" {
		t.Errorf("ops: %+v", r)
	}
	if r := s.Reach(notification.Recipient{Kind: notification.ToChannel, ID: "ana"}); r.Usable() {
		t.Errorf("a user is no channel: %+v", r)
	}
}

func TestLookups(t *testing.T) {
	t.Parallel()
	s := picture()
	if svc, ok := s.ServiceByName("blog"); !ok || svc.ID != "s2" {
		t.Errorf("blog: %v", svc)
	}
	if i, ok := s.IntegrationByKeyHash("abc"); !ok || i.ID != "main" {
		t.Errorf("key: %v", i)
	}
	if _, ok := s.IntegrationByKeyHash(""); ok {
		t.Error("no key is a key")
	}
	if u, ok := s.UserByEmail("ANA@example.org"); !ok || u.ID != "ana" {
		t.Errorf("mail: %v", u)
	}
	if c, u, ok := s.ContactOf("zoe-sms"); !ok || u.ID != "zoe" || c.To != "zoe-sms" {
		t.Errorf("contact: %v %v", c, u)
	}
	if n := s.CreatedBy("main"); n != 2 {
		t.Errorf("created %d", n)
	}
	for r, want := range map[notification.Recipient]string{
		{Kind: notification.ToUser, ID: "ana"}: "ana@example.org", {Kind: notification.ToChannel, ID: "ops"}: "Operations", {Kind: notification.ToUser, ID: "x"}: "x",
	} {
		if got := s.Name(r); got != want {
			t.Errorf("%v is called %q", r, got)
		}
	}
}

func TestDefaultRules(t *testing.T) {
	t.Parallel()
	say := func(steps []notification.Step) string {
		var out []string
		for _, s := range steps {
			word := fmt.Sprintf("%s+%s", s.Contact, s.After)
			if s.Hours != nil {
				word += fmt.Sprintf("@%d-%d", s.Hours.From/60, s.Hours.To/60)
			}
			out = append(out, word)
		}
		return strings.Join(out, " ")
	}
	push, sms, call, mail := contact("push", "push"), contact("sms", "sms"), contact("call", "voice"), contact("mail", "email")
	for name, c := range map[string]struct {
		has       []notification.Contact
		high, low string
	}{
		"all kinds":            {[]notification.Contact{push, sms, call}, "push+0s sms+1m0s call+2m0s call+4m0s", "push+0s@8-20 sms+0s@8-20 call+0s@8-20"},
		"the first is at once": {[]notification.Contact{call, sms}, "sms+0s call+1m0s call+3m0s", "call+0s@8-20 sms+0s@8-20"},
		"mail is for the day":  {[]notification.Contact{sms, mail}, "sms+0s mail+0s", "mail+0s@8-20"},
		"mail alone":           {[]notification.Contact{mail}, "mail+0s", "mail+0s@8-20"},
		"nothing":              {nil, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := directory.DefaultRules(c.has)
			if high, low := say(r.High), say(r.Low); high != c.high || low != c.low {
				t.Fatalf("high [%s], want [%s]; low [%s], want [%s]", high, c.high, low, c.low)
			}
		})
	}
}
