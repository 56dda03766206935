package httpapi

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

//go:embed pages/page.html pages/page.css pages/setup.js
var pageFiles embed.FS

// pages are plain HTML without scripts: the way in, and what a person with a page at night needs in a browser
// without scripts, or where the program was built without the web UI.
type pages struct {
	*server
	templates *template.Template
}

// page is what the templates show.
type page struct {
	Title   string
	Problem string
	Plain   bool // over http, and not on this machine
	Icon    bool // the web UI has one
	Me      directory.Principal

	Token, Email, Name, Zone, Next string

	Why   string // somebody is asked to sign in: "ended", "unsent" or ""
	Empty bool   // nobody has set this server up
	Over  bool   // the link by which it is set up does not work

	Incident                   incidentBody
	Note                       string
	MayAcknowledge, MayResolve bool

	Answer answering // of a message, by its code

	Incidents []incidentBody // unresolved, the newest first
	NoUI      bool           // this program was built without the web UI
}

func (s *server) pageRoutes(mux *http.ServeMux) pages {
	p := pages{s, template.Must(template.ParseFS(pageFiles, "pages/page.html"))}
	mux.HandleFunc("GET /page.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		http.ServeFileFS(w, r, pageFiles, "pages/page.css")
	})
	mux.HandleFunc("GET /favicon.ico", p.icon)
	mux.HandleFunc("GET /setup.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, pageFiles, "pages/setup.js") })
	if s.d.UI == nil {
		mux.HandleFunc("GET /{$}", p.home)
		mux.HandleFunc("GET /i/{ref}", p.incident)
	} else {
		p.ui(mux, s.d.UI)
	}
	mux.HandleFunc("GET /plain", p.home)
	mux.HandleFunc("GET /plain/i/{ref}", p.incident)
	mux.HandleFunc("POST /plain/i/{ref}/acknowledge", p.respond(s.d.Incidents.Acknowledge))
	mux.HandleFunc("POST /plain/i/{ref}/resolve", p.respond(s.d.Incidents.Resolve))
	p.answerRoutes(mux)
	mux.HandleFunc("GET /sign-in", p.askToSignIn)
	mux.HandleFunc("POST /sign-in", p.signIn)
	mux.HandleFunc("POST /sign-out", p.signOut)
	mux.HandleFunc("GET /enter", p.form("enter", "Sign in on this device"))
	mux.HandleFunc("POST /enter", p.byLink)
	mux.HandleFunc("GET /setup", p.askToSetUp)
	mux.HandleFunc("POST /setup", p.setup)
	mux.HandleFunc("GET /password", p.form("password", "Choose a password"))
	mux.HandleFunc("POST /password", p.password)
	return p
}

// icon is for browsers that look for one where a page names none: a 404 is an error in their console.
func (p pages) icon(w http.ResponseWriter, r *http.Request) {
	if p.d.UI == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	http.Redirect(w, r, "/icon.svg", http.StatusMovedPermanently)
}

func (p pages) show(w http.ResponseWriter, r *http.Request, status int, name string, v page) {
	v.Me = principal(r.Context())
	v.Icon = p.d.UI != nil
	v.Plain = !p.proxies.https(r) && !peer(r).IsLoopback()
	var out bytes.Buffer
	if err := p.templates.ExecuteTemplate(&out, name, v); err != nil {
		p.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w) // the reader may be gone
}

// again shows a form once more with what was wrong.
func (p pages) again(w http.ResponseWriter, r *http.Request, name string, v page, err error) {
	problem := p.problem(r.Context(), err)
	v.Problem = problem.Detail
	for k, values := range problem.GetHeaders() {
		w.Header()[k] = values
	}
	w.Header().Del("WWW-Authenticate") // a form asks, not the browser
	p.show(w, r, problem.Status, name, v)
}

func (p pages) home(w http.ResponseWriter, r *http.Request) {
	list, err := p.d.Incidents.List.Do(r.Context(), principal(r.Context()), insight.IncidentQuery{Status: "open,acknowledged"})
	if err != nil {
		p.refuse(w, r, err)
		return
	}
	v := page{Title: "Rouse", NoUI: p.d.UI == nil}
	for i := range list.Incidents {
		v.Incidents = append(v.Incidents, incidentOf(&list.Incidents[i]))
	}
	p.show(w, r, http.StatusOK, "home", v)
}

func (p pages) form(name, title string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		p.show(w, r, http.StatusOK, name, page{Title: title, Token: q.Get("token"), Next: inside(q.Get("next"))})
	}
}

