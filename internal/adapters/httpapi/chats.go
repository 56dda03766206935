package httpapi

import (
	"encoding/json"
	"net/http"
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
