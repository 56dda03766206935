package httpapi

import (
	"encoding/json"
	"io"
	"net/http"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// telegramCallback takes what people do in Telegram. Only its secret lets it in; it hears when the work is done: what it did
// not bring here it brings again.
func (s *server) telegramCallback(w http.ResponseWriter, r *http.Request) {
	content, ok := s.called(w, r, s.d.Telegram != nil)
	if !ok {
		return
	}
	if err := s.d.Telegram(r.Context(), r.Header, content); err != nil {
		s.fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// mattermostCallback takes what people do in Mattermost, and answers what only they see.
func (s *server) mattermostCallback(w http.ResponseWriter, r *http.Request) {
	content, ok := s.called(w, r, s.d.Mattermost != nil)
	if !ok {
		return
	}
	said, err := s.d.Mattermost(r.Context(), content)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(said) // Mattermost may be gone
}

// called reads what a chat calls us with; ok is false where that is answered already.
func (s *server) called(w http.ResponseWriter, r *http.Request, used bool) (content []byte, ok bool) {
	if r.Method != http.MethodPost {
		s.notAllowed(w, r, http.MethodPost)
		return nil, false
	}
	if !used {
		s.fail(w, r, fault.NotFound("route", r.URL.Path))
		return nil, false
	}
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxHook))
	if err != nil {
		s.fail(w, r, fault.Invalid("callback.unreadable", "the body cannot be read, or is too large"))
		return nil, false
	}
	return content, true
}
