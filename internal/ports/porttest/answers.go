package porttest

import (
	"context"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
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
