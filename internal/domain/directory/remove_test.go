package directory_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Nothing that is left refers to what was deleted: a name that comes back later must not find old ties.
func TestRemovingLeavesNoLooseEnds(t *testing.T) {
	t.Parallel()
	team := directory.Team{ID: "web", Name: "web", Members: []id.User{"ana", "ben"}}
	shop := directory.Service{ID: "shop", Name: "shop", Team: "web", Channels: []id.Channel{"ops", "desk"}}
	snap := directory.NewSnapshot(1, directory.Settings{}, directory.Edit{
		Users:    []directory.User{{ID: "ana", Email: "ana@example.org"}, {ID: "ben", Email: "ben@example.org"}},
		Teams:    []directory.Team{team, {ID: "db", Name: "db"}},
		Channels: []directory.Channel{{ID: "ops", Name: "ops"}, {ID: "desk", Name: "desk"}},
		Services: []directory.Service{shop, {ID: "other", Name: "other", Team: "db"}},
		Policies: []escalation.Policy{{Ref: escalation.Ref{ID: "p", Version: 3}, Name: "night", Levels: []escalation.Level{stage(5, "ben")}}},
	}, nil)
	without := func(change func(*directory.Service)) []directory.Service {
		s := shop
		change(&s)
		return []directory.Service{s}
	}
	for name, c := range map[string]struct {
		kind directory.Kind
		ref  string
		want directory.Edit
		says []string
	}{
		"a user": {directory.KindUser, "Ana@Example.org", directory.Edit{
			DeleteUsers: []id.User{"ana"}, Teams: []directory.Team{{ID: "web", Name: "web", Members: []id.User{"ben"}}},
		}, nil},
		"a team": {directory.KindTeam, "web", directory.Edit{
			DeleteTeams: []id.Team{"web"}, Services: without(func(s *directory.Service) { s.Team = "" }),
		}, nil},
		"a channel": {directory.KindChannel, "ops", directory.Edit{
			DeleteChannels: []id.Channel{"ops"}, Services: without(func(s *directory.Service) { s.Channels = []id.Channel{"desk"} }),
		}, nil},
		"whom a policy pages": {directory.KindUser, "ben", directory.Edit{
			DeleteUsers: []id.User{"ben"}, Teams: []directory.Team{{ID: "web", Name: "web", Members: []id.User{"ana"}}},
		}, []string{"the policy night pages ben@example.org at level 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, ok := snap.Remove(c.kind, c.ref)
			if !ok {
				t.Fatal("it is not found")
			}
			if diff := cmp.Diff(c.want, r.Edit); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(c.says, r.Blocked()); diff != "" {
				t.Errorf("what speaks against it (-want +got)\n%s", diff)
			}
		})
	}
	if len(team.Members) != 2 || len(shop.Channels) != 2 {
		t.Error("the picture itself was changed")
	}
	if _, ok := snap.Remove(directory.KindTeam, "none"); ok {
		t.Error("what is not there can be deleted")
	}
}
