package httpapi

import (
	"net/http"
	"strings"

	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// answerPath leads to where a message's code is confirmed, without signing in. Codes are secrets: they are not logged.
const answerPath = "/a/"

// logged is a request's path as it may be in the log.
func logged(r *http.Request) string {
	for _, secret := range []string{answerPath, callPath} {
		if strings.HasPrefix(r.URL.Path, secret) {
			return secret + "***"
		}
	}
	return r.URL.Path
}

// answering is what the page of a code shows.
type answering struct {
	Name      string
	Incidents []asked
	Resolve   bool // it was asked for by a link that says resolve
	Said      string
}

type asked struct {
	Number                           int64
	Severity, Service, Title, Status string
}

func (p pages) answerRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET "+answerPath+"{code}", p.askToAnswer)
	mux.HandleFunc("POST "+answerPath+"{code}", p.answer)
}

// askToAnswer changes nothing: mail scanners open every link, and follow what they find.
func (p pages) askToAnswer(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := inTime(r.Context())
	defer cancel()
	found, err := p.d.Answer.Look(ctx, pathValue(r, "code"))
	if err != nil {
		p.sorry(w, r, err)
		return
	}
	p.show(w, r, http.StatusOK, "answer", page{Title: "Answer", Answer: answeringOf(found, r.URL.Query().Get("do") == "resolve")})
}

func answeringOf(found respond.Looked, resolve bool) answering {
	out := answering{Name: found.Name, Resolve: resolve}
	for _, it := range found.Items {
		out.Incidents = append(out.Incidents, asked{
			Number: int64(it.Incident), Severity: it.Severity.String(), Service: it.Service, Title: it.Title, Status: found.Statuses[it.Incident],
		})
	}
	return out
}

// answer acts and says what came of it, in the words of every other channel.
func (p pages) answer(w http.ResponseWriter, r *http.Request) {
	if err := parseForm(w, r); err != nil {
		p.fail(w, r, err)
		return
	}
	deed := notification.Deed(r.PostForm.Get("do"))
	if !deed.Answers() {
		p.sorry(w, r, fault.Invalid("answer.deed", "say acknowledge, pass_on or resolve").At("do"))
		return
	}
	found, _ := p.d.Answer.Look(r.Context(), pathValue(r, "code")) // for the way to what was answered
	said, err := p.d.Answer.ByCode(r.Context(), pathValue(r, "code"), deed, respond.Presser{})
	status := http.StatusOK
	if err != nil {
		problem := p.problem(r.Context(), err)
		status = problem.Status
		for k, values := range problem.GetHeaders() {
			w.Header()[k] = values
		}
	}
	p.show(w, r, status, "answered", page{Title: "Answer", Answer: answering{Said: said, Incidents: answeringOf(found, false).Incidents}})
}
