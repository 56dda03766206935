package admin_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/memory"
	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// bundle is everything that one test needs, its own.
type bundle struct {
	store  admin.Store
	clock  *clock
	hasher *hasher
	limit  *limit
	newID  func() string
}

type clock struct{ now time.Time }

func (c *clock) Now() time.Time          { return c.now }
func (c *clock) forward(d time.Duration) { c.now = c.now.Add(d) }

// hasher is quick, and counts.
type hasher struct{ matched atomic.Int64 }

func (h *hasher) Hash(_ context.Context, p string) (string, error) { return "hash of " + p, nil }
func (h *hasher) Matches(_ context.Context, encoded, p string) (bool, error) {
	h.matched.Add(1)
	return encoded == "hash of "+p, nil
}

// limit allows until it is closed.
type limit struct{ wait time.Duration }

func (l *limit) Allow(string) (time.Duration, bool) { return l.wait, l.wait == 0 }

func setup(t *testing.T) *bundle {
	t.Helper()
	tx := memory.Atomic(memory.New(nil), func(tx *memory.Tx) admin.Repos {
		return admin.Repos{
			Directory: tx.Directory(), Catalog: tx.Catalog(), Passwords: tx.Passwords(),
			Sessions: tx.Sessions(), Tokens: tx.Tokens(), Links: tx.Links(), Linked: tx.Linked(), Paging: tx.Paging(),
			Heard: tx.Heard(), Looks: tx.Looks(), Quarantine: tx.Quarantine(), Unresolved: tx.Unresolved(),
		}
	})
	n := 0
	return &bundle{
		store: admin.Store{Read: tx, Write: tx}, hasher: &hasher{}, limit: &limit{},
		clock: &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)},
		newID: func() string { n++; return fmt.Sprintf("id-%d", n) },
	}
}

func ok[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// wantCode checks an error by its permanent code; "" means none.
func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	got := ""
	if err != nil {
		got = fault.Of(err).Code
	}
	if got != code {
		t.Errorf("got the code %q (%v), want %q", got, err, code)
	}
}

func (b *bundle) setUp(link string) (admin.Signed, error) {
	u := admin.SetupFirstAdmin{Store: b.store, Hasher: b.hasher, Limit: b.limit, Clock: b.clock, NewID: b.newID}
	return u.Do(context.Background(), admin.FirstAdmin{Link: link, Email: "Ana@Example.org", Name: "Ana", Password: "correct horse"}, admin.Device{})
}

// withAdmin gives a bundle in which ana@example.org is set up.
func withAdmin(t *testing.T) (*bundle, admin.Signed) {
	t.Helper()
	b := setup(t)
	link := ok[string](t)(admin.OfferSetup{Store: b.store, Clock: b.clock}.Do(t.Context()))
	return b, ok[admin.Signed](t)(b.setUp(link))
}

func (b *bundle) signIn(password string, phone bool) (admin.Signed, error) {
	u := admin.SignIn{Store: b.store, Hasher: b.hasher, Limit: b.limit, Origin: &limit{}, Clock: b.clock}
	return u.Do(context.Background(), "ANA@example.org ", password, admin.Device{Phone: phone})
}

func (b *bundle) resolve(secret string) (directory.Principal, error) {
	return admin.ResolveSession{Store: b.store, Clock: b.clock}.Do(context.Background(), secret)
}

