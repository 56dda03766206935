package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

const (
	firstAtMost = 100                    // incidents that the document shows and brings along; for more, the UI asks itself
	firstWithin = 300 * time.Millisecond // what they may take: the document must not wait for a busy database
)

// firstState is what the UI would ask for at first; what is nil it asks for itself. Names are web/src/app/first.ts's.
type firstState struct {
	Session    me             `json:"session"`
	Unresolved []incidentBody `json:"unresolved"` // all of them
	Storm      *stormBody     `json:"storm"`
	Incident   *incidentBody  `json:"incident"`
}

// firstView is what a page shows before a script runs: web/first.html shows it, as the UI will.
type firstView struct {
	Me       me
	Acts     bool // may acknowledge
	List     bool // the list is shown
	Unacked  int  // of all, also of those that are not shown
	Acked    int
	Asked    int // how many of the open ones wait for me
	Mine     int
	Filters  int // how many are set
	Storm    *stormView
	Parts    []*firstPart
	More     string // what is not shown, in words
	Incident *lineView
}

// firstPart is the incidents of one state.
type firstPart struct {
	Title, Count string
	Lines        []lineView
}

// stormView is a storm, with its age.
type stormView struct {
	stormBody
	Age string
}

// lineView is an incident in it, with its age.
type lineView struct {
	incidentBody
	Age    string
	Paging string // names
}

// firstView gives what goes into the document of a page: where something is missing or slow, less.
func (p pages) firstView(r *http.Request, pattern string) (view *firstView, state *firstState) {
	ctx, cancel := context.WithTimeout(r.Context(), firstWithin)
	defer cancel()
	by := principal(ctx)
	state = &firstState{Session: p.me(by)}
	view = &firstView{Me: state.Session, Acts: by.Require(directory.Responder) == nil}
	var err error
	switch pattern {
	case "/{$}":
		err = p.firstList(ctx, by, r.URL.Query(), view, state)
	case "/i/{ref}":
		err = p.firstIncident(ctx, by, pathValue(r, "ref"), view, state)
	}
	if err != nil {
		p.log.Debug("a page is shown without what it could bring along", "path", r.URL.Path, "error", err)
	}
	return view, state
}

func (p pages) firstIncident(ctx context.Context, by directory.Principal, ref string, view *firstView, state *firstState) error {
	found, err := p.d.Incidents.Show.Do(ctx, by, ref)
	if err != nil {
		return err
	}
	bodies, err := p.ahead(ctx, []incident.State{found.State})
	if err != nil {
		return err
	}
	state.Incident = &bodies[0]
	if found.MergedInto.ID == "" {
		line := lineOf(bodies[0])
		view.Incident = &line
	}
	return nil
}

func lineOf(b incidentBody) lineView {
	var names []string
	for _, t := range b.Paging {
		names = append(names, t.Name)
	}
	return lineView{incidentBody: b, Age: age(time.Since(b.OpenedAt)), Paging: strings.Join(names, ", ")}
}

// age is how long something has been so, as web/src/shared/lib/time.ts says it.
func age(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h %02d min", d/time.Hour, d/time.Minute%60)
	default:
		return fmt.Sprintf("%d d %d h", d/(24*time.Hour), d/time.Hour%24)
	}
}
