package twilio_test

import (
	"fmt"
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

// A server that Twilio cannot call asks it: what people wrote, in their order, and where its own texts stand.
func TestTwilioIsAsked(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	if !s.Asks() {
		t.Fatal("it does not ask by default: whoever replies would not be heard")
	}
	began := time.Now().Truncate(time.Second)
	m := channeltest.Message(f.Address())
	r, err := send(t, s, m)
	if err != nil {
		t.Fatal(err)
	}
	f.Stands(r.ProviderID, "undelivered")
	f.Write("+34600000001", "too old", began.Add(-time.Second))
	for i := range 450 { // more than two of Twilio's pages
		f.Write("+34600000001", fmt.Sprint(i), began.Add(time.Duration(i)*time.Second))
	}
	came, err := s.Ask(t.Context(), began)
	if err != nil || len(came.Written) != 450 || len(came.Statuses) != 1 {
		t.Fatalf("%d written, statuses %+v, %v", len(came.Written), came.Statuses, err)
	}
	for i, w := range came.Written {
		if w.Text != fmt.Sprint(i) || w.From != "+34600000001" || w.ID == "" || !w.At.Equal(began.Add(time.Duration(i)*time.Second)) {
			t.Fatalf("number %d is %+v", i, w)
		}
	}
	if st := came.Statuses[0]; st.ID != r.ProviderID || st.Status != notification.MessageFailed || st.Detail != "Twilio: undelivered" {
		t.Errorf("status %+v", st)
	}
	if err := s.Reply(t.Context(), "+34600000001", "Acked #1"); err != nil || f.Taken()[1].Body != "Acked #1" || f.Taken()[1].From != channeltest.TwilioFrom {
		t.Errorf("replied %+v, %v", f.Taken(), err)
	}
	f.Script(channeltest.Refuse())
	if err := s.Reply(t.Context(), "+34600000001", "x"); err == nil || strings.Contains(err.Error(), channeltest.TwilioToken) {
		t.Errorf("a refused reply: %v", err)
	}
}

// An account has other numbers, which are others' business: nobody who writes there is answered, and no STOP there counts.
func TestWhatComesToOtherNumbersIsNotAsked(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	began := time.Now().Truncate(time.Second)
	f.WriteTo("+15005550099", "+34600000001", "STOP", began)
	ours := f.Write("+34600000001", "1", began)
	came, err := s.Ask(t.Context(), began)
	if err != nil || len(came.Written) != 1 || came.Written[0].ID != ours {
		t.Errorf("came %+v, %v", came.Written, err)
	}
}

func TestForgedReplies(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	const public, path = "https://rouse.example.org", "/callbacks/twilio"
	form := url.Values{"MessageSid": {"SM1"}, "From": {"+34600000001"}, "Body": {"1"}}
	good := channeltest.TwilioSignature(public+path, form)
	for name, c := range map[string]struct {
		signature string
		form      url.Values
		kind      fault.Kind
	}{
		"right":       {good, form, fault.Kind{}},
		"none":        {"", form, fault.KindUnauthorized},
		"of another":  {channeltest.TwilioSignature(public+path+"/m1", form), form, fault.KindUnauthorized},
		"other words": {good, url.Values{"MessageSid": {"SM1"}, "From": {"+34600000001"}, "Body": {"9"}}, fault.KindUnauthorized},
		"from nobody": {channeltest.TwilioSignature(public+path, url.Values{"MessageSid": {"SM1"}}), url.Values{"MessageSid": {"SM1"}}, fault.KindInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(c.form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("X-Twilio-Signature", c.signature)
			w, err := s.ParseReply(r, public)
			if c.kind == (fault.Kind{}) {
				if err != nil || w != (ports.Written{ID: "SM1", From: "+34600000001", Text: "1"}) {
					t.Errorf("got %+v, %v", w, err)
				}
			} else if !fault.Is(err, c.kind) {
				t.Errorf("got %+v, %v", w, err)
			}
		})
	}
}

// FuzzAsked: whatever stands in Twilio's list, nothing breaks.
func FuzzAsked(f *testing.F) {
	f.Add(`{"messages":[{"sid":"SM1","direction":"inbound","from":"+1","body":"1","date_created":"Mon, 02 Mar 2026 10:00:00 +0000"}],"next_page_uri":"/x?Page=1"}`)
	f.Add(`{"messages":[{"sid":"SM1","status":"failed","error_code":30003,"date_created":"x"}],"next_page_uri":null}`)
	f.Add(`{"messages":null}`)
	f.Add(`[`)
	f.Fuzz(func(t *testing.T, body string) {
		asked := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked++
			_, _ = w.Write([]byte(body))
		}))
		defer server.Close()
		cfg, err := twilio.Parse(strings.Replace(server.URL, "://", "://AC1:tok@", 1) + "?from=+15005550006")
		if err != nil {
			t.Fatal(err)
		}
		came, err := twilio.New(cfg).Ask(t.Context(), time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC))
		if asked > 20 || err != nil && len(came.Written)+len(came.Statuses) > 0 {
			t.Errorf("asked %d times: %+v, %v", asked, came, err)
		}
	})
}
