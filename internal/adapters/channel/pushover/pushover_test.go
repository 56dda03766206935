package pushover_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/pushover"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

func sender(t *testing.T, f *channeltest.Notices, token string) *pushover.Sender {
	t.Helper()
	cfg, err := pushover.Parse(strings.Replace(f.URL(), "http://", "http://"+token+"@", 1))
	if err != nil {
		t.Fatal(err)
	}
	return pushover.New(cfg)
}

func TestConformance(t *testing.T) {
	channeltest.Run(t, channeltest.Case{
		New: func(t *testing.T) (ports.Notifier, channeltest.Fake) {
			t.Helper()
			f := channeltest.NewPushover(t)
			return sender(t, f, channeltest.PushoverToken), f
		},
		Descriptor: pushover.Descriptor(), Secrets: []string{channeltest.PushoverToken}, AsksToWait: true,
		Bad: []string{"", "ana@example.org", "too short", strings.Repeat("x", 31), strings.Repeat("ž", 30)},
	})
}

func send(t *testing.T, s *pushover.Sender, m ports.Outgoing) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := s.Send(ctx, m)
	return err
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	f := channeltest.NewPushover(t)
	s := sender(t, f, channeltest.PushoverToken)
	for i, c := range []struct {
		severity    alert.Severity
		purpose     notification.Purpose
		status      string
		answer, url string
		want        string
	}{
		{alert.Critical(), notification.PurposePage, "open", "1xwhole", "/a/1xwhole", "2"}, {alert.Error(), notification.PurposePage, "open", "", "/i/4821", "1"},
		{alert.Warning(), notification.PurposePage, "open", "", "/i/4821", "0"}, {alert.Critical(), notification.PurposeUpdate, "resolved", "", "/i/4821", "-1"},
	} {
		m := channeltest.Message(f.Address())
		m.Purpose, m.Items[0].Severity, m.Items[0].Status, m.Answers.Whole = c.purpose, c.severity, c.status, c.answer
		if err := send(t, s, m); err != nil {
			t.Fatal(err)
		}
		if got := f.Taken()[i].Fields; got["priority"] != c.want || got["url"] != "http://127.0.0.1:8080"+c.url {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}

func TestWhenToSendAgain(t *testing.T) {
	t.Parallel()
	f := channeltest.NewPushover(t)
	s := sender(t, f, channeltest.PushoverToken)
	f.Script(channeltest.Unavailable())
	if after, again := ports.RetryAfter(send(t, s, channeltest.Message(f.Address()))); !again || after != 5*time.Second {
		t.Errorf("again %v after %v", again, after)
	}
	f.Script(channeltest.Refuse())
	if err := send(t, s, channeltest.Message(f.Address())); err == nil || !strings.Contains(err.Error(), "user identifier is invalid") {
		t.Errorf("got %v", err)
	}
	other := sender(t, f, strings.Repeat("y", 30))
	if _, again := ports.RetryAfter(send(t, other, channeltest.Message(f.Address()))); again {
		t.Error("a wrong token is tried again")
	}
}

// Whoever has used up a month's messages waits for weeks: the person's next step is due now.
func TestUsedUp(t *testing.T) {
	t.Parallel()
	f := channeltest.NewPushover(t)
	f.Script(channeltest.StatusWith(http.StatusTooManyRequests, map[string]string{"X-Limit-App-Remaining": "0", "X-Limit-App-Reset": "1793491200"}))
	s := sender(t, f, channeltest.PushoverToken)
	err := send(t, s, channeltest.Message(f.Address()))
	if _, again := ports.RetryAfter(err); !errors.Is(err, pushover.ErrUsedUp) || again || !strings.HasSuffix(err.Error(), "used up until 2026-11-01 00:00 UTC") {
		t.Errorf("got %v", err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	f.UseUp(1793491200)
	if err := s.Check(t.Context()); !errors.Is(err, pushover.ErrUsedUp) || !strings.HasSuffix(err.Error(), "until 2026-11-01 00:00 UTC") {
		t.Errorf("nothing is left, and %v", err)
	}
}

func TestSetting(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "https://api.pushover.net", "https://short@api.pushover.net", "http://" + strings.Repeat("x", 30) + "@api.pushover.net", "ftp://x"} {
		if _, err := pushover.Parse(bad); err == nil || strings.Contains(err.Error(), "xxx") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// What rings is asked for by its receipt, and stops where somebody has answered elsewhere.
func TestReceipts(t *testing.T) {
	t.Parallel()
	f := channeltest.NewPushover(t)
	s := sender(t, f, channeltest.PushoverToken)
	m := channeltest.Message(f.Address())
	m.Answers.Whole = "1xwhole"
	got, err := s.Send(t.Context(), m)
	if err != nil || !pushover.IsReceipt(got.ProviderID) {
		t.Fatalf("%+v, %v", got, err)
	}
	look := func(want, wantOver bool) {
		t.Helper()
		if yes, over, err := s.Acknowledged(t.Context(), got.ProviderID); yes != want || over != wantOver || err != nil {
			t.Errorf("acknowledged %v, over %v, %v", yes, over, err)
		}
	}
	look(false, false)
	f.RefuseReceipts(true)
	if _, _, err := s.Acknowledged(t.Context(), got.ProviderID); err == nil || strings.Contains(err.Error(), channeltest.PushoverToken) {
		t.Errorf("got %v", err)
	}
	f.RefuseReceipts(false)
	f.AcknowledgeThere()
	look(true, true)
	if got, err = s.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if err := s.Silence(t.Context(), got.ProviderID); err != nil || f.Ringing()[1] != "canceled" {
		t.Errorf("%v, %v", f.Ringing(), err)
	}
	look(false, true)
	got.ProviderID = strings.Repeat("z", 30) // Pushover forgets after a week
	look(false, true)
	for range 11 { // who acknowledges there must mean all of it
		m.Items = append(m.Items, m.Items[0])
	}
	if got, err := s.Send(t.Context(), m); err != nil || pushover.IsReceipt(got.ProviderID) {
		t.Errorf("%+v, %v", got, err)
	}
}
