package twilio_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/twilio"
)

// FuzzParseCallback: whatever is posted, an unsigned callback is refused and nothing panics.
func FuzzParseCallback(f *testing.F) {
	f.Add("MessageSid=SM1&MessageStatus=delivered", "c2lnbmF0dXJl", "application/x-www-form-urlencoded")
	f.Add("MessageStatus=%zz", "", "application/x-www-form-urlencoded")
	f.Add("\x00\xff", "=", "multipart/form-data; boundary=x")
	sender := twilio.New(twilio.Config{BaseURL: "http://127.0.0.1:1", Account: "AC1", Token: "secret", From: "+15005550006", Now: time.Now})
	f.Fuzz(func(t *testing.T, body, signature, kind string) {
		r := httptest.NewRequest(http.MethodPost, "/callbacks/twilio/m1?attempt=1", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		r.Header.Set("X-Twilio-Signature", signature)
		if _, _, _, err := sender.ParseCallback(r, "https://rouse.example.org"); err == nil {
			t.Errorf("%q was accepted with the signature %q", body, signature)
		}
	})
}
