package webhook_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/webhook"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

func TestConformance(t *testing.T) {
	channeltest.Run(t, channeltest.Case{
		New: func(t *testing.T) (ports.Notifier, channeltest.Fake) {
			t.Helper()
			return webhook.New(webhook.Config{Secret: channeltest.WebhookSecret, Reach: channel.Reach{Private: true}}), channeltest.NewWebhook(t)
		},
		Descriptor: webhook.Descriptor(), Sure: true, Secrets: []string{channeltest.WebhookSecret, "/hook"}, AsksToWait: true,
		Bad: []string{"", "example.org", "ftp://example.org", "https://", "https://u:p@example.org", "http://a b", "file:///etc/passwd", "https://x/" + strings.Repeat("x", 2000)},
	})
}

func send(t *testing.T, cfg webhook.Config, m ports.Outgoing) (ports.Receipt, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	return webhook.New(cfg).Send(ctx, m)
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	f := channeltest.NewWebhook(t)
	m := channeltest.Message(f.Address())
	r, err := send(t, webhook.Config{Secret: channeltest.WebhookSecret, Reach: channel.Reach{Private: true}, Now: func() time.Time { return time.Unix(1700000000, 5) }}, m)
	if err != nil || !r.Delivered || r.Detail != "answered 204" {
		t.Fatalf("got %+v, %v", r, err)
	}
	got := f.Taken()[0]
	if got.Key != string(m.ID) || got.Header.Get("Content-Type") != "application/json" || !strings.HasPrefix(got.Header.Get("Rouse-Signature"), "t=1700000000,v1=") {
		t.Errorf("got %+v", got.Header)
	}
	want, err := json.Marshal(text.Webhook(text.Input(m)))
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Body) != string(want) {
		t.Errorf("got %s", got.Body)
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	for status, again := range map[int]bool{408: true, 429: true, 500: true, 502: true, 301: false, 307: false, 400: false, 404: false, 422: false} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			f := channeltest.NewWebhook(t)
			f.Script(channeltest.Status(status, 0))
			_, err := send(t, webhook.Config{Secret: channeltest.WebhookSecret, Reach: channel.Reach{Private: true}}, channeltest.Message(f.Address()))
			if _, got := ports.RetryAfter(err); err == nil || got != again || ports.IsAmbiguous(err) {
				t.Errorf("%d: %v", status, err)
			}
			if f.Attempts() != 1 {
				t.Errorf("%d requests: the redirect was followed", f.Attempts())
			}
		})
	}
}

// The guard is asked for the address that is connected to, so a name that leads there does not help.
func TestPrivateAddresses(t *testing.T) {
	t.Parallel()
	f := channeltest.NewWebhook(t)
	_, port, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(f.Address(), "http://"), "/hook"), ":")
	for _, to := range []string{f.Address(), "http://localhost:" + port + "/hook", "http://[::ffff:127.0.0.1]:" + port + "/hook"} {
		_, err := send(t, webhook.Config{Secret: channeltest.WebhookSecret}, channeltest.Message(to))
		if _, again := ports.RetryAfter(err); err == nil || again || !strings.Contains(err.Error(), "private address") {
			t.Errorf("%s: %v", to, err)
		}
	}
	if f.Attempts() != 0 {
		t.Errorf("%d requests came through", f.Attempts())
	}
	allow := webhook.Config{Secret: channeltest.WebhookSecret, Reach: channel.Reach{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}
	if _, err := send(t, allow, channeltest.Message(f.Address())); err != nil {
		t.Error(err)
	}
}
