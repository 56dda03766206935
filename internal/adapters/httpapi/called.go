package httpapi

import (
	"io"
	"net/http"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// posted says whether a provider calls as it should, and is used here; where it is false that is answered.
func (s *server) posted(w http.ResponseWriter, r *http.Request, used bool) bool {
	if r.Method != http.MethodPost {
		s.notAllowed(w, r, http.MethodPost)
		return false
	}
	if !used {
		s.fail(w, r, fault.NotFound("route", logged(r)))
	}
	return used
}

// maxCall is how much a provider may send, in bytes: an issue of GitHub has a body of at most 64 Ki characters.
const maxCall = 1 << 20

// called reads what a provider calls us with, which is yet to be believed; ok is false where that is answered already.
func (s *server) called(w http.ResponseWriter, r *http.Request, used bool) (content []byte, ok bool) {
	if !s.posted(w, r, used) {
		return nil, false
	}
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCall))
	if err != nil {
		s.fail(w, r, fault.Invalid("callback.unreadable", "the body cannot be read, or is too large"))
		return nil, false
	}
	return content, true
}