func (b *bundle) edit(t *testing.T, change func(u *directory.User)) {
	t.Helper()
	err := b.store.Write(t.Context(), func(ctx context.Context, r admin.Repos) error {
		snap, err := r.Directory.Current(ctx)
		if err != nil {
			return err
		}
		u, found := snap.UserByEmail("ana@example.org")
		if !found {
			return errors.New("ana is not there")
		}
		c := *u
		change(&c)
		return r.Catalog.Apply(ctx, directory.Edit{Users: []directory.User{c}})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSetupWorksOnce(t *testing.T) {
	t.Parallel()
	b, signed := withAdmin(t)
	if u := signed.User; u.Email != "ana@example.org" || u.Role != directory.Admin || len(u.Contacts) != 1 || !u.Contacts[0].Verified {
		t.Errorf("the first admin is %+v", u)
	}
	p := ok[directory.Principal](t)(b.resolve(signed.Secret))
	if p.Role != directory.Admin || p.User != signed.User.ID || p.Via != incident.ViaWeb {
		t.Errorf("signed in as %+v", p)
	}
	again := ok[string](t)(admin.OfferSetup{Store: b.store, Clock: b.clock}.Do(t.Context()))
	if again != "" {
		t.Error("a set-up server offers another setup link")
	}
}

func TestSetupLinks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	offer := admin.OfferSetup{Store: b.store, Clock: b.clock}
	old := ok[string](t)(offer.Do(t.Context()))
	b.clock.forward(25 * time.Hour)
	_, err := b.setUp(old)
	wantCode(t, err, "setup.link")
	first, second := ok[string](t)(offer.Do(t.Context())), ok[string](t)(offer.Do(t.Context()))
	_, err = b.setUp(first[:len(first)-1] + "!")
	wantCode(t, err, "setup.link")
	_, err = b.setUp(first)
	wantCode(t, err, "")
	for _, link := range []string{first, second} {
		_, err = b.setUp(link)
		wantCode(t, err, "setup.link")
	}
}

// A wrong entry must not use the link up.
func TestSetupRefusesAndKeepsTheLink(t *testing.T) {
	t.Parallel()
	b := setup(t)
	link := ok[string](t)(admin.OfferSetup{Store: b.store, Clock: b.clock}.Do(t.Context()))
	u := admin.SetupFirstAdmin{Store: b.store, Hasher: b.hasher, Limit: b.limit, Clock: b.clock, NewID: b.newID}
	for code, a := range map[string]admin.FirstAdmin{
		"user.email":      {Link: link, Email: "ana", Password: "correct horse"},
		"password.length": {Link: link, Email: "a@b.org", Password: "short"},
		"user.time_zone":  {Link: link, Email: "a@b.org", Password: "correct horse", TimeZone: "Mars/Base"},
	} {
		_, err := u.Do(t.Context(), a, admin.Device{})
		wantCode(t, err, code)
	}
	_, err := b.setUp(link)
	wantCode(t, err, "")
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	b, first := withAdmin(t)
	signed := ok[admin.Signed](t)(b.signIn("correct horse", false))
	if signed.Secret == first.Secret {
		t.Error("signing in gave the session that was there before")
	}
	_, err := b.signIn("wrong horse", false)
	wantCode(t, err, "auth.wrong_password")
	before := b.hasher.matched.Load()
	u := admin.SignIn{Store: b.store, Hasher: b.hasher, Limit: b.limit, Origin: &limit{}, Clock: b.clock}
	_, err = u.Do(t.Context(), "nobody@example.org", "correct horse", admin.Device{})
	wantCode(t, err, "auth.wrong_password")
	if b.hasher.matched.Load() == before {
		t.Error("an unknown user is answered without hashing: the time tells")
	}
	b.edit(t, func(u *directory.User) { u.Disabled = true })
	_, err = b.signIn("correct horse", false)
	wantCode(t, err, "auth.wrong_password")
	b.limit.wait = 20 * time.Second
	_, err = b.signIn("correct horse", false)
	wantCode(t, err, "auth.too_many_attempts")
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		phone bool
		uses  []time.Duration // pauses between uses; the last one finds the session over
	}{
		"desktop idle": {false, []time.Duration{11 * time.Hour, 11 * time.Hour, 12 * time.Hour}},
		"desktop old":  {false, repeat(11*time.Hour, 31)}, // 14 days are 336 h: the 31st use comes after 341
		"phone idle":   {true, []time.Duration{29 * 24 * time.Hour, 30 * 24 * time.Hour}},
		"phone old":    {true, repeat(18*24*time.Hour, 5)}, // the fifth comes after exactly 90 days
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, _ := withAdmin(t)
			s := ok[admin.Signed](t)(b.signIn("correct horse", c.phone))
			for i, pause := range c.uses {
				b.clock.forward(pause)
				_, err := b.resolve(s.Secret)
				if i == len(c.uses)-1 {
					wantCode(t, err, "auth.session_over")
				} else {
					wantCode(t, err, "")
				}
			}
		})
	}
}

