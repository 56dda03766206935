package shoutrrr_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/shoutrrr"
	"github.com/rouse-oncall/rouse/internal/ports"
)

func TestConformance(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *channeltest.Chat{"discord": channeltest.NewDiscord, "rocketchat": channeltest.NewRocketChat} {
		t.Run(name, func(t *testing.T) {
			channeltest.Run(t, channeltest.Case{
				New: func(t *testing.T) (ports.Notifier, channeltest.Fake) {
					t.Helper()
					g := start(t)
					return shoutrrr.New(shoutrrr.Config{Client: g.Client()}), g
				},
				Descriptor: shoutrrr.Descriptor(), Secrets: []string{channeltest.ChatSecret}, AsksToWait: true,
				Bad: []string{
					"", "discord://short@123456789", "discord://***@123456789012345678", "discord://" + channeltest.ChatSecret + "@123456789?json=yes", "rocketchat://chat.example.org/abcdefgh12345678/***",
					"rocketchat://chat.example.org/abcdefgh12345678", "logger://", "smtp://a:b@example.org", "generic://example.org", "https://evil.example/api/webhooks/123456789/" + channeltest.ChatSecret,
				},
			})
		})
	}
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	g := channeltest.NewRocketChat(t)
	m := channeltest.Message(g.Address())
	m.Items[0].Title, m.Answers.Whole = "see [here](https://evil.example) @all", "1xwhole"
	if _, err := shoutrrr.New(shoutrrr.Config{Client: g.Client()}).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if got := g.Seen()[0].Line; !strings.Contains(got, "see [here] (https://evil.example) ＠all") || !strings.HasSuffix(got, "Acknowledge: http://127.0.0.1:8080/a/1xwhole Open: http://127.0.0.1:8080/i/4821") {
		t.Errorf("got %q", got)
	}
}

// The library's services go nowhere that webhooks may not.
func TestPrivateAddresses(t *testing.T) {
	t.Parallel()
	_, err := shoutrrr.New(shoutrrr.Config{}).Send(t.Context(), channeltest.Message("rocketchat://127.0.0.1:1/abcdefgh12345678/"+channeltest.ChatSecret))
	if _, again := ports.RetryAfter(err); err == nil || again || !strings.Contains(err.Error(), "private address") {
		t.Errorf("got %v", err)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	d := shoutrrr.Descriptor()
	to, err := d.Check(" https://discord.com/api/webhooks/123456789012345678/" + channeltest.ChatSecret)
	if err != nil || to != "discord://"+channeltest.ChatSecret+"@123456789012345678" {
		t.Errorf("got %s, %v", to, err)
	}
	for to, want := range map[string]string{to: "discord://***@123456789012345678", "rocketchat://chat.example.org/abcdefgh12345678/" + channeltest.ChatSecret: "rocketchat://chat.example.org/abcdefgh12345678/***"} {
		if got := d.Shown(to); got != want {
			t.Errorf("shown as %s", got)
		}
	}
}

type counting struct{ asked int }

func (c *counting) RoundTrip(*http.Request) (*http.Response, error) {
	c.asked++
	return nil, errors.New("connection refused")
}

// Trying again is Rouse's, not the library's.
func TestAsksOnce(t *testing.T) {
	t.Parallel()
	var c counting
	_, err := shoutrrr.New(shoutrrr.Config{Client: &http.Client{Transport: &c}}).Send(t.Context(), channeltest.Message("discord://"+channeltest.ChatSecret+"@123456789012345678"))
	if _, again := ports.RetryAfter(err); !again || c.asked != 1 {
		t.Errorf("asked %d times: %v", c.asked, err)
	}
}
