package telnyx_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/telnyx"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/twilio"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

func setup(t *testing.T) (*telnyx.Sender, *channeltest.Telnyx) {
	t.Helper()
	fake := channeltest.NewTelnyx(t)
	cfg, err := telnyx.Parse(fake.URL())
	if err != nil {
		t.Fatal(err)
	}
	return telnyx.New(cfg), fake
}

func TestConformance(t *testing.T) {
	channeltest.Run(t, channeltest.Case{
		New: channeltest.Pair(setup), Descriptor: twilio.Descriptor(), Secrets: []string{channeltest.TelnyxKey}, AsksToWait: true, Bad: []string{"", "600000000"},
	})
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	m := channeltest.Message(f.Address())
	m.ID, m.Attempt = "m1", 3
	r, err := s.Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	got := f.Taken()[0]
	if got.SID != r.ProviderID || !telnyx.Took(r.ProviderID) || !r.Confirms || r.Detail != "Telnyx: queued" || got.From != channeltest.TelnyxFrom ||
		got.Callback != "http://127.0.0.1:8080/callbacks/telnyx/m1?attempt=3" || !strings.Contains(got.Body, "Reply 1 ack") {
		t.Errorf("got %+v, receipt %+v", got, r)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// Where Telnyx cannot report it is asked.
func TestStatuses(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	var ids []string
	for range 3 {
		r, err := s.Send(t.Context(), channeltest.Message(f.Address()))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, r.ProviderID)
	}
	f.Stands(ids[0], "delivered")
	f.Stands(ids[1], "delivery_failed")
	got, err := s.Statuses(t.Context(), append([]string{"40385f64-5717-4562-b3fc-999999999999"}, ids...))
	want := []ports.Standing{
		{ID: ids[0], Status: notification.MessageDelivered, Detail: "Telnyx: delivered"}, {ID: ids[1], Status: notification.MessageFailed, Detail: "Telnyx: delivery_failed"},
		{ID: ids[2], Status: notification.MessageAccepted, Detail: "Telnyx: sent"},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if s.Reports("") || !s.Reports("http://127.0.0.1:8080") {
		t.Error("who reports is not known")
	}
	f.Close()
	if _, err := s.Statuses(t.Context(), ids); err == nil {
		t.Error("Telnyx is away and nobody says it")
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	channeltest.Refusals(t, channeltest.Pair(setup), map[string]channeltest.Refusal{
		"stopped":     {Status: 403, Code: 40300, Words: "40300 the recipient has answered STOP"},
		"wrong key":   {Status: 401, Code: 10009, Means: "elsewhere", Words: "the key is wrong"},
		"no money":    {Status: 402, Code: 20100, Means: "elsewhere", Words: "402"},
		"unknown":     {Status: 400, Code: 99999, Words: "99999 scripted for +34600000001 with ***"},
		"too many":    {Status: 429, Code: 10011, Means: "again elsewhere", Words: "429"},
		"unavailable": {Status: 503, Means: "again elsewhere", Words: "503"},
		"internal":    {Status: 500, Code: 10007, Means: "again ambiguous", Words: "500"},
	})
}

func TestEvents(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	written := channeltest.SMS{SID: "in-1", From: "+34600000001", To: channeltest.TelnyxFrom, Body: "1", Inbound: true}
	elsewhere := written
	elsewhere.To = "+15005550099"
	gone := channeltest.SMS{SID: "out-1", From: channeltest.TelnyxFrom, To: "+34600000001"}
	for name, c := range map[string]struct {
		body []byte
		want telnyx.Event
	}{
		"written":           {channeltest.TelnyxEvent("message.received", written, "delivered"), telnyx.Event{Written: ports.Written{ID: "in-1", From: "+34600000001", Text: "1"}}},
		"to another number": {channeltest.TelnyxEvent("message.received", elsewhere, "delivered"), telnyx.Event{}},
		"delivered":         {channeltest.TelnyxEvent("message.finalized", gone, "delivered"), telnyx.Event{Standing: ports.Standing{ID: "out-1", Status: notification.MessageDelivered, Detail: "Telnyx: delivered"}}},
		"failed":            {channeltest.TelnyxEvent("message.finalized", gone, "delivery_failed"), telnyx.Event{Standing: ports.Standing{ID: "out-1", Status: notification.MessageFailed, Detail: "Telnyx: delivery_failed"}}},
		"on its way":        {channeltest.TelnyxEvent("message.sent", gone, "sent"), telnyx.Event{Standing: ports.Standing{ID: "out-1", Status: notification.MessageAccepted, Detail: "Telnyx: sent"}}},
		"of something else": {channeltest.TelnyxEvent("10dlc.brand.update", gone, "x"), telnyx.Event{}},
	} {
		got, err := s.ReadEvent(channeltest.TelnyxHeaders(c.body, time.Now()), c.body)
		if err != nil || got != c.want {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

// What is not signed, not by Telnyx, or not in these minutes, is not listened to.
func TestForgedEvents(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	body := channeltest.TelnyxEvent("message.received", channeltest.SMS{SID: "in-1", From: "+34600000001", To: channeltest.TelnyxFrom, Body: "1"}, "x")
	now := time.Now()
	for name, c := range map[string]struct {
		at   time.Time
		body string
		code string
	}{
		"four minutes old":  {now.Add(-4 * time.Minute), "", ""},
		"six minutes old":   {now.Add(-6 * time.Minute), "", "callback.bad_signature"},
		"six minutes ahead": {now.Add(6 * time.Minute), "", "callback.bad_signature"},
		"other words":       {now, strings.Replace(string(body), `"1"`, `"9"`, 1), "callback.bad_signature"},
	} {
		h := channeltest.TelnyxHeaders(body, c.at)
		sent := body
		if c.body != "" {
			sent = []byte(c.body)
		}
		if _, err := s.ReadEvent(h, sent); (err == nil) != (c.code == "") || err != nil && fault.Of(err).Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	h := channeltest.TelnyxHeaders(body, now)
	h.Set("Telnyx-Timestamp", "1")
	if _, err := s.ReadEvent(h, body); !fault.Is(err, fault.KindUnauthorized) {
		t.Errorf("another moment than was signed: %v", err)
	}
}

func FuzzReadEvent(f *testing.F) {
	f.Add([]byte(`{"data":{"event_type":"message.received","payload":{"id":"1","from":{"phone_number":"+1"},"to":[]}}}`))
	f.Add([]byte(`{"data":{"event_type":"message.finalized","payload":{"to":null}}}`))
	f.Add([]byte(`[`))
	cfg, err := telnyx.Parse("https://k@x?from=%2B15005550009&public_key=6kpsY%2BKcUgq%2B9VB7EyA7b97V7Tx7TKwM%2BdR6d%2B2pDqs%3D")
	if err != nil {
		f.Fatal(err)
	}
	s := telnyx.New(cfg)
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := s.ReadEvent(channeltest.TelnyxHeaders(body, time.Unix(0, 0)), body); err == nil {
			t.Error("a signature of long ago is taken")
		}
	})
}

func TestParse(t *testing.T) {
	t.Parallel()
	c, err := telnyx.Parse("https://KEY1@api.telnyx.com?from=+15005550009&profile=p1")
	if err != nil || c.BaseURL != "https://api.telnyx.com" || c.Key != "KEY1" || c.From != "+15005550009" || c.Profile != "p1" || c.Public != nil {
		t.Errorf("got %+v, %v", c, err)
	}
	for _, bad := range []string{"", "https://api.telnyx.com?from=1", "https://s3cret@x", "http://s3cret@api.telnyx.com?from=1", "https://s3cret@x?from=1&public_key=abc"} {
		if _, err := telnyx.Parse(bad); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
