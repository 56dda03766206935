package httpapi

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// Slack is what its requests lead to.
type Slack struct {
	Take func(h http.Header, content []byte) error // a signed request; what comes of it is answered elsewhere
	// Begin gives the page on which Slack asks whether the app may be installed; End what it led back with, and where it is
	// installed then. Both are nil where the app has a token already.
	Begin func(ctx context.Context, by directory.Principal) (url string, err error)
	End   func(ctx context.Context, state, code string) (where string, err error)
}

// slackCallback takes what people do in Slack. Only its signature lets it in, and it hears at once: it gives up after 3 s.
func (s *server) slackCallback(w http.ResponseWriter, r *http.Request) {
	content, ok := s.called(w, r, s.d.Slack != nil)
	if !ok {
		return
	}
	if err := s.d.Slack.Take(r.Header, content); err != nil {
		s.fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusOK) // an empty body closes a form, and says nothing
}

// slackInstalled is where Slack leads back to. Only the state of an admin who began it lets it in.
func (s *server) slackInstalled(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		s.notAllowed(w, r, http.MethodGet)
		return
	}
	if s.d.Slack == nil || s.d.Slack.End == nil {
		s.fail(w, r, fault.NotFound("route", r.URL.Path))
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 20*time.Second)
	defer cancel()
	where, err := s.d.Slack.End(ctx, r.URL.Query().Get("state"), r.URL.Query().Get("code"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "Rouse is installed in "+where+". You can close this page.\n") // the browser may be gone
}

type redirectOutput struct {
	Status   int
	Location string `header:"Location"`
}

func (s *server) slackRoutes(api huma.API) {
	handle(s, api, route{
		Method: "GET", Path: "/api/v1/slack/install", ID: "install-slack", Tag: "Messages", Needs: directory.Admin, Status: http.StatusFound,
		Summary: "Go to where Slack asks whether Rouse may be installed; to open in a browser",
	}, func(ctx context.Context, by directory.Principal, _ *struct{}) (*redirectOutput, error) {
		if err := by.Require(directory.Admin); err != nil {
			return nil, err
		}
		if s.d.Slack == nil || s.d.Slack.Begin == nil {
			return nil, fault.NotFound("route", "/api/v1/slack/install")
		}
		to, err := s.d.Slack.Begin(ctx, by)
		return &redirectOutput{Status: http.StatusFound, Location: to}, err
	})
}