func repeat(d time.Duration, n int) []time.Duration {
	out := make([]time.Duration, n)
	for i := range out {
		out[i] = d
	}
	return out
}

func TestSessionFollowsItsUser(t *testing.T) {
	t.Parallel()
	b, s := withAdmin(t)
	b.edit(t, func(u *directory.User) { u.Role = directory.Viewer })
	if p := ok[directory.Principal](t)(b.resolve(s.Secret)); p.Role != directory.Viewer {
		t.Errorf("a demoted admin's session still has the role %s", p.Role)
	}
	b.edit(t, func(u *directory.User) { u.Disabled = true })
	_, err := b.resolve(s.Secret)
	wantCode(t, err, "auth.session_over")
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	b, s := withAdmin(t)
	if err := (admin.SignOut{Store: b.store}).Do(t.Context(), s.Secret); err != nil {
		t.Fatal(err)
	}
	_, err := b.resolve(s.Secret)
	wantCode(t, err, "auth.session_over")
}

func TestResetUser(t *testing.T) {
	t.Parallel()
	b, s := withAdmin(t)
	reset := admin.ResetUser{Store: b.store, Clock: b.clock}
	choose := admin.ChoosePassword{Store: b.store, Hasher: b.hasher, Limit: b.limit, Clock: b.clock}
	_, err := reset.Do(t.Context(), directory.Principal{Role: directory.Responder}, "ana@example.org")
	wantCode(t, err, "auth.role")
	_, err = reset.Do(t.Context(), admin.System(), "nobody@example.org")
	wantCode(t, err, "user.not_found")
	first := ok[string](t)(reset.Do(t.Context(), admin.System(), "ana@example.org"))
	second := ok[string](t)(reset.Do(t.Context(), admin.System(), "ana@example.org"))
	_, err = choose.Do(t.Context(), first, "another horse", admin.Device{})
	wantCode(t, err, "password.link") // the newer link took its place
	fresh := ok[admin.Signed](t)(choose.Do(t.Context(), second, "another horse", admin.Device{}))
	_, err = b.resolve(s.Secret)
	wantCode(t, err, "auth.session_over")
	_, err = b.resolve(fresh.Secret)
	wantCode(t, err, "")
	_, err = b.signIn("correct horse", false)
	wantCode(t, err, "auth.wrong_password")
	_, err = b.signIn("another horse", false)
	wantCode(t, err, "")
}

