package admin_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// asked remembers by what it was asked, and refuses some of it.
type asked struct {
	keys   []string
	refuse func(key string) bool
}

func (a *asked) Allow(key string) (time.Duration, bool) {
	a.keys = append(a.keys, key)
	return time.Second, a.refuse == nil || !a.refuse(key)
}

func TestSignInIsLimitedByOriginFirst(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		address, email string
		tired          bool // of this origin
		code           string
		origin         string
		both           string // "": never asked
	}{
		"IPv4":             {"192.0.2.7", "ana@example.org", false, "", "192.0.2.7", "192.0.2.7 ana@example.org"},
		"IPv6 by network":  {"2001:db8:1:2:3::9", "ana@example.org", false, "", "2001:db8:1:2::/64", "2001:db8:1:2::/64 ana@example.org"},
		"tired of it":      {"192.0.2.7", "ana@example.org", true, "auth.too_many_attempts", "192.0.2.7", ""},
		"much too long":    {"192.0.2.7", strings.Repeat("a", 255), false, "user.email", "192.0.2.7", ""},
		"no address known": {"", "ana@example.org", false, "", "", " ana@example.org"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, _ := withAdmin(t)
			origin, both := &asked{refuse: func(string) bool { return c.tired }}, &asked{}
			u := admin.SignIn{Store: b.store, Hasher: b.hasher, Limit: both, Origin: origin, Clock: b.clock}
			_, err := u.Do(t.Context(), c.email, "correct horse", admin.Device{Address: c.address})
			wantCode(t, err, c.code)
			if !slices.Equal(origin.keys, []string{c.origin}) {
				t.Errorf("the origin was counted as %q", origin.keys)
			}
			if want := []string{c.both}; c.both != "" && !slices.Equal(both.keys, want) || c.both == "" && len(both.keys) > 0 {
				t.Errorf("origin and account were counted as %q, want %q", both.keys, c.both)
			}
		})
	}
}

func TestAnAgentIsCutBetweenCharacters(t *testing.T) {
	t.Parallel()
	b, _ := withAdmin(t)
	u := admin.SignIn{Store: b.store, Hasher: b.hasher, Limit: b.limit, Origin: b.limit, Clock: b.clock}
	signed, err := u.Do(t.Context(), "ana@example.org", "correct horse", admin.Device{Agent: strings.Repeat("x", 199) + "é"})
	if err != nil || len(signed.Session.Agent) != 199 || !utf8.ValidString(signed.Session.Agent) {
		t.Errorf("%q, %v", signed.Session.Agent, err)
	}
}

func TestASetupLinkIsNoUseOnceThereIsAnAdmin(t *testing.T) {
	t.Parallel()
	b := setup(t)
	link := ok[string](t)(admin.OfferSetup{Store: b.store, Clock: b.clock}.Do(t.Context()))
	err := b.store.Write(t.Context(), func(ctx context.Context, r admin.Repos) error {
		eve := directory.User{ID: "eve", Email: "eve@example.org", Name: "Eve", Role: directory.Admin}
		return errors.Join(r.Catalog.Apply(ctx, directory.Edit{Users: []directory.User{eve}}), r.Passwords.Set(ctx, "eve", "hash", b.clock.now))
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.setUp(link)
	wantCode(t, err, "setup.link")
}

func TestUseThatCannotBeNotedFailsNobody(t *testing.T) {
	t.Parallel()
	b, signed := withAdmin(t)
	_, token, err := admin.CreateToken{Store: b.store, Clock: b.clock, NewID: b.newID}.Do(t.Context(), signed.User.Principal(), "ci", directory.Viewer, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	writes := 0
	b.clock.forward(time.Hour)
	b.store.Write = func(ctx context.Context, _ func(context.Context, admin.Repos) error) error {
		writes++
		if _, ok := ctx.Deadline(); !ok {
			t.Error("it may wait for ever")
		}
		return errors.New("the disk is full")
	}
	if p, err := b.resolve(signed.Secret); err != nil || p.Role != directory.Admin {
		t.Errorf("the session is answered %+v, %v", p, err)
	}
	if p, err := (admin.VerifyToken{Store: b.store, Clock: b.clock}).Do(t.Context(), token); err != nil || p.Role != directory.Viewer {
		t.Errorf("the token is answered %+v, %v", p, err)
	}
	if writes != 2 {
		t.Errorf("%d attempts to note it, want 2", writes)
	}
}
