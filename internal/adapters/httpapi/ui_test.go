package httpapi

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/webui"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// fakeUI has the real one's pages, whether this test's program was built with it or not.
type fakeUI struct {
	webui.UI
	view  *firstView
	state *firstState
}

func (*fakeUI) Files() []string { return []string{"/assets/main.js"} }

func (*fakeUI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = w.Write([]byte("the UI at " + r.URL.Path))
}

func (u *fakeUI) Page(w http.ResponseWriter, r *http.Request, view, state any) error {
	u.view, _ = view.(*firstView)
	u.state, _ = state.(*firstState)
	u.ServeHTTP(w, r)
	return nil
}

var pathValues = regexp.MustCompile(`\{[^}]+\}`)

func TestUI(t *testing.T) {
	t.Parallel()
	ui := &fakeUI{}
	b := setup(t, func(d *Deps) { d.UI, d.Config.Demo = ui, "http://mailbox.example" })
	for _, pattern := range ui.Pages() {
		path := pathValues.ReplaceAllString(strings.TrimSuffix(pattern, "{$}"), "7")
		if w := b.call(t, call{do: "GET " + path, as: directory.Viewer}); w.Code != http.StatusOK || w.Body.String() != "the UI at "+path {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		if ui.state != nil && ui.state.Session.Demo != "http://mailbox.example" {
			t.Errorf("%s: the first view does not say that this is a demonstration: %+v", path, ui.state.Session)
		}
		w := b.call(t, call{do: "GET " + path + "?q=a%26b"})
		if next := strings.TrimPrefix(w.Header().Get("Location"), "/sign-in?next="); w.Code != http.StatusSeeOther || !strings.Contains(next, "q%3Da%2526b") {
			t.Errorf("%s: nobody is answered %d and sent to %q", path, w.Code, w.Header().Get("Location"))
		}
	}
	if w := b.call(t, call{do: "GET /assets/main.js"}); w.Code != http.StatusOK {
		t.Errorf("a file is refused to who is not signed in yet: %d", w.Code)
	}
	if w := b.call(t, call{do: "GET /plain", as: directory.Viewer}); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "make web") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// The document brings along what the UI would ask for first, and only what whoever asks may see.
func TestFirstView(t *testing.T) {
	t.Parallel()
	ui := &fakeUI{}
	b := setup(t, func(d *Deps) { d.UI = ui })
	b.alerts(t, "mail", "warning")
	b.alerts(t, "api", "critical")
	b.call(t, call{do: "GET /", as: directory.Responder})
	if v := ui.view; !v.List || !v.Acts || len(v.Open) != 2 || v.Open[0].Service != "api" || v.Open[0].Age != "0 s" || v.Me.Role != "responder" {
		t.Errorf("%+v", v)
	}
	if s := ui.state; len(s.Unresolved) != 2 || s.Session.Role != "responder" || s.Storm == nil || s.Incident != nil {
		t.Errorf("%+v", s)
	}
	b.call(t, call{do: "GET /", as: directory.Viewer})
	if ui.view.Acts {
		t.Error("a viewer is shown buttons")
	}
	// Filters are the UI's to apply: what it would take away is not shown before.
	if b.call(t, call{do: "GET /?service=api", as: directory.Viewer}); ui.view.List {
		t.Error("the whole list is shown where a part is wanted")
	}
	b.call(t, call{do: "GET /i/2", as: directory.Responder})
	if v, s := ui.view, ui.state; v.Incident == nil || v.Incident.Number != 2 || s.Incident == nil || s.Unresolved != nil {
		t.Errorf("%+v %+v", v, s)
	}
	if b.call(t, call{do: "GET /i/99", as: directory.Responder}); ui.view.Incident != nil || ui.state.Incident != nil || ui.state.Session.Role == "" {
		t.Errorf("%+v", ui.state)
	}
	if b.call(t, call{do: "GET /wall", as: directory.Viewer}); ui.view != nil || ui.state.Session.Role != "viewer" {
		t.Errorf("before the wall is seen: %+v", ui.view)
	}
	for n := range 12 {
		b.alerts(t, strings.Repeat("x", 10+n), "critical")
	}
	if b.call(t, call{do: "GET /", as: directory.Responder}); ui.view.List || ui.state.Storm.Incidents == 0 || len(ui.state.Unresolved) != 14 {
		t.Errorf("the lines are shown where a storm's card will move them: %+v", ui.state.Storm)
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second: "0 s", 59 * time.Second: "59 s", time.Minute: "1 min", 4*time.Hour + 5*time.Minute: "4 h 05 min", 50 * time.Hour: "2 d 2 h",
	} {
		if got := age(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

// Without the UI its two main pages are the plain ones, and they say how to get it.
func TestWithoutUI(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alerts(t, "api", "critical")
	w := b.call(t, call{do: "GET /", as: directory.Viewer})
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "make web") || !strings.Contains(w.Body.String(), `href="/plain/i/1"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := b.call(t, call{do: "GET /"}); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/sign-in?next=%2F" {
		t.Errorf("nobody is answered %d %s", w.Code, w.Header().Get("Location"))
	}
}

// The UI's pages and the paths of machines never meet: whoever answers at a page's address, it is nobody else.
func TestPagesAndMachinesNeverMeet(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *Deps) { d.UI = &fakeUI{} })
	machine := []string{"/alerts", "/incidents", "/resolve", "/metrics", "/health", "/ready", "/api", "/k", "/v2", "/heartbeat", "/callbacks", "/plain", "/sign-in", "/sign-out", "/setup", "/password", "/page.css"}
	for _, rt := range b.routes {
		machine = append(machine, "/"+strings.Split(rt.Path, "/")[1])
	}
	for _, pattern := range (&fakeUI{}).Pages() {
		first := "/" + strings.Split(pattern, "/")[1]
		for _, m := range machine {
			if first == m || strings.HasPrefix(first, "/{") && pattern != "/{$}" {
				t.Errorf("the page %s is in the way of %s", pattern, m)
			}
		}
	}
	for _, path := range machine {
		if w := b.call(t, call{do: "GET " + path, as: directory.Admin}); strings.HasPrefix(w.Body.String(), "the UI at") {
			t.Errorf("%s is answered by the UI", path)
		}
	}
}

// A screen on the wall gets in by a viewer's token and by no other, and its cookie is good for looking only.
func TestWallByToken(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *Deps) { d.UI = &fakeUI{} })
	for role, want := range map[directory.Role]int{directory.Responder: http.StatusForbidden, directory.Admin: http.StatusForbidden, "": http.StatusUnauthorized} {
		token := b.tokens[role]
		if role == "" {
			token = "rouse_api_unknown"
		}
		if w := b.call(t, call{do: "GET /wall?token=" + token}); w.Code != want || w.Header().Get("Set-Cookie") != "" {
			t.Errorf("the token of %q is answered %d with %v", role, w.Code, w.Header())
		}
	}
	w := b.call(t, call{do: "GET /wall?token=" + b.tokens[directory.Viewer]})
	c, err := http.ParseSetCookie(w.Header().Get("Set-Cookie"))
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/wall" || err != nil || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
		t.Fatalf("%d %v, %v", w.Code, w.Header(), err)
	}
	for do, want := range map[string]int{"GET /wall": http.StatusOK, "GET /api/v1/incidents": http.StatusOK, "POST /api/v1/resolve": http.StatusForbidden} {
		body := ""
		if strings.HasPrefix(do, "POST") {
			body = `{"ids":["1"],"status":"resolved"}`
		}
		if w := b.call(t, call{do: do, cookie: c, body: body}); w.Code != want {
			t.Errorf("%s is answered %d", do, w.Code)
		}
	}
	gone := *c
	gone.Value = "rouse_api_revoked"
	if w := b.call(t, call{do: "GET /wall", cookie: &gone}); w.Code != http.StatusSeeOther {
		t.Errorf("a token that was revoked is answered %d", w.Code)
	}
	if w := b.call(t, call{do: "GET /?token=" + b.tokens[directory.Viewer]}); w.Header().Get("Location") == "/wall" || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("another page takes the token: %v", w.Header())
	}
}
