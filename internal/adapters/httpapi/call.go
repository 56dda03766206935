package httpapi

import "net/http"

// callPath is where a provider asks what a call says. The code of the message behind it is a secret.
const callPath = "/callbacks/twilio/call/"

// twilioCall says what a call says next. Its signature lets it in, and the code says whose call it is.
func (s *server) twilioCall(w http.ResponseWriter, r *http.Request) {
	if !s.posted(w, r, s.d.Twilio != nil) {
		return
	}
	c, err := s.d.Twilio.ParseCall(r, s.d.Config.PublicURL)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	code := pathValue(r, "code")
	said, err := s.d.Call.Do(r.Context(), code, c)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	document, kind, err := s.d.Twilio.Speak(said, s.d.Config.PublicURL+callPath+code)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(document) //nolint:gosec // XML that was made by a library; Twilio may be gone
}
