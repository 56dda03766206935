package webpush_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/webpush"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

const subject = "https://rouse.example.org"

func sender(t *testing.T, key string, ended func(string)) *webpush.Sender {
	t.Helper()
	s := webpush.New(webpush.Config{
		Subject: subject, Reach: channel.Reach{Private: true},
		Ended: func(_ context.Context, to string) {
			if ended != nil {
				ended(to)
			}
		},
	})
	if err := s.SignBy(key); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	key := webpush.NewKey()
	channeltest.Run(t, channeltest.Case{
		New: func(t *testing.T) (ports.Notifier, channeltest.Fake) {
			t.Helper()
			return sender(t, key, nil), channeltest.NewWebPush(t)
		},
		Descriptor: webpush.Descriptor(), Secrets: []string{"secret-device", key}, AsksToWait: true,
		Bad: []string{
			"", "127.0.0.1", "https://push.example.org/x", `{"endpoint":"https://push.example.org/x"}`,
			`{"endpoint":"http://push.example.org/x","keys":{"auth":"AAAAAAAAAAAAAAAAAAAAAA","p256dh":"BA"}}`,
			`{"endpoint":"https://push.example.org/x","keys":{"auth":"AAAAAAAAAAAAAAAAAAAAAA","p256dh":"BA"}}`,
		},
	})
}

func send(t *testing.T, s *webpush.Sender, m ports.Outgoing) (ports.Receipt, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	return s.Send(ctx, m)
}

// What the browser reads was decrypted by the fake, by the RFC and not by the library that encrypted it.
func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	f := channeltest.NewWebPush(t)
	s := sender(t, webpush.NewKey(), nil)
	if _, err := send(t, s, channeltest.Message(f.Address())); err != nil {
		t.Fatal(err)
	}
	got := f.Taken()[0]
	if got.Size > 4096 || got.TTL < 14*60 || got.TTL > 15*60 || got.Urgency != "high" || got.Topic != "incident-4821" || got.Claims["sub"] != subject {
		t.Errorf("got %+v", got)
	}
	var n map[string]any
	if err := json.Unmarshal(got.Payload, &n); err != nil {
		t.Fatal(err)
	}
	if ack, _ := n["acknowledge"].([]any); n["title"] != "CRIT payments · prod" || n["tag"] != "incident-4821" || n["link"] != "http://127.0.0.1:8080/i/4821" || !slices.Equal(ack, []any{4821.0}) || n["silent"] != nil {
		t.Errorf("got %s", got.Payload)
	}
	healed := channeltest.Message(f.Address())
	healed.Purpose, healed.Items[0].Status = notification.PurposeUpdate, "resolved"
	if _, err := send(t, s, healed); err != nil {
		t.Fatal(err)
	}
	if got := f.Taken()[1]; got.Urgency != "normal" || !strings.Contains(string(got.Payload), `"silent":true`) || strings.Contains(string(got.Payload), "acknowledge") {
		t.Errorf("got %+v: %s", got, got.Payload)
	}
}

// The most that a message can say has room: where it has not, its button gives way, not its text.
func TestRoom(t *testing.T) {
	t.Parallel()
	f := channeltest.NewWebPush(t)
	m := channeltest.Message(f.Address())
	one := m.Items[0]
	one.Severity, one.Title, one.Service, one.Environment = alert.Critical(), strings.Repeat("数", 300), strings.Repeat("据", 200), strings.Repeat("库", 100)
	for n := range 400 {
		m.Items = m.Items[:n]
		one.Incident = id.Incident(1_000_000_000 + n)
		m.Items = append(m.Items, one)
		if n%50 != 49 && n < 395 {
			continue
		}
		for _, digest := range []bool{false, true} {
			m.Digest = digest
			if _, err := send(t, sender(t, testKey, nil), m); err != nil {
				t.Fatalf("%d incidents: %v", n+1, err)
			}
		}
	}
	for _, got := range f.Taken() {
		if got.Size > 4096 || !strings.Contains(string(got.Payload), "数据库"[:3]) {
			t.Errorf("%d bytes: %s", got.Size, got.Payload)
		}
	}
}

const testKey = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"

func TestEnds(t *testing.T) {
	t.Parallel()
	for status, over := range map[int]bool{404: true, 410: true, 400: false, 403: false, 413: false, 429: false, 500: false} {
		f := channeltest.NewWebPush(t)
		f.Script(channeltest.Status(status, 0))
		var ended []string
		_, err := send(t, sender(t, testKey, func(to string) { ended = append(ended, to) }), channeltest.Message(f.Address()))
		if _, again := ports.RetryAfter(err); err == nil || again != (status == http.StatusTooManyRequests || status >= 500) {
			t.Errorf("%d: %v", status, err)
		}
		if over != slices.Equal(ended, []string{f.Address()}) {
			t.Errorf("%d: ended %v", status, ended)
		}
	}
}

// A browser takes only what is signed by the key that it subscribed to; and whoever is inside is not reached.
func TestWhoMaySend(t *testing.T) {
	t.Parallel()
	f := channeltest.NewWebPush(t)
	if _, err := send(t, sender(t, testKey, nil), channeltest.Message(f.Address())); err != nil {
		t.Fatal(err)
	}
	if _, err := send(t, sender(t, webpush.NewKey(), nil), channeltest.Message(f.Address())); err == nil {
		t.Error("another key was taken")
	}
	s := webpush.New(webpush.Config{Subject: subject})
	if err := s.SignBy(testKey); err != nil {
		t.Fatal(err)
	}
	if _, err := send(t, s, channeltest.Message(f.Address())); err == nil || !strings.Contains(err.Error(), "private address") {
		t.Errorf("got %v", err)
	}
	if err := s.SignBy("nonsense"); err == nil {
		t.Error("nonsense is a key")
	}
}
