package porttest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// AccountRepos are the ports under test, of one transaction.
type AccountRepos struct {
	Passwords ports.Passwords
	Sessions  ports.Sessions
	Tokens    ports.Tokens
	Links     ports.Links
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Accounts runs the suite; open gives an empty implementation.
func Accounts(t *testing.T, open func(t *testing.T) ports.Atomically[AccountRepos]) {
	t.Helper()
	cases := map[string]func(ctx context.Context, t *testing.T, r AccountRepos){
		"passwords":               passwords,
		"sessions":                sessions,
		"sessions that are over":  sessionsOver,
		"tokens":                  tokens,
		"links work once":         linksOnce,
		"links end":               linksEnd,
		"links of a user dropped": linksDrop,
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			must(t, open(t)(t.Context(), func(ctx context.Context, r AccountRepos) error {
				test(ctx, t, r)
				return nil
			}))
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func passwords(ctx context.Context, t *testing.T, r AccountRepos) {
	none, err := r.Passwords.Of(ctx, "ana")
	must(t, err)
	same(t, none, "")
	must(t, r.Passwords.Set(ctx, "ben", "b", noon))
	must(t, r.Passwords.Set(ctx, "ana", "first", noon))
	must(t, r.Passwords.Set(ctx, "ana", "second", noon.Add(time.Hour)))
	hash, err := r.Passwords.Of(ctx, "ana")
	must(t, err)
	same(t, hash, "second")
	holders, err := r.Passwords.Holders(ctx)
	must(t, err)
	same(t, holders, []id.User{"ana", "ben"})
}

func sessions(ctx context.Context, t *testing.T, r AccountRepos) {
	s := directory.Session{ID: "s1", User: "ana", Phone: true, CreatedAt: noon, SeenAt: noon, Address: "192.0.2.1", Agent: "Browser"}
	other := directory.Session{ID: "s2", User: "ben", CreatedAt: noon, SeenAt: noon}
	must(t, r.Sessions.Add(ctx, s, noon))
	must(t, r.Sessions.Add(ctx, other, noon))
	must(t, r.Sessions.Touch(ctx, "s1", noon.Add(time.Minute)))
	must(t, r.Sessions.Touch(ctx, "nobody's", noon))
	s.SeenAt = noon.Add(time.Minute)
	got, ok, err := r.Sessions.Get(ctx, "s1")
	must(t, err)
	same(t, ok, true)
	same(t, got, s)
	must(t, r.Sessions.End(ctx, "nobody's"))
	must(t, r.Sessions.EndOf(ctx, "ana"))
	_, ok, err = r.Sessions.Get(ctx, "s1")
	must(t, err)
	same(t, ok, false)
	_, ok, err = r.Sessions.Get(ctx, "s2")
	must(t, err)
	same(t, ok, true)
	must(t, r.Sessions.End(ctx, "s2"))
	_, ok, err = r.Sessions.Get(ctx, "s2")
	must(t, err)
	same(t, ok, false)
}

func sessionsOver(ctx context.Context, t *testing.T, r AccountRepos) {
	const day = 24 * time.Hour
	for i, c := range []struct {
		phone         bool
		created, seen time.Duration // ago
		stays         bool
	}{
		{false, day, 11 * time.Hour, true},
		{false, day, 12 * time.Hour, false},
		{false, 14 * day, time.Hour, false},
		{true, 89 * day, 29 * day, true},
		{true, 40 * day, 30 * day, false},
		{true, 90 * day, time.Hour, false},
	} {
		sid := id.Session(rune('a' + i))
		s := directory.Session{ID: sid, User: "ana", Phone: c.phone, CreatedAt: noon.Add(-c.created), SeenAt: noon.Add(-c.seen)}
		must(t, r.Sessions.Add(ctx, s, noon.Add(-c.seen)))
		must(t, r.Sessions.Add(ctx, directory.Session{ID: "new" + sid, User: "ben", CreatedAt: noon, SeenAt: noon}, noon))
		_, ok, err := r.Sessions.Get(ctx, sid)
		must(t, err)
		same(t, ok, c.stays)
	}
}

func tokens(ctx context.Context, t *testing.T, r AccountRepos) {
	a := directory.Token{ID: "a", Name: "deploys", Role: directory.Viewer, User: "ana", Hash: "ha", CreatedAt: noon}
	b := directory.Token{ID: "b", Name: "old", Role: directory.Admin, Hash: "hb", CreatedAt: noon.Add(-time.Hour), ExpiresAt: noon.Add(time.Hour)}
	must(t, r.Tokens.Add(ctx, a))
	must(t, r.Tokens.Add(ctx, b))
	must(t, r.Tokens.Touch(ctx, "a", noon.Add(time.Minute)))
	a.UsedAt = noon.Add(time.Minute)
	all, err := r.Tokens.List(ctx)
	must(t, err)
	same(t, all, []directory.Token{b, a})
	got, ok, err := r.Tokens.ByHash(ctx, "ha")
	must(t, err)
	same(t, ok, true)
	same(t, got, a)
	was, err := r.Tokens.Revoke(ctx, "a")
	must(t, err)
	same(t, was, true)
	was, err = r.Tokens.Revoke(ctx, "a")
	must(t, err)
	same(t, was, false)
	_, ok, err = r.Tokens.ByHash(ctx, "ha")
	must(t, err)
	same(t, ok, false)
}

func linksOnce(ctx context.Context, t *testing.T, r AccountRepos) {
	l := directory.Link{Hash: "h", Purpose: directory.LinkPassword, User: "ana", ExpiresAt: noon.Add(time.Hour)}
	must(t, r.Links.Add(ctx, l, noon))
	waits := func(hash string, at time.Time, want bool) {
		t.Helper()
		got, err := r.Links.Waits(ctx, hash, at)
		must(t, err)
		same(t, got, want)
	}
	waits("h", noon, true)
	waits("h", noon.Add(time.Hour), false)
	waits("i", noon, false)
	got, ok, err := r.Links.Take(ctx, "h", noon)
	must(t, err)
	same(t, ok, true)
	same(t, got, l)
	waits("h", noon, false)
	_, ok, err = r.Links.Take(ctx, "h", noon)
	must(t, err)
	same(t, ok, false)
}

func linksEnd(ctx context.Context, t *testing.T, r AccountRepos) {
	l := directory.Link{Hash: "h", Purpose: directory.LinkSetup, ExpiresAt: noon}
	must(t, r.Links.Add(ctx, l, noon.Add(-time.Hour)))
	_, ok, err := r.Links.Take(ctx, "h", noon)
	must(t, err)
	same(t, ok, false)
	must(t, r.Links.Add(ctx, directory.Link{Hash: "i", Purpose: directory.LinkSetup, ExpiresAt: noon.Add(time.Hour)}, noon))
	_, ok, err = r.Links.Take(ctx, "h", noon.Add(-time.Hour))
	must(t, err)
	same(t, ok, false) // what is over is removed when another is made
	_, ok, err = r.Links.Take(ctx, "i", noon)
	must(t, err)
	same(t, ok, true)
}

func linksDrop(ctx context.Context, t *testing.T, r AccountRepos) {
	until := noon.Add(time.Hour)
	must(t, r.Links.Add(ctx, directory.Link{Hash: "p", Purpose: directory.LinkPassword, User: "ana", ExpiresAt: until}, noon))
	must(t, r.Links.Add(ctx, directory.Link{Hash: "q", Purpose: directory.LinkPassword, User: "ben", ExpiresAt: until}, noon))
	must(t, r.Links.Drop(ctx, directory.LinkPassword, "ana"))
	_, ok, err := r.Links.Take(ctx, "p", noon)
	must(t, err)
	same(t, ok, false)
	_, ok, err = r.Links.Take(ctx, "q", noon)
	must(t, err)
	same(t, ok, true)
}
