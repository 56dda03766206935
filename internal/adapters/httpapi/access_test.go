package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

func form(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

func formHeader(extra ...string) map[string]string {
	h := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	for i := 0; i < len(extra); i += 2 {
		h[extra[i]] = extra[i+1]
	}
	return h
}

func sessionCookie(t *testing.T, w *httptest.ResponseRecorder) *http.Cookie {
	t.Helper()
	list := w.Result().Cookies()
	if len(list) != 1 {
		t.Fatalf("%d cookies were set: %d %s", len(list), w.Code, w.Body)
	}
	return list[0]
}

// setUp makes the first admin through the page, as a person does.
func (b *bundle) setUp(t *testing.T, https bool) *http.Cookie {
	t.Helper()
	page := b.call(t, call{do: "GET /setup?token=" + b.setup, https: https})
	if page.Code != http.StatusOK || !strings.Contains(page.Body.String(), b.setup) {
		t.Fatalf("the setup page is %d: %s", page.Code, page.Body)
	}
	w := b.call(t, call{do: "POST /setup", https: https, header: formHeader(), body: form("token", b.setup, "email", "olga@example.org", "name", "Olga <b>", "password", password)})
	if w.Code != http.StatusSeeOther {
		t.Fatalf("setting up is answered %d: %s", w.Code, w.Body)
	}
	return sessionCookie(t, w)
}

func TestSetupInABrowser(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.setUp(t, false)
	home := b.call(t, call{do: "GET /", cookie: c})
	if home.Code != http.StatusOK || !strings.Contains(home.Body.String(), "Olga &lt;b&gt;") {
		t.Errorf("the start page is %d: %s", home.Code, home.Body)
	}
	again := b.call(t, call{do: "POST /setup", header: formHeader(), body: form("token", b.setup, "email", "x@example.org", "name", "X", "password", password)})
	if again.Code != http.StatusForbidden || !strings.Contains(again.Body.String(), "used already") {
		t.Errorf("the link works twice: %d %s", again.Code, again.Body)
	}
	nobody := b.call(t, call{do: "GET /"})
	if nobody.Code != http.StatusSeeOther || nobody.Header().Get("Location") != "/sign-in?next=%2F" {
		t.Errorf("nobody is answered %d %s", nobody.Code, nobody.Header())
	}
}

func TestCookies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		https bool
		want  string
	}{
		"over https": {true, "__Host-rouse"},
		"over http":  {false, "rouse"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			cookie := b.setUp(t, c.https)
			if cookie.Name != c.want || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" ||
				cookie.Secure != c.https || cookie.Domain != "" {
				t.Errorf("the cookie is %s", cookie)
			}
			if w := b.call(t, call{do: "GET /api/v1/session", cookie: cookie, https: c.https}); w.Code != http.StatusOK {
				t.Errorf("its session is answered %d: %s", w.Code, w.Body)
			}
			// A cookie that came over http must not count over https: somebody on the wire may have set it.
			if w := b.call(t, call{do: "GET /api/v1/session", cookie: cookie, https: !c.https}); w.Code != http.StatusUnauthorized {
				t.Errorf("over the other scheme it is answered %d", w.Code)
			}
		})
	}
}

func (b *bundle) signIn(t *testing.T, c call) *httptest.ResponseRecorder {
	t.Helper()
	c.do, c.body = "POST /api/v1/session", `{"email":"olga@example.org","password":"`+password+`"}`
	return b.call(t, c)
}

// Whoever plants a cookie before the sign-in must not share the session after it.
func TestSessionFixation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	old := b.setUp(t, false)
	w := b.signIn(t, call{cookie: old})
	if w.Code != http.StatusOK {
		t.Fatalf("signing in is answered %d: %s", w.Code, w.Body)
	}
	fresh := sessionCookie(t, w)
	if fresh.Value == old.Value {
		t.Error("signing in kept the session id that was sent")
	}
	planted := &http.Cookie{Name: "rouse", Value: "planted"}
	if c := sessionCookie(t, b.signIn(t, call{cookie: planted})); c.Value == planted.Value {
		t.Error("signing in took over a planted session id")
	}
}

func TestSignOutEndsTheSession(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.setUp(t, false)
	w := b.call(t, call{do: "DELETE /api/v1/session", cookie: c})
	if w.Code != http.StatusNoContent || sessionCookie(t, w).MaxAge != -1 {
		t.Errorf("signing out is answered %d %s", w.Code, w.Header())
	}
	if w := b.call(t, call{do: "GET /api/v1/session", cookie: c}); w.Code != http.StatusUnauthorized {
		t.Errorf("the old cookie is answered %d", w.Code)
	}
}

func TestManyAttemptsAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.setUp(t, false)
	try := func(email, from string) *httptest.ResponseRecorder {
		return b.call(t, call{do: "POST /api/v1/session", from: from, body: `{"email":"` + email + `","password":"guess"}`})
	}
	for range 5 {
		if w := try("olga@example.org", "198.51.100.7:1"); w.Code != http.StatusUnauthorized {
			t.Fatalf("a wrong password is answered %d", w.Code)
		}
	}
	w := try("olga@example.org", "198.51.100.7:1")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "auth.too_many_attempts") {
		t.Errorf("the sixth attempt is answered %d %s %s", w.Code, w.Header(), w.Body)
	}
	if w := try("OLGA@example.org", "198.51.100.7:1"); w.Code != http.StatusTooManyRequests {
		t.Errorf("capital letters are answered %d", w.Code)
	}
	for name, w := range map[string]*httptest.ResponseRecorder{
		"another account": try("ana@example.org", "198.51.100.7:1"), "another address": try("olga@example.org", "198.51.100.8:1"),
	} {
		if w.Code != http.StatusUnauthorized {
			t.Errorf("%s is answered %d", name, w.Code)
		}
	}
}

func TestOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *Deps) { d.Config.PublicURL = "https://rouse.example.org" })
	c := b.setUp(t, true)
	b.alerts(t, "api", "critical")
	ack := func(headers ...string) int {
		return b.call(t, call{do: "POST /plain/i/1/acknowledge", cookie: c, https: true, header: formHeader(headers...)}).Code
	}
	if got := ack("Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"); got != http.StatusForbidden {
		t.Errorf("another site's form is answered %d", got)
	}
	if got := ack("Origin", "https://evil.example"); got != http.StatusForbidden {
		t.Errorf("an old browser's form from another site is answered %d", got)
	}
	if w := b.call(t, call{do: "GET /i/1", cookie: c, https: true}); !strings.Contains(w.Body.String(), ">open<") {
		t.Errorf("a refused form did something: %s", w.Body)
	}
	if got := ack("Origin", "https://rouse.example.org"); got != http.StatusOK {
		t.Errorf("our own page behind a proxy is answered %d", got)
	}
}

// No GET changes anything, whatever links a mail scanner opens.
func TestGetChangesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alerts(t, "api", "critical")
	for _, path := range []string{"/plain/i/1/acknowledge", "/plain/i/1/resolve", "/sign-out"} {
		if w := b.call(t, call{do: "GET " + path, as: directory.Responder}); w.Code != http.StatusMethodNotAllowed {
			t.Errorf("GET %s is answered %d", path, w.Code)
		}
	}
	b.call(t, call{do: "GET /setup?token=" + b.setup})
	b.setUp(t, false) // the link still works
}

func TestOpenRedirects(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"/i/12": "/i/12", "/i/1?x=y": "/i/1?x=y", "": "/", "//evil.example": "/", "https://evil.example/": "/",
		"/\\evil.example": "/", "javascript:alert(1)": "/", "i/1": "/", "/%0d%0aSet-Cookie:x": "/%0d%0aSet-Cookie:x", "///evil.example": "/", "/..//evil.example": "/..//evil.example",
	} {
		if got := inside(next); got != want {
			t.Errorf("inside(%q) = %q, want %q", next, got, want)
		}
	}
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, path := range []string{"/", "/api/docs", "/incidents", "/nowhere"} {
		h := b.call(t, call{do: "GET " + path}).Header()
		for k, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Content-Security-Policy": contentPolicy,
		} {
			if h.Get(k) != want {
				t.Errorf("GET %s: %s is %q", path, k, h.Get(k))
			}
		}
		if h.Get("Strict-Transport-Security") != "" {
			t.Errorf("GET %s over http promises https", path)
		}
	}
	if b.call(t, call{do: "GET /", https: true}).Header().Get("Strict-Transport-Security") == "" {
		t.Error("https is not promised over https")
	}
}

