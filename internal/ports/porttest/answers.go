package porttest

import (
	"context"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// secretsKept: the first server's key is everybody's.
func secretsKept(t *testing.T, s Store) {
	for _, c := range []struct{ name, fresh, want string }{{"a", "one", "one"}, {"a", "two", "one"}, {"b", "three", "three"}} {
		do(t, s.other(), func(ctx context.Context, r Repos) error {
			got, err := r.Secrets.Keep(ctx, c.name, c.fresh)
			same(t, got, c.want)
			return err
		})
	}
	do(t, s.First, func(ctx context.Context, r Repos) error { return r.Secrets.Set(ctx, "a", "new") })
	for name, want := range map[string]string{"a": "new", "b": "three", "c": ""} {
		do(t, s.other(), func(ctx context.Context, r Repos) error {
			got, err := r.Secrets.Get(ctx, name)
			same(t, got, want)
			return err
		})
	}
}

// whoIsLinked: what a provider knows somebody by is one user's; a user may be known by several.
func whoIsLinked(t *testing.T, s Store) {
	link := func(user id.User, kind, external, name string) {
		t.Helper()
		do(t, s.First, func(ctx context.Context, r Repos) error {
			return r.Linked.Put(ctx, directory.Linked{User: user, Kind: kind, ID: external, Name: name, At: t0()})
		})
	}
	is := func(kind, external string, want id.User) {
		t.Helper()
		do(t, s.other(), func(ctx context.Context, r Repos) error {
			got, ok, err := r.Linked.User(ctx, kind, external)
			same(t, got, want)
			same(t, ok, want != "")
			return err
		})
	}
	remove := func(user id.User, kind, external string, want bool) {
		t.Helper()
		do(t, s.other(), func(ctx context.Context, r Repos) error {
			was, err := r.Linked.Remove(ctx, user, kind, external)
			same(t, was, want)
			return err
		})
	}
	link("u1", "slack", "U2", "ana")
	link("u1", "slack", "U1", "ana old")
	link("u1", "chat", "U2", "")
	link("u2", "slack", "U3", "ben")
	is("slack", "U2", "u1")
	is("slack", "U3", "u2")
	is("chat", "U3", "")
	do(t, s.other(), func(ctx context.Context, r Repos) error {
		got, err := r.Linked.Of(ctx, "u1")
		want := []directory.Linked{
			{User: "u1", Kind: "chat", ID: "U2", At: t0()}, {User: "u1", Kind: "slack", ID: "U1", Name: "ana old", At: t0()}, {User: "u1", Kind: "slack", ID: "U2", Name: "ana", At: t0()},
		}
		if diff := equal(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		return err
	})
	link("u2", "slack", "U2", "ben") // it is somebody else's now
	is("slack", "U2", "u2")
	remove("u1", "slack", "U2", false)
	is("slack", "U2", "u2")
	remove("u2", "slack", "U2", true)
	remove("u2", "slack", "U2", false)
	is("slack", "U2", "")
}

// inboundOnce: what a provider brings is worked once, and again only where whoever worked it never ended.
func inboundOnce(t *testing.T, s Store) {
	take := func(key string, at time.Duration, mine, done bool) {
		t.Helper()
		do(t, s.other(), func(ctx context.Context, r Repos) error {
			now := t0().Add(at)
			got, over, err := r.Inbound.Take(ctx, key, now, now.Add(15*time.Second))
			same(t, got, mine)
			same(t, over, done)
			return err
		})
	}
	take("SM1", 0, true, false)
	take("SM1", 14*time.Second, false, false)
	take("SM2", 0, true, false)
	take("SM1", 15*time.Second, true, false)
	do(t, s.First, func(ctx context.Context, r Repos) error { return r.Inbound.Done(ctx, "SM1") })
	take("SM1", 16*time.Second, false, true)
	take("SM1", time.Hour, false, true)
	take("SM2", time.Hour, true, false)
	forget := func(before time.Duration, limit, want int) {
		t.Helper()
		do(t, s.First, func(ctx context.Context, r Repos) error {
			n, err := r.Inbound.Forget(ctx, t0().Add(before), limit)
			same(t, n, want)
			return err
		})
	}
	take("SM3", 10*time.Second, true, false)
	forget(25*time.Second, 10, 0) // SM3 is somebody's until then
	forget(time.Hour, 1, 1)
	take("SM3", 11*time.Second, true, false) // the oldest, and no more
	take("SM1", time.Hour, false, true)
	forget(2*time.Hour, 10, 3)
	take("SM1", 2*time.Hour, true, false)
}

// whatIsAnswered: a delivery leads to its message, and a lane to its newest pages.
func whatIsAnswered(t *testing.T, s OutboxStore) {
	s.open(t, 1, nil)
	want := s.send(t, "m1")
	got, err := s.Sent.OfDelivery(t.Context(), want.Deliveries[0].ID)
	if diff := equal(want, got); diff != "" || err != nil {
		t.Errorf("%v; (-want +got):\n%s", err, diff)
	}
	if _, err := s.Sent.OfDelivery(t.Context(), 1<<40); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("an unknown delivery: %v", err)
	}
	news := want
	news.ID, news.Purpose, news.Deliveries, news.CreatedAt = "m0", notification.PurposeUpdate, nil, t0()
	later := want
	later.ID, later.Deliveries, later.CreatedAt = "m2", nil, t0().Add(time.Minute)
	s.do(t, func(ctx context.Context, r OutboxRepos) error { return r.Messages.Add(ctx, []ports.Bound{news, later}) })
	newest := func(after, until time.Duration, limit int, lanes ...notification.Lane) (out string) {
		t.Helper()
		ms, err := s.Sent.Newest(t.Context(), lanes, t0().Add(after), t0().Add(until), limit)
		must(t, err)
		for _, m := range ms {
			out += string(m.ID) + " "
		}
		return out
	}
	same(t, newest(-time.Hour, time.Hour, 10, "contact:c0", "contact:c1"), "m2 m1 ")
	same(t, newest(-time.Hour, time.Hour, 1, "contact:c0"), "m2 ")
	same(t, newest(-time.Hour, 0, 10, "contact:c0"), "m1 ") // not what came after
	same(t, newest(0, time.Hour, 10, "contact:c0"), "m2 ")
	same(t, newest(-time.Hour, time.Hour, 10, "contact:c1"), "")
	same(t, newest(-time.Hour, time.Hour, 10), "")
}

// roomsKept: what is not said again stays, a team's name is all of its rooms', and a team goes with its rooms.
func roomsKept(t *testing.T, s Store) {
	put := func(rooms ...directory.Room) {
		t.Helper()
		do(t, s.First, func(ctx context.Context, r Repos) error { return r.Rooms.Put(ctx, rooms) })
	}
	are := func(want ...directory.Room) {
		t.Helper()
		do(t, s.other(), func(ctx context.Context, r Repos) error {
			got, err := r.Rooms.All(ctx)
			if diff := equal(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			return err
		})
	}
	general, ops := directory.Room{Kind: "chat", ID: "t1", Team: "t1", Name: "General"}, directory.Room{Kind: "chat", ID: "c1", Team: "t1", Name: "ops"}
	alone, other := directory.Room{Kind: "chat", ID: "g1", Name: "us"}, directory.Room{Kind: "another", ID: "c1", Name: "c"}
	put(general, ops, alone, other)
	are(other, ops, alone, general)
	put(directory.Room{Kind: "chat", ID: "t1", Team: "t1", TeamName: "Web"})
	general.TeamName, ops.TeamName = "Web", "Web"
	are(other, ops, alone, general)
	ops.Name = "operations"
	put(directory.Room{Kind: "chat", ID: "c1", Name: "operations"})
	are(other, ops, alone, general)
	drop := func(external string) {
		t.Helper()
		do(t, s.First, func(ctx context.Context, r Repos) error { return r.Rooms.Drop(ctx, "chat", external) })
	}
	drop("c1")
	are(other, alone, general)
	put(ops)
	drop("t1")
	are(other, alone)
}
