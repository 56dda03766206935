package porttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Directory is the suite of ports.Directory and ports.Catalog.
func Directory(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, Store){
		"an edit is seen by everybody":            directoryEdited,
		"an edit that fails is seen by nobody":    directoryUndone,
		"deleting, and policies keep versions":    directoryDeleted,
		"two services cannot have the same name":  directoryNames,
		"two edits at once lose nothing":          directoryRaced,
		"edits of the newest never run again":     directoryInTurn,
		"nothing changed means the same snapshot": directoryCached,
		"who changed what last is kept":           directoryEditions,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func current(t *testing.T, s Store) (snap *directory.Snapshot) {
	t.Helper()
	do(t, s.First, func(ctx context.Context, r Repos) error {
		var err error
		snap, err = r.Directory.Current(ctx)
		return err
	})
	return snap
}

func apply(t *testing.T, s Store, e directory.Edit) {
	t.Helper()
	do(t, s.First, func(ctx context.Context, r Repos) error { return r.Catalog.Apply(ctx, e) })
}

// directoryRaced: both read before either writes, where two programs can.
func directoryRaced(t *testing.T, s Store) {
	apply(t, s, directory.Edit{Teams: []directory.Team{{ID: "t1", Name: "web"}}})
	var met, ended sync.WaitGroup
	met.Add(2)
	for i, by := range []ports.Atomically[Repos]{s.First, s.other()} {
		ended.Go(func() {
			meet := sync.OnceFunc(func() {
				met.Done()
				if s.Second != nil {
					met.Wait()
				}
			})
			do(t, by, func(ctx context.Context, r Repos) error {
				snap, err := r.Directory.Current(ctx)
				if err != nil {
					return err
				}
				team := *snap.Teams["t1"]
				meet()
				team.Members = append(slices.Clone(team.Members), id.User(fmt.Sprint("u", i)))
				return r.Catalog.Apply(ctx, directory.Edit{Teams: []directory.Team{team}})
			})
		})
	}
	ended.Wait()
	if m := current(t, s).Teams["t1"].Members; len(m) != 2 {
		t.Errorf("members %v, want both that were added", m)
	}
}

// directoryInTurn: many programs that edit what is the newest wait for each other.
func directoryInTurn(t *testing.T, s Store) {
	const editors, edits = 4, 10
	apply(t, s, directory.Edit{Teams: []directory.Team{{ID: "t1", Name: "web"}}})
	var runs atomic.Int64
	var ended sync.WaitGroup
	for editor := range editors {
		by := []ports.Atomically[Repos]{s.First, s.other()}[editor%2]
		ended.Go(func() {
			for edit := range edits {
				do(t, by, func(ctx context.Context, r Repos) error {
					runs.Add(1)
					if _, err := r.Directory.Current(ctx); err != nil {
						return err
					}
					snap, err := r.Catalog.Newest(ctx)
					if err != nil {
						return err
					}
					team := *snap.Teams["t1"]
					team.Members = append(slices.Clone(team.Members), id.User(fmt.Sprint(editor, "-", edit)))
					return r.Catalog.Apply(ctx, directory.Edit{Teams: []directory.Team{team}})
				})
			}
		})
	}
	ended.Wait()
	if m := current(t, s).Teams["t1"].Members; len(m) != editors*edits || runs.Load() != editors*edits {
		t.Errorf("%d members after %d runs of %d edits", len(m), runs.Load(), editors*edits)
	}
}

func policy(version int) escalation.Policy {
	return escalation.Policy{
		Ref: escalation.Ref{ID: "p1", Version: version}, Name: "web", Repeat: version,
		Levels: []escalation.Level{{AckTimeout: time.Minute, Targets: []escalation.Target{{Kind: escalation.TargetUser, ID: "u1"}}}},
	}
}

func directoryEdited(t *testing.T, s Store) {
	before := current(t, s)
	e := directory.Edit{
		Settings: &directory.Settings{DefaultPolicy: "p1", Fallback: []escalation.Target{{Kind: escalation.TargetAdmins}}},
		Users: []directory.User{{
			ID: "u1", Email: "ana@example.org", Name: "Ana", TimeZone: "Europe/Madrid", Role: directory.Admin,
			Contacts: []notification.Contact{{ID: "c1", Name: "phone", Kind: "sms", To: "+34600000000", Verified: true}},
			Rules:    notification.Rules{High: []notification.Step{{After: time.Minute, Contact: "c1", Hours: &notification.Hours{From: 1, To: 2}}}},
		}},
		Teams:        []directory.Team{{ID: "t1", Name: "web", Members: []id.User{"u1"}}},
		Channels:     []directory.Channel{{ID: "ch1", Name: "ops", Kind: "slack", To: "#ops"}},
		Policies:     []escalation.Policy{policy(1)},
		Services:     []directory.Service{{ID: "s1", Name: "web", Team: "t1", Policy: "p1", Channels: []id.Channel{"ch1"}, Correlate: incident.Correlate{Mode: incident.CorrelateLabels, Labels: []string{"a"}}, Rules: incident.Rules{Grace: time.Hour}}},
		Integrations: []directory.Integration{{ID: "i1", Name: "main", Kind: directory.Alertmanager, KeyHash: "h", Allow: []string{"10.0.0.0/8"}, RateLimit: 1.5}},
	}
	do(t, s.First, func(ctx context.Context, r Repos) error {
		if _, err := r.Directory.Current(ctx); err != nil {
			return err
		}
		if err := r.Catalog.Apply(ctx, e); err != nil {
			return err
		}
		snap, err := r.Directory.Current(ctx)
		if err == nil && snap.Services["s1"] == nil {
			t.Error("the transaction does not see its own edit")
		}
		return err
	})
	got := current(t, s)
	if got.Version != before.Version+1 {
		t.Errorf("version %d after %d", got.Version, before.Version)
	}
	for what, pair := range map[string][2]any{
		"settings": {*e.Settings, got.Settings}, "user": {e.Users[0], *got.Users["u1"]}, "team": {e.Teams[0], *got.Teams["t1"]},
		"channel": {e.Channels[0], *got.Channels["ch1"]}, "policy": {e.Policies[0], *got.Policies[e.Policies[0].Ref]},
		"service": {e.Services[0], *got.Services["s1"]}, "integration": {e.Integrations[0], *got.Integrations["i1"]},
	} {
		if diff := equal(pair[0], pair[1]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

func directoryUndone(t *testing.T, s Store) {
	before := current(t, s)
	service := func(name string) directory.Edit {
		return directory.Edit{Services: []directory.Service{{ID: id.Service(name), Name: name}}}
	}
	err := s.First(t.Context(), func(ctx context.Context, r Repos) error {
		if err := r.Catalog.Apply(ctx, service("never")); err != nil {
			return err
		}
		_, err := r.Directory.Current(ctx)
		return errors.Join(err, errUndo)
	})
	if !errors.Is(err, errUndo) {
		t.Fatal(err)
	}
	if got := current(t, s); got.Version != before.Version || got.Services["never"] != nil {
		t.Errorf("version %d with %d services after a failed edit", got.Version, len(got.Services))
	}
	apply(t, s, service("real")) // takes the version that the failed edit would have had
	if got := current(t, s); got.Services["never"] != nil || got.Services["real"] == nil {
		t.Error("the failed edit's snapshot is seen under the version of the next")
	}
}

func directoryDeleted(t *testing.T, s Store) {
	apply(t, s, directory.Edit{
		Users: []directory.User{{ID: "u1", Email: "a@example.org"}, {ID: "u2", Email: "b@example.org"}}, Teams: []directory.Team{{ID: "t1", Name: "x"}},
		Channels: []directory.Channel{{ID: "ch1", Name: "x"}}, Services: []directory.Service{{ID: "s1", Name: "x"}},
		Integrations: []directory.Integration{{ID: "i1", Name: "x"}}, Policies: []escalation.Policy{policy(1)},
	})
	apply(t, s, directory.Edit{Policies: []escalation.Policy{policy(2)}})
	apply(t, s, directory.Edit{
		DeleteUsers: []id.User{"u1"}, DeleteTeams: []id.Team{"t1"}, DeleteChannels: []id.Channel{"ch1"},
		DeleteServices: []id.Service{"s1"}, DeleteIntegrations: []id.Integration{"i1"}, DeletePolicies: []id.Policy{"p1"},
	})
	got := current(t, s)
	if n := len(got.Users) + len(got.Teams) + len(got.Channels) + len(got.Services) + len(got.Integrations); n != 1 {
		t.Errorf("%d entities are left, want the one user", n)
	}
	if _, ok := got.Current["p1"]; ok || len(got.Policies) != 2 {
		t.Errorf("current policies %v with %d versions; want none current, two kept", got.Current, len(got.Policies))
	}
	apply(t, s, directory.Edit{Policies: []escalation.Policy{policy(3)}})
	if v := current(t, s).Current["p1"].Version; v != 3 {
		t.Errorf("version %d is current after a new one, want 3", v)
	}
}

func directoryNames(t *testing.T, s Store) {
	apply(t, s, directory.Edit{Services: []directory.Service{{ID: "s1", Name: "web"}}})
	err := s.First(t.Context(), func(ctx context.Context, r Repos) error {
		return r.Catalog.Apply(ctx, directory.Edit{Services: []directory.Service{{ID: "s2", Name: "web"}}})
	})
	if err == nil || len(current(t, s).Services) != 1 {
		t.Errorf("error %v, %d services; want a refusal and one", err, len(current(t, s).Services))
	}
}

func directoryCached(t *testing.T, s Store) {
	apply(t, s, directory.Edit{Services: []directory.Service{{ID: "s1", Name: "web"}}})
	first := current(t, s)
	if again := current(t, s); again != first {
		t.Error("the snapshot was built again although nothing changed")
	}
}

func directoryEditions(t *testing.T, s Store) {
	team, other := directory.Entity{Kind: directory.KindTeam, ID: "t1"}, directory.Entity{Kind: directory.KindTeam, ID: "t2"}
	apply(t, s, directory.Edit{Teams: []directory.Team{{ID: "t1", Name: "web"}, {ID: "t2", Name: "db"}}})
	first := current(t, s)
	if a, b := first.Edition(team), first.Edition(other); a.By != "" || a != b || a.Version == 0 {
		t.Errorf("what nobody changed has the editions %+v and %+v", a, b)
	}
	at := time.Date(2026, 3, 1, 3, 12, 0, 0, time.UTC)
	apply(t, s, directory.Edit{By: "Ben", At: at, Teams: []directory.Team{{ID: "t1", Name: "web2"}}, Settings: &directory.Settings{}})
	apply(t, s, directory.Edit{By: "Ana", At: at.Add(time.Hour), Teams: []directory.Team{{ID: "t2", Name: "db2"}}})
	last := current(t, s)
	if e := last.Edition(team); e.By != "Ben" || !e.At.Equal(at) || last.Edition(directory.Entity{Kind: directory.KindSettings}) != e {
		t.Errorf("Ben's edition is %+v", e)
	}
	if err := last.Unchanged(team, first.Edition(team).Version); err == nil || err.Error() != "Ben changed it at 03:12 UTC on 1 March: look at it again" {
		t.Errorf("a change that began before Ben's: %v", err)
	}
	if err := last.Unchanged(team, last.Edition(team).Version); err != nil {
		t.Errorf("a change that saw Ben's: %v", err)
	}
	if a, b := last.Edition(team).Version, last.Edition(other).Version; a >= b {
		t.Errorf("the editions %d and %d came one after the other", a, b)
	}
}
