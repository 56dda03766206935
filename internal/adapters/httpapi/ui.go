package httpapi

import (
	"net/http"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// apiToken is how API tokens begin. A screen on the wall has one in its cookie.
const apiToken = "rouse_api_"

// UI is the built web UI.
type UI interface {
	// Pages are its routes, as patterns of a mux without method: "/i/{ref}". Each is answered with the same document.
	Pages() []string
	// Page answers with that document and status: view is seen before a script runs, state is what the script need not ask for.
	Page(w http.ResponseWriter, r *http.Request, status int, view, state any) error
	// Files are the paths of everything else that it has, which it serves.
	Files() []string
	ServeHTTP(w http.ResponseWriter, r *http.Request)
}

// ui serves it. Its files are for everybody, they are in every release; its pages for who is signed in: whoever is
// not is sent to do so, before a script has to find out.
func (p pages) ui(mux *http.ServeMux, ui UI) {
	for _, pattern := range ui.Pages() {
		mux.HandleFunc("GET "+pattern, func(w http.ResponseWriter, r *http.Request) {
			if token := r.URL.Query().Get("token"); token != "" && pattern == "/wall" {
				p.hang(w, r, token)
				return
			}
			if principal(r.Context()).Role == "" {
				p.signInFirst(w, r)
				return
			}
			view, state := p.firstView(r, pattern)
			var seen any // nothing before the wall, which is black
			if pattern != "/wall" {
				seen = view
			}
			if err := ui.Page(w, r, http.StatusOK, seen, state); err != nil {
				p.fail(w, r, err)
			}
		})
	}
	for _, path := range ui.Files() {
		mux.Handle("GET "+path, ui)
	}
}

// nowhere answers whoever came by a browser to an address that there is not, by a page with ways on. Only there does
// it matter who asks: programs get a problem, as everywhere.
func (p pages) nowhere(w http.ResponseWriter, r *http.Request, err error) {
	if p.d.UI == nil || principal(r.Context()).Role == "" {
		p.sorry(w, r, err)
		return
	}
	view, state := p.firstView(r, "")
	if err := p.d.UI.Page(w, r, http.StatusNotFound, view, state); err != nil {
		p.fail(w, r, err)
	}
}

// byBrowser says whether a person's browser wants a page, not a script of it or a program.
func byBrowser(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") && !strings.HasPrefix(r.URL.Path, "/api/")
}

// hang lets a screen on the wall in by a viewer's API token: once in the address, then in its cookie. One that can do
// more than look is refused, everybody walks past it; whoever is signed in already stays so.
func (p pages) hang(w http.ResponseWriter, r *http.Request, token string) {
	if principal(r.Context()).Role == "" {
		by, err := p.d.Access.VerifyToken.Do(r.Context(), token)
		if err == nil && by.Role != directory.Viewer {
			err = fault.Forbidden("auth.token_not_for_walls", "a screen on the wall takes a token with the role viewer, this one has more")
		}
		if err != nil {
			p.sorry(w, r, err)
			return
		}
		c := p.noCookie(r) //nolint:gosec // Secure follows the scheme: over plain http a browser would drop the cookie
		c.Value, c.MaxAge = token, int((365 * 24 * time.Hour).Seconds())
		http.SetCookie(w, c)
	}
	http.Redirect(w, r, "/wall", http.StatusSeeOther)
}
