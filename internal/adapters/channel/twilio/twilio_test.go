package twilio_test

import (
	"context"
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
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

func setup(t *testing.T) (*twilio.Sender, *channeltest.Twilio) {
	t.Helper()
	fake := channeltest.NewTwilio(t)
	cfg, err := twilio.Parse(fake.URL())
	if err != nil {
		t.Fatal(err)
	}
	return twilio.New(cfg), fake
}

func TestConformance(t *testing.T) {
	channeltest.Run(t, channeltest.Case{
		New: channeltest.Pair(setup), Descriptor: twilio.Descriptor(), Secrets: []string{channeltest.TwilioToken}, AsksToWait: true,
		Bad: []string{"", "600000000", "+34", "+34 600 12x", "+0123456789", "+123456789012345678", "+34600000000\r\nTo: x"},
	})
}

func send(t *testing.T, s *twilio.Sender, m ports.Outgoing) (ports.Receipt, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	return s.Send(ctx, m)
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	m := channeltest.Message(f.Address())
	m.ID, m.Attempt, m.ExpiresAt = "m1", 3, time.Now().Add(90*time.Second)
	r, err := send(t, s, m)
	if err != nil {
		t.Fatal(err)
	}
	got := f.Taken()[0]
	m.Replies = true
	if got.SID != r.ProviderID || !r.Confirms || r.Delivered || r.Detail != "Twilio: queued" {
		t.Errorf("receipt %+v for %s", r, got.SID)
	}
	if got.From != channeltest.TwilioFrom || got.Body != text.SMS(text.Input(m)) {
		t.Errorf("got %+v", got)
	}
	if got.Callback != "http://127.0.0.1:8080/callbacks/twilio/m1?attempt=3" {
		t.Error(got.Callback)
	}
	if got.Validity != "90" && got.Validity != "89" {
		t.Error(got.Validity)
	}
}

// Twilio refuses what is outside of 1 to 36,000 s, and the fake does too.
func TestValidityIsClamped(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	for in, want := range map[time.Duration]string{-time.Hour: "1", 100 * time.Hour: "36000"} {
		m := channeltest.Message(f.Address())
		m.ExpiresAt = time.Now().Add(in)
		if _, err := send(t, s, m); err != nil {
			t.Fatal(err)
		}
		taken := f.Taken()
		if got := taken[len(taken)-1].Validity; got != want {
			t.Errorf("%v became %s", in, got)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	channeltest.Refusals(t, channeltest.Pair(setup), map[string]channeltest.Refusal{
		"stopped":     {Status: 400, Code: 21610, Words: "21610 the recipient has answered STOP"},
		"wrong token": {Status: 401, Code: 20003, Means: "elsewhere", Words: "account or token are wrong"},
		"unknown":     {Status: 400, Code: 99999, Words: "99999 scripted for +34600000001 with ***"},
		"unavailable": {Status: 503, Means: "again elsewhere", Words: "503"},
		"internal":    {Status: 500, Means: "again ambiguous", Words: "500"},
		"gateway":     {Status: 504, Means: "again ambiguous", Words: "504"},
		"redirect":    {Status: 302, Words: "302"},
	})
}

func TestReconcile(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	f.Script(channeltest.AcceptThenDrop(), channeltest.Unavailable())
	m := channeltest.Message(f.Address())
	reconcile := func(m ports.Outgoing) bool {
		t.Helper()
		r, found, err := s.Reconcile(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		if found && (r.ProviderID != f.Taken()[0].SID || !r.Confirms) {
			t.Errorf("receipt %+v", r)
		}
		return found
	}
	if reconcile(m) {
		t.Error("found before it was sent")
	}
	if _, err := send(t, s, m); !ports.IsAmbiguous(err) {
		t.Fatal(err)
	}
	again := m
	again.MayRepeat, again.Attempt = true, 2
	if !reconcile(again) {
		t.Error("not found")
	}
	other := again
	other.To = "+34600000002"
	if reconcile(other) {
		t.Error("found for another number")
	}
	other = again
	other.Items = append([]notification.Item(nil), m.Items...)
	other.Items[0].Incident++
	if _, found, err := s.Reconcile(t.Context(), other); found || err == nil {
		t.Errorf("another text to the same number since: found %v, %v; nobody can be sure", found, err)
	}
	later := again
	later.CreatedAt = later.CreatedAt.Add(time.Minute)
	later.Items = append([]notification.Item(nil), m.Items...)
	if reconcile(later) {
		t.Error("an earlier message with the same text is taken for this one")
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	c, err := twilio.Parse("https://AC1:tok@api.twilio.com?from=+15005550006")
	if err != nil || c.BaseURL != "https://api.twilio.com" || c.Account != "AC1" || c.Token != "tok" || c.From != "+15005550006" {
		t.Errorf("got %+v, %v", c, err)
	}
	for from, want := range map[string]twilio.Replies{"+15005550006": twilio.RepliesAsked, "MG1": twilio.RepliesAsked, "ROUSE": twilio.RepliesNone, "ROUSE&replies=webhook": twilio.RepliesBrought} {
		if c, err := twilio.Parse("https://AC1:tok@api.twilio.com?from=" + from); err != nil || c.Replies != want {
			t.Errorf("%s: replies by %q, %v, want %q", from, c.Replies, err, want)
		}
	}
	if c, err = twilio.Parse("http://AC1:tok@fake:8080/x/?from=MG1"); err != nil || c.BaseURL != "http://fake:8080/x" || c.From != "MG1" {
		t.Errorf("got %+v, %v", c, err)
	}
	for query, want := range map[string]string{
		"from=+15005550006": "+15005550006", "from=MG1": "", "from=MG1&voice=+15005550007": "+15005550007", "from=+15005550006&voice=none": "",
	} {
		if c, err := twilio.Parse("https://AC1:tok@api.twilio.com?" + query); err != nil || c.Voice != want {
			t.Errorf("%s: calls from %q, %v, want %q", query, c.Voice, err, want)
		}
	}
	for _, bad := range []string{
		"", "ftp://AC1:s3cret@x?from=1", "https://api.twilio.com?from=1", "https://AC1@x?from=1", "https://AC1:s3cret@x",
		"http://AC1:s3cret@api.twilio.com?from=1", "https://AC1:s3cret@x:port?from=1", "https://AC1:s3cret%@x?from=1",
		"https://AC1:s3cret@x?from=1&replies=pigeon", "https://AC1:s3cret@x?from=1&voice=MG1",
	} {
		if _, err := twilio.Parse(bad); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestPhoneNumbers(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"+34600000000": "+34600000000", "+1 (500) 555-0006": "+15005550006", "+49 30/123.456-7": "+49301234567",
	} {
		if got, err := twilio.Descriptor().Check(in); err != nil || got != want {
			t.Errorf("%q becomes %q: %v", in, got, err)
		}
	}
}

func TestCallbacks(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	reports := make(chan string, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /callbacks/twilio/{message}", func(w http.ResponseWriter, r *http.Request) {
		status, sid, detail, err := s.ParseCallback(r, "http://"+r.Host)
		if err != nil {
			t.Error(err)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		reports <- r.PathValue("message") + " " + r.URL.Query().Get("attempt") + " " + string(status) + " " + sid + " " + detail
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	m := channeltest.Message(f.Address())
	m.ID, m.PublicURL = "m1", server.URL
	r, err := send(t, s, m)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		status string
		code   int
		want   string
	}{
		{"delivered", 0, "m1 1 delivered " + r.ProviderID + " Twilio: delivered"},
		{"undelivered", 30003, "m1 1 failed " + r.ProviderID + " Twilio: undelivered: 30003 the phone is off or out of reach"},
		{"sent", 0, "m1 1 accepted " + r.ProviderID + " Twilio: sent"},
	} {
		if err := f.Callback(t.Context(), r.ProviderID, c.status, c.code); err != nil {
			t.Fatal(err)
		}
		if got := <-reports; got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestForgedCallbacks(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	const public, path = "https://rouse.example.org", "/callbacks/twilio/m1?attempt=1"
	form := url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"delivered"}}
	good := channeltest.TwilioSignature(public+path, form)
	for name, c := range map[string]struct {
		signature, path, status string
		kind                    fault.Kind
	}{
		"right":          {good, path, "delivered", fault.Kind{}},
		"none":           {"", path, "delivered", fault.KindUnauthorized},
		"another's":      {channeltest.TwilioSignature(public, form), path, "delivered", fault.KindUnauthorized},
		"other path":     {good, "/callbacks/twilio/m2?attempt=1", "delivered", fault.KindUnauthorized},
		"other form":     {good, path, "failed", fault.KindUnauthorized},
		"unknown status": {channeltest.TwilioSignature(public+path, url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"x"}}), path, "x", fault.KindInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := url.Values{"MessageSid": {"SM1"}, "MessageStatus": {c.status}}
			r := httptest.NewRequest(http.MethodPost, c.path, strings.NewReader(body.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("X-Twilio-Signature", c.signature)
			status, _, _, err := s.ParseCallback(r, public)
			if c.kind == (fault.Kind{}) {
				if err != nil || status != notification.MessageDelivered {
					t.Errorf("got %s, %v", status, err)
				}
			} else if !fault.Is(err, c.kind) {
				t.Errorf("got %s, %v", status, err)
			}
		})
	}
}

// Twilio could not call an address of this machine: such a StatusCallback would be refused.
func TestNoCallbackToOurselves(t *testing.T) {
	t.Parallel()
	fake := channeltest.NewTwilio(t)
	cfg, err := twilio.Parse(fake.URL())
	if err != nil {
		t.Fatal(err)
	}
	m := channeltest.Message(fake.Address())
	m.PublicURL = ""
	for replies, confirms := range map[twilio.Replies]bool{twilio.RepliesAsked: true, twilio.RepliesBrought: false} {
		cfg.Replies = replies
		if r, err := send(t, twilio.New(cfg), m); err != nil || r.Confirms != confirms || fake.Taken()[0].Callback != "" {
			t.Errorf("replies by %s: got %+v, %v", replies, r, err)
		}
	}
}
