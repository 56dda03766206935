package httpapi

import (
	"encoding/xml"
	"net/http"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
)

// twiml is what Twilio takes as the answer to a text that came in: what to send back, which may be nothing.
type twiml struct {
	XMLName xml.Name `xml:"Response"`
	Message string   `xml:"Message,omitempty"`
}

// twilioReply takes a text that somebody wrote back. Only its signature lets it in; what it brings again was done.
func (s *server) twilioReply(w http.ResponseWriter, r *http.Request) {
	if !s.posted(w, r, s.d.Twilio != nil) {
		return
	}
	written, err := s.d.Twilio.ParseReply(r, s.d.Config.PublicURL)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	// An error is in the words, for whoever wrote: to Twilio all is well, and what was not saved is asked for again.
	said, err := s.d.Reply.Do(r.Context(), "sms", written)
	if fault.Is(err, fault.KindConflict) {
		s.fail(w, r, err)
		return
	}
	out, err := xml.Marshal(twiml{Message: text.ReplySMS(said)})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, _ = w.Write(append([]byte(xml.Header), out...)) // Twilio may be gone
}
