package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
)

// Teams takes what Teams tells, and gives what a button is answered by, as JSON; nil for everything else.
type Teams func(ctx context.Context, h http.Header, content []byte) (answer any, err error)

// teamsCallback takes what people do in Teams, and answers a button. Only its signature lets it in.
func (s *server) teamsCallback(w http.ResponseWriter, r *http.Request) {
	content, ok := s.called(w, r, s.d.Teams != nil)
	if !ok {
		return
	}
	said, err := s.d.Teams(r.Context(), r.Header, content)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if said == nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(said) // whoever asked may be gone
}