// askToSignIn says why where the web UI sends somebody here, and what to do where nobody can sign in yet.
func (p pages) askToSignIn(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	v := page{Title: "Sign in", Why: q.Get("why"), Next: inside(q.Get("next"))}
	// Where the database cannot be asked, the form is shown all the same.
	v.Empty, _ = p.d.Access.OfferSetup.Needed(r.Context())
	p.show(w, r, http.StatusOK, "sign-in", v)
}

// askToSetUp says at once that a link does not work, before anybody has filled in the form.
func (p pages) askToSetUp(w http.ResponseWriter, r *http.Request) {
	v := page{Title: "Set up Rouse", Token: r.URL.Query().Get("token")}
	works, err := p.d.Access.Setup.Works(r.Context(), v.Token)
	v.Over = err == nil && !works
	p.show(w, r, http.StatusOK, "setup", v)
}

// inside gives a path of this server, never another place: "//evil.example" and the like become "/".
func inside(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") ||
		strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return u.RequestURI()
}

const maxForm = 16 << 10

func parseForm(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return fault.Invalid("request.invalid", "this form could not be read")
	}
	for _, values := range r.PostForm {
		cleanAll(reflect.ValueOf(values))
	}
	return nil
}

// enter finishes every way of signing in.
func (p pages) enter(w http.ResponseWriter, r *http.Request, signed admin.Signed, next string) {
	http.SetCookie(w, p.cookie(r, signed))
	http.Redirect(w, r, inside(next), http.StatusSeeOther) //nolint:gosec // inside lets no other host through
}

func (p pages) signIn(w http.ResponseWriter, r *http.Request) {
	if err := parseForm(w, r); err != nil {
		p.fail(w, r, err)
		return
	}
	f := r.PostForm
	signed, err := p.d.Access.SignIn.Do(r.Context(), f.Get("email"), f.Get("password"), p.device(r))
	if err != nil {
		p.again(w, r, "sign-in", page{Title: "Sign in", Why: f.Get("why"), Email: f.Get("email"), Next: inside(f.Get("next"))}, err)
		return
	}
	p.enter(w, r, signed, f.Get("next"))
}

// byLink signs in whoever opens a link that another device of theirs shows. It takes a button: what only looks at
// links must not use it up.
func (p pages) byLink(w http.ResponseWriter, r *http.Request) {
	if err := parseForm(w, r); err != nil {
		p.fail(w, r, err)
		return
	}
	f := r.PostForm
	signed, err := p.d.Access.SignInByLink.Do(r.Context(), f.Get("token"), p.device(r))
	if err != nil {
		p.again(w, r, "sign-in", page{Title: "Sign in", Next: inside(f.Get("next"))}, err)
		return
	}
	p.enter(w, r, signed, f.Get("next"))
}

func (p pages) signOut(w http.ResponseWriter, r *http.Request) {
	if err := p.endSession(r); err != nil {
		p.fail(w, r, err)
		return
	}
	http.SetCookie(w, p.noCookie(r))
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
}

func (p pages) setup(w http.ResponseWriter, r *http.Request) {
	if err := parseForm(w, r); err != nil {
		p.fail(w, r, err)
		return
	}
	f := r.PostForm
	signed, err := p.d.Access.Setup.Do(r.Context(), admin.FirstAdmin{
		Link: f.Get("token"), Email: f.Get("email"), Name: f.Get("name"), Password: f.Get("password"), TimeZone: f.Get("time_zone"),
	}, p.device(r))
	if err != nil {
		p.again(w, r, "setup", page{
			Title: "Set up Rouse", Token: f.Get("token"), Email: f.Get("email"), Name: f.Get("name"), Zone: f.Get("time_zone"),
		}, err)
		return
	}
	next := "/"
	if p.d.UI != nil {
		next = "/start"
	}
	p.enter(w, r, signed, next)
}

func (p pages) password(w http.ResponseWriter, r *http.Request) {
	if err := parseForm(w, r); err != nil {
		p.fail(w, r, err)
		return
	}
	signed, err := p.d.Access.ChoosePassword.Do(r.Context(), r.PostForm.Get("token"), r.PostForm.Get("password"), p.device(r))
	if err != nil {
		p.again(w, r, "password", page{Title: "Choose a password", Token: r.PostForm.Get("token")}, err)
		return
	}
	p.enter(w, r, signed, "/")
}
