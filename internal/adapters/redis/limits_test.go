package redis_test

import (
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/ports"
	"github.com/rouse-oncall/rouse/internal/testkit"
)

func TestUse(t *testing.T) {
	t.Parallel()
	server := testkit.Redis(t, nil)
	one, two := open(t, server), open(t, server)
	near := func(got map[string]time.Duration, key string, want time.Duration) {
		t.Helper()
		if d := want - got[key]; d < 0 || d > 10*time.Second {
			t.Errorf("%s is unused in %s, want a little less than %s", key, got[key], want)
		}
	}
	got, err := one.Use(t.Context(), []ports.Used{{Key: "a", Times: 500, PerSecond: 5}, {Key: "b", Times: 1, PerSecond: 1000}})
	ok(t, err)
	near(got, "a", 100*time.Second)
	got, err = two.Use(t.Context(), []ports.Used{{Key: "a", Times: 100, PerSecond: 5}})
	ok(t, err)
	near(got, "a", 120*time.Second)
	for len(got) > 1 { // b is unused after a millisecond of Redis' clock, and forgotten then
		got, err = two.Use(t.Context(), nil)
		ok(t, err)
	}
	near(got, "a", 120*time.Second)
	if n, err := server.Ask(t.Context(), "HLEN", "{rouse}:limits"); err != nil || n != ":1" {
		t.Errorf("%s keys are kept: %v", n, err)
	}
}
