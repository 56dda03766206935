package store_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/testkit"
)

func TestADatabaseThatMayLoseCommitsIsDoubted(t *testing.T) {
	t.Parallel()
	durable := testkit.StandalonePostgres(t, testkit.PGOptions{Durable: true}).Database(t)
	for url, want := range map[string][]string{
		testkit.Postgres(t): {"fsync", "full_page_writes"}, // a server for tests that do not crash it
		durable:             nil,
		durable + "&options=-c%20synchronous_commit%3Doff": nil, // ours asks for on
		"sqlite:" + t.TempDir() + "/rouse.db":              nil,
	} {
		doubts, err := open(t, url).Doubts(t.Context())
		if err != nil || len(doubts) != len(want) {
			t.Errorf("%s: %+v, %v", url, doubts, err)
		}
		for _, w := range want {
			if !slices.ContainsFunc(doubts, func(d engine.Doubt) bool { return strings.Contains(d.Words, w) && d.Unflushed == (w == "fsync") }) {
				t.Errorf("%s: nothing about %s in %+v", url, w, doubts)
			}
		}
	}
}