func TestSignInOnAnotherDevice(t *testing.T) {
	t.Parallel()
	b, s := withAdmin(t)
	offer := admin.OfferSignIn{Store: b.store, Clock: b.clock}
	enter := func(link string) (admin.Signed, error) {
		return admin.SignInByLink{Store: b.store, Origin: b.limit, Clock: b.clock}.Do(t.Context(), link, admin.Device{Phone: true})
	}
	me := s.User.Principal()
	link := func() string {
		secret, ends, err := offer.Do(t.Context(), me)
		if wantCode(t, err, ""); !ends.Equal(b.clock.Now().Add(10 * time.Minute)) {
			t.Errorf("it ends %s", ends)
		}
		return secret
	}
	_, _, err := offer.Do(t.Context(), directory.Principal{})
	wantCode(t, err, "auth.required")
	_, _, err = offer.Do(t.Context(), admin.System())
	wantCode(t, err, "session.nobody")
	first, second := link(), link()
	_, err = enter(first)
	wantCode(t, err, "session.link") // the newer link took its place
	used := func() bool { return ok[bool](t)(offer.Used(t.Context(), me, second)) }
	if used() {
		t.Error("it counts as used before it was")
	}
	phone := ok[admin.Signed](t)(enter(second))
	if !used() {
		t.Error("it does not count as used")
	}
	_, err = offer.Used(t.Context(), directory.Principal{}, second)
	wantCode(t, err, "auth.required")
	if phone.User.ID != s.User.ID || !phone.Session.Phone {
		t.Errorf("signed in as %+v", phone)
	}
	for _, secret := range []string{s.Secret, phone.Secret} {
		_, err = b.resolve(secret)
		wantCode(t, err, "") // the one from which the link came goes on
	}
	_, err = enter(second)
	wantCode(t, err, "session.link")
	late := link()
	b.clock.forward(10 * time.Minute)
	_, err = enter(late)
	wantCode(t, err, "session.link")
	gone := link()
	b.edit(t, func(u *directory.User) { u.Disabled = true })
	_, err = enter(gone)
	wantCode(t, err, "session.link")
	b.limit.wait = time.Second
	_, err = enter(gone)
	wantCode(t, err, "auth.too_many_attempts")
}

// A setup link must not set somebody's password, nor the other way round.
func TestLinksDoOneThing(t *testing.T) {
	t.Parallel()
	b, _ := withAdmin(t)
	link := ok[string](t)(admin.ResetUser{Store: b.store, Clock: b.clock}.Do(t.Context(), admin.System(), "ana@example.org"))
	_, err := b.setUp(strings.Replace(link, "_password_", "_setup_", 1))
	wantCode(t, err, "setup.link")
	_, err = b.setUp(link)
	wantCode(t, err, "setup.link")
	stored := ok[string](t)(admin.OfferSetup{Store: setup(t).store, Clock: b.clock}.Do(t.Context())) // well formed, of another server
	l := directory.Link{Hash: admin.HashSecret(stored), Purpose: directory.LinkPassword, ExpiresAt: b.clock.Now().Add(time.Hour)}
	if err := b.store.Write(t.Context(), func(ctx context.Context, r admin.Repos) error { return r.Links.Add(ctx, l, b.clock.Now()) }); err != nil {
		t.Fatal(err)
	}
	_, err = b.setUp(stored)
	wantCode(t, err, "setup.link")
}

func (b *bundle) verify(secret string) (directory.Principal, error) {
	return admin.VerifyToken{Store: b.store, Clock: b.clock, AdminToken: "automation"}.Do(context.Background(), secret)
}

func TestTokens(t *testing.T) {
	t.Parallel()
	b, s := withAdmin(t)
	by := s.User.Principal()
	create := admin.CreateToken{Store: b.store, Clock: b.clock, NewID: b.newID}
	tok, secret, err := create.Do(t.Context(), by, " deploys ", directory.Responder, b.clock.Now().Add(time.Hour))
	wantCode(t, err, "")
	if !strings.HasPrefix(secret, "rouse_api_") || tok.Hash == secret || tok.Name != "deploys" {
		t.Errorf("the token is %+v with the secret %q", tok, secret)
	}
	p := ok[directory.Principal](t)(b.verify(secret))
	if p.Role != directory.Responder || p.User != s.User.ID || p.Actor != by.Actor {
		t.Errorf("the token acts as %+v", p)
	}
	b.edit(t, func(u *directory.User) { u.Role = directory.Viewer })
	if p := ok[directory.Principal](t)(b.verify(secret)); p.Role != directory.Viewer {
		t.Errorf("the token of a demoted maker has the role %s", p.Role)
	}
	b.clock.forward(time.Hour)
	_, err = b.verify(secret)
	wantCode(t, err, "auth.token_wrong")
	for _, wrong := range []string{"", "rouse_api_", secret + "x", strings.ToUpper(secret), "automatio"} {
		_, err = b.verify(wrong)
		wantCode(t, err, "auth.token_wrong")
	}
	if p := ok[directory.Principal](t)(b.verify("automation")); p.Role != directory.Admin {
		t.Errorf("the admin token has the role %s", p.Role)
	}
}

func TestNoAdminTokenIsNoToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := admin.VerifyToken{Store: b.store, Clock: b.clock}.Do(t.Context(), "")
	wantCode(t, err, "auth.token_wrong")
}

func TestTokensAreNoLadder(t *testing.T) {
	t.Parallel()
	b, _ := withAdmin(t)
	create := admin.CreateToken{Store: b.store, Clock: b.clock, NewID: b.newID}
	viewer := directory.Principal{Role: directory.Viewer, User: "vera"}
	now := b.clock.Now()
	for name, c := range map[string]struct {
		by      directory.Principal
		token   string
		role    directory.Role
		expires time.Time
		code    string
	}{
		"nobody":         {directory.Principal{}, "x", directory.Viewer, time.Time{}, "auth.required"},
		"higher role":    {viewer, "x", directory.Admin, time.Time{}, "token.role"},
		"unknown role":   {viewer, "x", "root", time.Time{}, "token.role"},
		"no name":        {viewer, " ", directory.Viewer, time.Time{}, "token.name"},
		"over already":   {viewer, "x", directory.Viewer, now, "token.expires_at"},
		"as they should": {viewer, "x", directory.Viewer, now.Add(time.Second), ""},
	} {
		_, _, err := create.Do(t.Context(), c.by, c.token, c.role, c.expires)
		if err != nil || c.code != "" {
			t.Log(name)
			wantCode(t, err, c.code)
		}
	}
}

func TestTokensOfOthers(t *testing.T) {
	t.Parallel()
	b, s := withAdmin(t)
	create := admin.CreateToken{Store: b.store, Clock: b.clock, NewID: b.newID}
	viewer := directory.Principal{Role: directory.Viewer, User: "vera"}
	tok, _, err := create.Do(t.Context(), s.User.Principal(), "mine", directory.Admin, time.Time{})
	wantCode(t, err, "")
	list := ok[[]directory.Token](t)(admin.ListTokens{Store: b.store}.Do(t.Context(), viewer))
	if len(list) != 0 {
		t.Errorf("a viewer sees %d tokens of others", len(list))
	}
	revoke := admin.RevokeToken{Store: b.store}
	wantCode(t, revoke.Do(t.Context(), viewer, tok.ID), "token.not_found")
	nobodys := directory.Principal{Role: directory.Viewer}
	wantCode(t, revoke.Do(t.Context(), nobodys, tok.ID), "token.not_found")
	wantCode(t, revoke.Do(t.Context(), s.User.Principal(), tok.ID), "")
	wantCode(t, revoke.Do(t.Context(), s.User.Principal(), tok.ID), "token.not_found")
}

// "Last used" is written at most once a minute, however busy a token is.
func TestTokenUseIsNotedByTheMinute(t *testing.T) {
	t.Parallel()
	b, s := withAdmin(t)
	_, secret, err := admin.CreateToken{Store: b.store, Clock: b.clock, NewID: b.newID}.Do(t.Context(), s.User.Principal(), "x", directory.Admin, time.Time{})
	wantCode(t, err, "")
	writes := 0
	write := b.store.Write
	b.store.Write = func(ctx context.Context, f func(context.Context, admin.Repos) error) error {
		writes++
		return write(ctx, f)
	}
	for _, step := range []struct {
		pause time.Duration
		want  int
	}{{0, 1}, {59 * time.Second, 1}, {time.Second, 2}, {time.Second, 2}} {
		b.clock.forward(step.pause)
		_, err := b.verify(secret)
		wantCode(t, err, "")
		if writes != step.want {
			t.Errorf("after %s: %d writes, want %d", step.pause, writes, step.want)
		}
	}
}

