package gotify_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/gotify"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

var near = gotify.Config{Reach: channel.Reach{Private: true}}

func TestConformance(t *testing.T) {
	channeltest.Run(t, channeltest.Case{
		New: func(t *testing.T) (ports.Notifier, channeltest.Fake) {
			t.Helper()
			return gotify.New(near), channeltest.NewGotify(t)
		},
		Descriptor: gotify.Descriptor(), Secrets: []string{channeltest.GotifyToken}, AsksToWait: true,
		Bad: []string{"", "gotify.example.org", "https://gotify.example.org/message", "https://gotify.example.org/message?token=***", "https://u:p@gotify.example.org/message?token=Abcdefgh", "ftp://gotify.example.org/message?token=Abcdefgh"},
	})
}

func send(t *testing.T, cfg gotify.Config, m ports.Outgoing) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := gotify.New(cfg).Send(ctx, m)
	return err
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	f := channeltest.NewGotify(t)
	m := channeltest.Message(f.Address())
	m.Answers = notification.Answers{Whole: "1xwhole"}
	for i, want := range map[alert.Severity]float64{alert.Critical(): 10, alert.Error(): 8, alert.Warning(): 5} {
		m.Items[0].Severity = i
		if err := send(t, near, m); err != nil {
			t.Fatal(err)
		}
		taken := f.Taken()
		got := taken[len(taken)-1]
		if got.Fields["priority"] != want || !strings.Contains(got.Body, "\nAcknowledge: http://127.0.0.1:8080/a/1xwhole\nOpen: http://127.0.0.1:8080/i/4821") {
			t.Errorf("%s: got %v", i, got.Fields)
		}
	}
	m.Purpose, m.Items[0].Status = notification.PurposeUpdate, "resolved"
	if err := send(t, near, m); err != nil || f.Taken()[3].Fields["priority"] != 0.0 {
		t.Errorf("a resolve rings: %v, %v", f.Taken()[3].Fields, err)
	}
}

func TestWhatCannotBeMended(t *testing.T) {
	t.Parallel()
	f := channeltest.NewGotify(t)
	err := send(t, near, channeltest.Message(strings.Replace(f.Address(), channeltest.GotifyToken, "Aother_token", 1)))
	if _, again := ports.RetryAfter(err); err == nil || again || !strings.Contains(err.Error(), "does not know the token") {
		t.Errorf("got %v", err)
	}
	if err := send(t, gotify.Config{}, channeltest.Message(f.Address())); err == nil || !strings.Contains(err.Error(), "private address") {
		t.Errorf("got %v", err)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	d := gotify.Descriptor()
	for _, in := range []string{"https://g.example.org/push/message?token=Abcdefgh", "https://g.example.org/push/?token=Abcdefgh", "https://g.example.org/push?token=Abcdefgh"} {
		got, err := d.Check(in)
		if err != nil || got != "https://g.example.org/push/message?token=Abcdefgh" {
			t.Errorf("%s: got %s, %v", in, got, err)
		}
		if shown := d.Shown(got); shown != "https://g.example.org/push/message?token=***" {
			t.Errorf("shown as %s", shown)
		}
	}
}
