package httpapi

import (
	"net/http"
	"regexp"
	"slices"
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

func (u *fakeUI) Page(w http.ResponseWriter, r *http.Request, status int, view, state any) error {
	u.view, _ = view.(*firstView)
	u.state, _ = state.(*firstState)
	w.WriteHeader(status)
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

// A person who mistypes an address gets a page with ways on, a program a problem; both 404.
func TestAnAddressThatThereIsNot(t *testing.T) {
	t.Parallel()
	ui := &fakeUI{}
	with, without := setup(t, func(d *Deps) { d.UI = ui }), setup(t)
	browser := map[string]string{"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
	for name, tc := range map[string]struct {
		b    *bundle
		call call
		want string
	}{
		"a browser":         {with, call{do: "GET /incidnets", as: directory.Viewer, header: browser}, "the UI at /incidnets"},
		"nobody signed in":  {with, call{do: "GET /incidnets", header: browser}, `href="/plain"`},
		"without the UI":    {without, call{do: "GET /incidnets", as: directory.Viewer, header: browser}, `href="/plain"`},
		"a program":         {with, call{do: "GET /incidnets", as: directory.Viewer}, "route.not_found"},
		"the API":           {with, call{do: "GET /api/v1/incidnets", as: directory.Viewer, header: browser}, "route.not_found"},
		"a script's import": {with, call{do: "GET /assets/old.js", as: directory.Viewer, header: map[string]string{"Accept": "*/*"}}, "route.not_found"},
	} {
		if w := tc.b.call(t, tc.call); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), tc.want) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if ui.state == nil || ui.state.Session.Role != "viewer" {
		t.Error("the UI's page does not know who looks at it")
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
	if v := ui.view; !v.List || !v.Acts || v.Unacked != 2 || len(v.Parts) != 1 || len(v.Parts[0].Lines) != 2 || v.Parts[0].Lines[0].Service != "api" || v.Parts[0].Lines[0].Age != "0 s" || v.Me.Role != "responder" {
		t.Errorf("%+v", v)
	}
	if s := ui.state; len(s.Unresolved) != 2 || s.Session.Role != "responder" || s.Storm == nil || s.Incident != nil {
		t.Errorf("%+v", s)
	}
	b.call(t, call{do: "GET /", as: directory.Viewer})
	if ui.view.Acts {
		t.Error("a viewer is shown buttons")
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
	b.call(t, call{do: "GET /", as: directory.Responder})
	if v := ui.view; !v.List || v.Storm == nil || v.Storm.Incidents != 14 || v.Storm.Age == "" || len(v.Parts[0].Lines) != 14 {
		t.Errorf("in a storm: %+v", v)
	}
}

// What fits the filters of the address is there at once, by the UI's own reading of them.
func TestFirstViewByFilters(t *testing.T) {
	t.Parallel()
	ui := &fakeUI{}
	b := setup(t, func(d *Deps) { d.UI = ui })
	b.alerts(t, "mail", "warning")
	b.alerts(t, "api", "critical")
	b.alerts(t, "api", "error")
	for query, want := range map[string][]string{
		"service=api": {"api", "api"}, "service=api&severity=error": {"api"}, "q=%23" + "1": {"mail"}, "q=%221%22": {"mail"}, "team=web": {"api", "api"},
		"service=none": nil, "theme=x": {"api", "api", "mail"}, "service=": {"api", "api", "mail"},
	} {
		b.call(t, call{do: "GET /?" + query, as: directory.Viewer})
		var got []string
		for _, part := range ui.view.Parts {
			for _, l := range part.Lines {
				got = append(got, l.Service)
			}
		}
		if !slices.Equal(got, want) || !ui.view.List || ui.view.Unacked != 3 || len(ui.state.Unresolved) != 3 {
			t.Errorf("%s shows %v of %d: %+v", query, got, ui.view.Unacked, ui.view)
		}
	}
	// Days begin by the clock of a device, a severity that is none is nobody's.
	for _, query := range []string{"since=2026-03-01", "until=2026-03-01", "severity=bad"} {
		if b.call(t, call{do: "GET /?" + query, as: directory.Viewer}); ui.view.List || len(ui.state.Unresolved) != 3 {
			t.Errorf("%s shows %+v", query, ui.view)
		}
	}
}

// Of very many the worst are there at once, and how many more there are.
func TestFirstViewOfMany(t *testing.T) {
	t.Parallel()
	ui := &fakeUI{}
	b := setup(t, func(d *Deps) { d.UI = ui })
	for n := range 104 {
		b.alerts(t, strings.Repeat("x", 10+n), "warning")
	}
	b.alerts(t, "api", "error")
	b.call(t, call{do: "POST /api/v1/incidents/1/acknowledge", as: directory.Responder})
	b.call(t, call{do: "GET /", as: directory.Responder})
	v := ui.view
	if !v.List || v.Unacked != 104 || v.Acked != 1 || len(v.Parts) != 1 || v.Parts[0].Count != "104" || len(v.Parts[0].Lines) != 100 || v.More != "And 5 more." {
		t.Fatalf("%+v", v)
	}
	if first, second := v.Parts[0].Lines[0], v.Parts[0].Lines[1]; first.Service != "api" || second.Number != 2 {
		t.Errorf("it begins with %s and #%d, not with the worst and then the oldest", first.Service, second.Number)
	}
	if s := ui.state; s.Unresolved != nil || s.Storm.Incidents == 0 {
		t.Errorf("a part is said to be all: %+v", s)
	}
	b.call(t, call{do: "GET /?severity=warning", as: directory.Responder})
	if v := ui.view; len(v.Parts) != 1 || v.Parts[0].Count != "100 and more" || v.Parts[0].Lines[0].Number != 2 || v.More == "" {
		t.Errorf("%+v", v)
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
// Where a page names no icon a browser asks for this one, and writes an error where there is none.
func TestTheIconThatBrowsersLookFor(t *testing.T) {
	t.Parallel()
	if w := setup(t).call(t, call{do: "GET /favicon.ico"}); w.Code != http.StatusNoContent {
		t.Errorf("without the web UI: %d", w.Code)
	}
}

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