func TestBootstrap(t *testing.T) {
	t.Parallel()
	b := setup(t)
	boot := admin.Bootstrap{Store: b.store, NewID: b.newID}
	key := ok[string](t)(boot.Do(t.Context()))
	find := admin.NewFindIntegration(b.store, b.clock)
	in := ok[*directory.Integration](t)(find.Do(t.Context(), key))
	if in.Name != "main" || len(key) != 32 {
		t.Errorf("the key %q is of %+v", key, in)
	}
	if again := ok[string](t)(boot.Do(t.Context())); again != "" {
		t.Error("a server that is not empty was set up again")
	}
	snap := ok[*directory.Snapshot](t)(admin.ReadDirectory{Store: b.store}.Do(t.Context(), admin.System()))
	if p, found := snap.Policy(snap.PolicyOf("")); !found || p.Name != "default" {
		t.Errorf("the default policy is %+v", p)
	}
}

func TestFindIntegration(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := ok[string](t)(admin.Bootstrap{Store: b.store, NewID: b.newID}.Do(t.Context()))
	read, reads, broken := b.store.Read, 0, false
	b.store.Read = func(ctx context.Context, f func(context.Context, admin.Repos) error) error {
		reads++
		if broken {
			return fault.Unavailable(time.Second, "store.away", "away")
		}
		return read(ctx, f)
	}
	find := admin.NewFindIntegration(b.store, b.clock)
	for range 10 {
		ok[*directory.Integration](t)(find.Do(t.Context(), key))
	}
	if reads != 1 {
		t.Errorf("%d reads for 10 requests within a second", reads)
	}
	for range 10 {
		_, err := find.Do(t.Context(), "wrong")
		wantCode(t, err, "alerts.key_wrong")
	}
	if reads != 1 {
		t.Errorf("wrong keys made %d reads within 50 ms", reads)
	}
	b.clock.forward(time.Hour)
	broken = true
	if _, err := find.Do(t.Context(), key); err != nil {
		t.Errorf("a known key is refused while the database is away: %v", err)
	}
	for range 2 { // it may have been made a moment ago: whoever hears "unknown" gives up
		_, err := find.Do(t.Context(), "new")
		wantCode(t, err, "store.away")
	}
}

// A database that hangs holds up nobody whose key is known: one asks, for half a second, the others go on.
func TestFindIntegrationWhileTheDatabaseHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		key := ok[string](t)(admin.Bootstrap{Store: b.store, NewID: b.newID}.Do(t.Context()))
		read, hangs, reads := b.store.Read, false, 0
		b.store.Read = func(ctx context.Context, f func(context.Context, admin.Repos) error) error {
			reads++
			if hangs {
				<-ctx.Done()
				return fault.Unavailable(time.Second, "store.slow", "slow")
			}
			return read(ctx, f)
		}
		find := admin.NewFindIntegration(b.store, b.clock)
		ok[*directory.Integration](t)(find.Do(t.Context(), key))
		hangs = true
		b.clock.forward(time.Hour)
		began := time.Now()
		first := make(chan error, 1)
		go func() { _, err := find.Do(t.Context(), key); first <- err }()
		synctest.Wait()
		for range 10 {
			ok[*directory.Integration](t)(find.Do(t.Context(), key))
		}
		if d := time.Since(began); d != 0 {
			t.Errorf("others waited for %s", d)
		}
		if err := <-first; err != nil || time.Since(began) > time.Second {
			t.Errorf("who asked waited for %s: %v", time.Since(began), err)
		}
		ok[*directory.Integration](t)(find.Do(t.Context(), key))
		if reads != 2 {
			t.Errorf("%d reads, want the first and one that hung", reads)
		}
	})
}
