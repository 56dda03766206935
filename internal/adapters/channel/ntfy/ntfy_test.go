package ntfy_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/ntfy"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

var near = ntfy.Config{Reach: channel.Reach{Private: true}}

func TestConformance(t *testing.T) {
	channeltest.Run(t, channeltest.Case{
		New: func(t *testing.T) (ports.Notifier, channeltest.Fake) {
			t.Helper()
			return ntfy.New(near), channeltest.NewNtfy(t)
		},
		Descriptor: ntfy.Descriptor(), Secrets: []string{channeltest.NtfyToken, "/alerts"}, AsksToWait: true,
		Bad: []string{"", "alerts", "ntfy.sh/alerts", "https://ntfy.sh", "https://ntfy.sh/a/b", "https://ntfy.sh/a b", "https://***@ntfy.sh/a", "ftp://ntfy.sh/a", "https://ntfy.sh/" + strings.Repeat("x", 65)},
	})
}

func send(t *testing.T, cfg ntfy.Config, m ports.Outgoing) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := ntfy.New(cfg).Send(ctx, m)
	return err
}

func TestButtons(t *testing.T) {
	t.Parallel()
	f := channeltest.NewNtfy(t)
	m := channeltest.Message(f.Address())
	m.Answers = notification.Answers{Whole: "1xwhole"}
	if err := send(t, near, m); err != nil {
		t.Fatal(err)
	}
	got := f.Taken()[0].Fields
	actions, ok := got["actions"].([]any)
	if !ok || len(actions) != 2 || got["click"] != "http://127.0.0.1:8080/i/4821" {
		t.Fatalf("got %v", got)
	}
	ack, _ := actions[0].(map[string]any)
	if ack["action"] != "http" || ack["method"] != "POST" || ack["body"] != "do=acknowledge" || ack["url"] != "http://127.0.0.1:8080/a/1xwhole" || ack["clear"] != true {
		t.Errorf("got %v", ack)
	}
	m.Answers = notification.Answers{}
	if err := send(t, near, m); err != nil {
		t.Fatal(err)
	}
	if actions, _ := f.Taken()[1].Fields["actions"].([]any); len(actions) != 1 {
		t.Errorf("nobody can answer, and there are %v", actions)
	}
}

func TestPriority(t *testing.T) {
	t.Parallel()
	f := channeltest.NewNtfy(t)
	for i, c := range []struct {
		severity alert.Severity
		purpose  notification.Purpose
		status   string
		want     float64
	}{
		{alert.Critical(), notification.PurposePage, "open", 5}, {alert.Error(), notification.PurposePage, "open", 4}, {alert.Warning(), notification.PurposePage, "open", 3},
		{alert.Critical(), notification.PurposeUpdate, "acknowledged", 3}, {alert.Critical(), notification.PurposeUpdate, "resolved", 1},
	} {
		m := channeltest.Message(f.Address())
		m.Purpose, m.Items[0].Severity, m.Items[0].Status = c.purpose, c.severity, c.status
		if err := send(t, near, m); err != nil {
			t.Fatal(err)
		}
		if got := f.Taken()[i].Fields["priority"]; got != c.want {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}

func TestWhatCannotBeMended(t *testing.T) {
	t.Parallel()
	f := channeltest.NewNtfy(t)
	err := send(t, near, channeltest.Message(strings.Replace(f.Address(), channeltest.NtfyToken, "tk_other", 1)))
	if _, again := ports.RetryAfter(err); err == nil || again || !strings.Contains(err.Error(), "user or token") {
		t.Errorf("got %v", err)
	}
	f.Script(channeltest.Status(http.StatusRequestEntityTooLarge, 0))
	if _, again := ports.RetryAfter(send(t, near, channeltest.Message(f.Address()))); again {
		t.Error("what is too large is sent again")
	}
	if err := send(t, ntfy.Config{}, channeltest.Message(f.Address())); err == nil || !strings.Contains(err.Error(), "private address") {
		t.Errorf("got %v", err)
	}
}

func TestShown(t *testing.T) {
	t.Parallel()
	d := ntfy.Descriptor()
	for in, want := range map[string]string{
		"https://ntfy.sh/alerts": "https://ntfy.sh/alerts", "https://:tk_1@ntfy.example.org/alerts": "https://***@ntfy.example.org/alerts",
		"https://ana:pw@ntfy.example.org/alerts": "https://***@ntfy.example.org/alerts",
	} {
		if got := d.Shown(in); got != want {
			t.Errorf("%s: got %s", in, got)
		}
	}
}
