package directory_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

func level(targets ...escalation.Target) escalation.Level {
	return escalation.Level{AckTimeout: time.Minute, Targets: targets}
}

func userTarget(name string) escalation.Target {
	return escalation.Target{Kind: escalation.TargetUser, ID: name}
}

func TestLintNamesEachFlaw(t *testing.T) {
	t.Parallel()
	unproven := contact("cyd-sms", "sms")
	unproven.Verified = false
	s := directory.NewSnapshot(1, directory.Settings{DefaultPolicy: "half", Fallback: []escalation.Target{userTarget("eve")}}, directory.Edit{
		Users: []directory.User{user("ana", directory.Responder, contact("ana-sms", "sms")), user("cyd", directory.Responder, unproven), user("eve", directory.Admin), user("pia", directory.Responder, contact("pia-phone", "push"), contact("pia-desk", "push")),
			user("ned", directory.Responder, contact("ned-phone", "ntfy"), contact("ned-desk", "gotify")), user("mia", directory.Responder, contact("mia-phone", "push"), contact("mia-sms", "sms"))},
		Teams: []directory.Team{{ID: "t", Name: "empty"}},
		Policies: []escalation.Policy{
			{Ref: escalation.Ref{ID: "half", Version: 1}, Name: "half", Levels: []escalation.Level{level(userTarget("ana")), level(userTarget("cyd"))}},
			{Ref: escalation.Ref{ID: "none", Version: 1}, Name: "none", Levels: []escalation.Level{level(userTarget("eve"))}},
			{Ref: escalation.Ref{ID: "unused", Version: 1}, Name: "unused", Levels: []escalation.Level{level(userTarget("eve"))}},
		},
		Services: []directory.Service{
			{ID: "s1", Name: "shop", Policy: "none"}, {ID: "s2", Name: "new", Unclaimed: true}, {ID: "s3", Name: "old", Policy: "gone", Team: "t"},
		},
		Integrations: []directory.Integration{{ID: "main", Disabled: true}},
	}, nil)
	var said strings.Builder
	for _, f := range s.Lint(time.Time{}) {
		fmt.Fprintf(&said, "%t %s\n", f.Grave, f.What)
	}
	for _, words := range []string{
		"true the fallback means nobody", "true there is no integration", "true the policy none reaches nobody",
		"false level 2 of the policy half means nobody", "false cyd@example.org has only contacts that are not verified", "false eve@example.org has no contact",
		"false pia@example.org is told at high urgency by Web Push alone", "false ned@example.org is told at high urgency by ntfy and Gotify alone", "false the team empty has no members", "false the policy of the service old is gone", "nobody has claimed: 1;", "without an owner: 1",
	} {
		if !strings.Contains(said.String(), words) {
			t.Errorf("it does not say %q:\n%s", words, said.String())
		}
	}
	if strings.Contains(said.String(), "unused") || strings.Contains(said.String(), "ana@") || strings.Contains(said.String(), "mia@") {
		t.Errorf("it complains of what is well:\n%s", said.String())
	}
}

// TestNoGraveFlawMeansThatSomebodyIsReached: whatever people own, where nothing grave is found a page of every
// service reaches somebody, and so does the fallback.
func TestNoGraveFlawMeansThatSomebodyIsReached(t *testing.T) {
	t.Parallel()
	well := 0
	rapid.Check(t, func(t *rapid.T) {
		var e directory.Edit
		names := []string{"a", "b", "c"}
		for _, n := range names {
			u := user(n, rapid.SampledFrom([]directory.Role{directory.Admin, directory.Responder}).Draw(t, "role"))
			if rapid.Bool().Draw(t, "contact") {
				c := contact(n+"-sms", "sms")
				c.Verified = rapid.Bool().Draw(t, "verified")
				u.Contacts = append(u.Contacts, c)
			}
			u.Disabled = rapid.IntRange(0, 4).Draw(t, "disabled") == 0
			e.Users = append(e.Users, u)
		}
		for _, p := range []id.Policy{"p", "q"} {
			var levels []escalation.Level
			for range rapid.IntRange(1, 3).Draw(t, "levels") {
				levels = append(levels, level(userTarget(rapid.SampledFrom(names).Draw(t, "target"))))
			}
			e.Policies = append(e.Policies, escalation.Policy{Ref: escalation.Ref{ID: p, Version: 1}, Name: string(p), Levels: levels})
		}
		choice := rapid.SampledFrom([]id.Policy{"", "p", "q", "gone"})
		for i := range 3 {
			e.Services = append(e.Services, directory.Service{ID: id.Service(fmt.Sprint(i)), Policy: choice.Draw(t, "policy")})
		}
		e.Integrations = []directory.Integration{{ID: "main"}}
		s := directory.NewSnapshot(1, directory.Settings{DefaultPolicy: choice.Draw(t, "default")}, e, nil)
		for _, f := range s.Lint(time.Time{}) {
			if f.Grave {
				return
			}
		}
		well++
		reach := func(targets []escalation.Target) (n int) {
			for _, target := range targets {
				n += len(s.Resolve(target, time.Time{}))
			}
			return n
		}
		for sid := range s.Services {
			policy, _ := s.Policy(s.PolicyOf(sid))
			n := 0
			for _, l := range policy.Levels {
				n += reach(l.Targets)
			}
			if n == 0 {
				t.Fatalf("a page of the service %s reaches nobody, and nothing grave is said of it", sid)
			}
		}
		if reach(s.Fallback()) == 0 {
			t.Fatal("the fallback reaches nobody")
		}
	})
	if well == 0 {
		t.Error("every picture has a grave flaw: the test shows nothing")
	}
}
