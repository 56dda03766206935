package twilio_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/twilio"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

func calling(t *testing.T) (twilio.Voice, *channeltest.Calls) {
	t.Helper()
	s, f := setup(t)
	v, ok := s.Voice()
	if !ok {
		t.Fatal("there is a number, and nobody is called from it")
	}
	return v, f.Calls()
}

func TestCallsConform(t *testing.T) {
	channeltest.Run(t, channeltest.Case{
		New: channeltest.Pair(calling), Descriptor: twilio.VoiceDescriptor(), Secrets: []string{channeltest.TwilioToken}, AsksToWait: true, Spoken: true,
		Bad: []string{"", "600000000", "+34600000000\r\nTo: x"},
	})
}

// Where Twilio can reach us it asks what to say; else it is told, and nobody is asked for a key that nobody would hear of.
func TestWhatIsCalled(t *testing.T) {
	t.Parallel()
	v, f := calling(t)
	m := channeltest.Message(f.Address())
	m.ID, m.Answers.Whole = "m1", "1xwholeabcdefg"
	r, err := v.Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	m.PublicURL = ""
	if _, err := v.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := f.Taken()
	if c := got[0]; c.SID != r.ProviderID || r.Delivered || !r.Confirms || c.From != channeltest.TwilioFrom || c.To != f.Address() || c.Timeout != "25" ||
		c.Machine != "DetectMessageEnd" || c.Callback != "http://127.0.0.1:8080/callbacks/twilio/m1?attempt=1" ||
		c.URL != "http://127.0.0.1:8080/callbacks/twilio/call/1xwholeabcdefg" {
		t.Errorf("got %+v, receipt %+v", c, r)
	}
	doc, err := channeltest.ReadTwiML(got[1].Twiml)
	if err != nil || got[1].Callback != "" || doc.Action != "" || !doc.Hangup || strings.Contains(doc.Say[0], "Press") || !strings.Contains(doc.Say[0], "No key is heard") {
		t.Errorf("got %+v, %+v, %v", got[1], doc, err)
	}
}

// What is said is in Twilio's language, whatever stands in the text.
func TestTwiML(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	for _, words := range []string{"Press 1.", `</Say><Hangup/><Dial>+1900</Dial> & "x" ' <!-- ]]>`, "\x00\u202e\ufffe 数据库"} {
		for _, keys := range []bool{true, false} {
			document, kind, err := s.Speak(ports.Speech{Words: words, Keys: keys, Else: "Not acknowledged."}, "https://r.acme.io/c?a=1&b=2")
			if err != nil || kind != "text/xml; charset=utf-8" {
				t.Fatal(kind, err)
			}
			got, err := channeltest.ReadTwiML(string(document))
			if err != nil || len(got.Say) != 2 || got.Say[1] != "Not acknowledged." || !got.Hangup {
				t.Errorf("%s: %+v, %v", document, got, err)
			}
			if want := map[bool]string{true: "https://r.acme.io/c?a=1&b=2"}[keys]; got.Action != want {
				t.Errorf("a key is brought to %q, want %q", got.Action, want)
			}
			if !strings.ContainsAny(words, "\x00") && got.Say[0] != words {
				t.Errorf("%q is said as %q", words, got.Say[0])
			}
		}
	}
}

func TestWhatBecomesOfCalls(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	const public, path = "https://rouse.example.org", "/callbacks/twilio/m1?attempt=1"
	for want, list := range map[notification.MessageStatus][]string{
		notification.MessageAccepted:  {"queued", "ringing", "in-progress", "completed", "completed unknown"},
		notification.MessageDelivered: {"in-progress human", "completed human"},
		notification.MessageFailed:    {"busy", "no-answer", "failed", "canceled", "completed machine_end_beep", "in-progress machine_start", "completed fax"},
		"":                            {"dancing"},
	} {
		for _, words := range list {
			status, by, _ := strings.Cut(words, " ")
			form := url.Values{"CallSid": {"CA1"}, "CallStatus": {status}, "AnsweredBy": {by}}
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("X-Twilio-Signature", channeltest.TwilioSignature(public+path, form))
			got, sid, _, err := s.ParseCallback(r, public)
			if got != want || (err == nil) != (want != "") || err == nil && sid != "CA1" {
				t.Errorf("%s: %s of %q, %v; want %s", words, got, sid, err, want)
			}
		}
	}
}

func TestForgedCalls(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	const public, path = "https://rouse.example.org", "/callbacks/twilio/call/code"
	form := url.Values{"CallSid": {"CA1"}, "Digits": {"1"}, "AnsweredBy": {"human"}, "CallStatus": {"in-progress"}}
	for name, signature := range map[string]string{
		"right": channeltest.TwilioSignature(public+path, form), "none": "", "of another": channeltest.TwilioSignature(public+path+"x", form),
	} {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Twilio-Signature", signature)
		c, err := s.ParseCall(r, public)
		if name == "right" {
			if err != nil || c != (ports.Called{ID: "CA1", Key: "1", Human: true, Detail: "Twilio: in-progress, answered by human"}) {
				t.Errorf("got %+v, %v", c, err)
			}
		} else if !fault.Is(err, fault.KindUnauthorized) {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}

// A call whose taking is not known is looked for: what was called since is it; what failed is called again.
func TestCallsAreLookedFor(t *testing.T) {
	t.Parallel()
	v, f := calling(t)
	m := channeltest.Message(f.Address())
	m.PublicURL = ""
	look := func() bool {
		t.Helper()
		_, found, err := v.Reconcile(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if look() {
		t.Error("found before it was called")
	}
	f.Script(channeltest.AcceptThenDrop())
	if _, err := v.Send(t.Context(), m); !ports.IsAmbiguous(err) {
		t.Fatal(err)
	}
	if !look() {
		t.Error("not found")
	}
	sid := f.Taken()[0].SID
	if err := f.Unanswered(t.Context(), sid, "busy"); err != nil || look() {
		t.Error("what nobody answered is taken for done", err)
	}
	if got, err := v.Statuses(t.Context(), []string{sid}); err != nil || len(got) != 1 || got[0] != (ports.Standing{ID: sid, Status: notification.MessageFailed, Detail: "Twilio: busy"}) {
		t.Errorf("it stands %+v, %v", got, err)
	}
	if got, err := v.Statuses(t.Context(), []string{"CA-forgotten", sid}); len(got) != 1 || err == nil {
		t.Errorf("beside one that Twilio does not know it stands %+v, %v", got, err)
	}
	for range 2 {
		if _, err := v.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if _, found, err := v.Reconcile(t.Context(), m); found || err == nil {
		t.Errorf("two calls: found %v, %v; nobody can be sure", found, err)
	}
	m.CreatedAt = m.CreatedAt.Add(time.Minute)
	if look() {
		t.Error("an earlier message's call is taken for this one's")
	}
}