func TestClientAddress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ from, forwarded, want string }{
		"straight":               {"203.0.113.9:1", "", "203.0.113.9"},
		"spoofed":                {"203.0.113.9:1", "10.0.0.1", "203.0.113.9"},
		"behind a proxy":         {"10.1.0.1:1", "203.0.113.9", "203.0.113.9"},
		"spoofed behind a proxy": {"10.1.0.1:1", "127.0.0.1, 203.0.113.9", "203.0.113.9"},
		"two proxies":            {"10.1.0.1:1", "127.0.0.1, 203.0.113.9, 10.2.0.1", "203.0.113.9"},
		"nonsense":               {"10.1.0.1:1", "203.0.113.9, nonsense", "10.1.0.1"},
		"only proxies":           {"10.1.0.1:1", "10.3.0.1", "10.3.0.1"},
		"mapped":                 {"[::ffff:203.0.113.9]:1", "", "203.0.113.9"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr = c.from
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := proxies(prefixes("10.0.0.0/8")).client(r).String(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// Only a trusted proxy may say that the client spoke https.
func TestForwardedProto(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]bool{"10.1.0.1:1": true, "203.0.113.9:1": false} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr = from
		r.Header.Set("X-Forwarded-Proto", "https")
		if got := proxies(prefixes("10.0.0.0/8")).https(r); got != want {
			t.Errorf("from %s: %v", from, got)
		}
	}
}

func TestPasswordLink(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.call(t, call{do: "POST /api/v1/users/vera@example.org/password-link", as: directory.Admin})
	_, token, ok := strings.Cut(w.Body.String(), "token=")
	if w.Code != http.StatusCreated || !ok {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	token, _, _ = strings.Cut(token, `"`)
	w = b.call(t, call{do: "POST /password", header: formHeader(), body: form("token", token, "password", password)})
	c := sessionCookie(t, w)
	if me := b.call(t, call{do: "GET /api/v1/session", cookie: c}); !strings.Contains(me.Body.String(), `"Vera"`) {
		t.Errorf("signed in as %s", me.Body)
	}
}

// The link is for a button: what only looks at it does not use it up.
func TestSignInLink(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.setUp(t, false)
	w := b.call(t, call{do: "POST /api/v1/session/link", cookie: c})
	var made struct{ Path string }
	if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || w.Code != http.StatusCreated {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for range 2 {
		if w := b.call(t, call{do: "GET " + made.Path + "&next=/i/1"}); w.Code != http.StatusOK || len(w.Result().Cookies()) > 0 || !strings.Contains(w.Body.String(), `value="/i/1"`) {
			t.Fatalf("looking at it is answered %d %v %s", w.Code, w.Result().Cookies(), w.Body)
		}
	}
	_, token, _ := strings.Cut(made.Path, "token=")
	enter := func() *httptest.ResponseRecorder {
		return b.call(t, call{do: "POST /enter", header: formHeader(), body: form("token", token, "next", "//evil.example/")})
	}
	w = enter()
	if w.Header().Get("Location") != "/" {
		t.Errorf("it leads to %q", w.Header().Get("Location"))
	}
	was, is := b.call(t, call{do: "GET /api/v1/session", cookie: c}), b.call(t, call{do: "GET /api/v1/session", cookie: sessionCookie(t, w)})
	if is.Code != http.StatusOK || is.Body.String() != was.Body.String() {
		t.Errorf("signed in as %s, not %s", is.Body, was.Body)
	}
	if w := enter(); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "used already") {
		t.Errorf("a second time it is answered %d %s", w.Code, w.Body)
	}
}

func TestWrongTokens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, secret := range []string{"", "x", b.key, b.tokens[directory.Admin] + "x"} {
		w := b.call(t, call{do: "GET /incidents", header: map[string]string{"Authorization": "Bearer " + secret}})
		if w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), "auth.token_wrong") || w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("the token %q is answered %d %s", secret, w.Code, w.Body)
		}
		if secret != "" && strings.Contains(w.Body.String(), secret) && len(secret) > 1 {
			t.Error("the answer repeats the secret")
		}
	}
	if w := b.call(t, call{do: "GET /incidents", header: map[string]string{"Authorization": "Bearer automation"}}); w.Code != http.StatusOK {
		t.Errorf("the admin token is answered %d %s", w.Code, w.Body)
	}
}

// Where the database does not say in time who asks, nothing was done, and that is said.
func TestWhoCannotBeLookedUpHearsThatNothingWasSaved(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.d.Access.VerifyToken.Store.Read = func(ctx context.Context, _ func(context.Context, admin.Repos) error) error {
		<-ctx.Done()
		return fault.Unavailable(time.Second, "store.slow", "the database did not answer in time").Because(ctx.Err())
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/resolve", strings.NewReader(`{"id":1,"status":"acknowledged"}`))
	r.Header.Set("Authorization", "Bearer "+b.tokens[directory.Responder])
	ctx, cancel := context.WithTimeout(r.Context(), 50*time.Millisecond)
	defer cancel()
	w := httptest.NewRecorder()
	b.authenticate(http.NotFoundHandler()).ServeHTTP(w, r.WithContext(ctx))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "auth.unavailable") || !strings.Contains(w.Body.String(), "NOT saved") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
