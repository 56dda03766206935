package httpapi

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// incident is where pages link to: what is wrong, and the button that answers it.
func (p pages) incident(w http.ResponseWriter, r *http.Request) {
	v, err := p.load(r)
	if err != nil {
		p.refuse(w, r, err)
		return
	}
	p.show(w, r, http.StatusOK, "incident", v)
}

func (p pages) load(r *http.Request) (page, error) {
	by := principal(r.Context())
	found, err := p.d.Incidents.Show.Do(r.Context(), by, pathValue(r, "ref"))
	for err == nil && found.MergedInto.ID != "" { // what was sent links to what it was called then
		found, err = p.d.Incidents.Show.Do(r.Context(), by, found.MergedInto.ID)
	}
	if err != nil {
		return page{}, err
	}
	i := incidentOf(&found.State)
	may := by.Require(directory.Responder) == nil
	return page{
		Title: fmt.Sprintf("#%d %s", i.Number, i.Title), Incident: i,
		MayAcknowledge: may && i.Status == "open", MayResolve: may && i.Status != "resolved",
	}, nil
}

// refuse sends whoever is not signed in to do so and back here.
func (p pages) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if fault.Is(err, fault.KindUnauthorized) {
		p.signInFirst(w, r)
		return
	}
	p.sorry(w, r, err)
}

// sorry says what was refused, and why.
func (p pages) sorry(w http.ResponseWriter, r *http.Request, err error) {
	problem := p.problem(r.Context(), err)
	p.show(w, r, problem.Status, "sorry", page{Title: problem.Title, Problem: problem.Detail})
}

// signInFirst goes on here after that; from a form, on the page that has it.
func (p pages) signInFirst(w http.ResponseWriter, r *http.Request) {
	next := r.URL.RequestURI()
	if r.Method != http.MethodGet {
		next = strings.TrimSuffix(strings.TrimSuffix(r.URL.Path, "/acknowledge"), "/resolve")
	}
	http.Redirect(w, r, "/sign-in?next="+url.QueryEscape(next), http.StatusSeeOther)
}

// respond acts, then shows what became of it, also where somebody else was faster. Where all went well it goes back to
// where the form was, if that says so.
func (p pages) respond(do respondFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := inTime(r.Context())
		defer cancel()
		if err := parseForm(w, r); err != nil {
			p.fail(w, r, err)
			return
		}
		list, err := do(ctx, principal(r.Context()), []string{pathValue(r, "ref")}, "")
		if err == nil && len(list) == 1 && list[0].Err != nil {
			err = list[0].Err
		}
		if err != nil && !fault.Is(err, fault.KindConflict) {
			p.refuse(w, r, err)
			return
		}
		v, loadErr := p.load(r)
		if loadErr != nil {
			p.refuse(w, r, loadErr)
			return
		}
		next := r.PostFormValue("next")
		switch {
		case err == nil && list[0].Changed && next != "":
			http.Redirect(w, r, inside(next), http.StatusSeeOther) //nolint:gosec // inside lets no other host through
			return
		case err != nil:
			v.Note = fault.Of(err).Message
		default:
			v.Note = became(list[0])
		}
		p.show(w, r, http.StatusOK, "incident", v)
	}
}

func became(r respond.Result) string {
	switch {
	case r.Changed:
		return "Saved."
	case r.Status == incident.Acknowledged() && r.Assignee.Name != "":
		return r.Assignee.Name + " has acknowledged it already: nothing changed."
	}
	return "It was so already: nothing changed."
}
