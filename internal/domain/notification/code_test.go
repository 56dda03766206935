package notification_test

import (
	"math"
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

func TestCodes(t *testing.T) {
	t.Parallel()
	c := notification.NewCodes("key")
	for _, want := range []notification.Code{{Delivery: 1}, {Delivery: 1, Whole: true}, {Delivery: 4_000_000_000}, {Delivery: math.MaxInt64 / 4, Whole: true}} {
		text := c.Sign(want)
		got, ok := c.Read(text)
		if !ok || got != want {
			t.Errorf("%q reads as %+v, %v, want %+v", text, got, ok, want)
		}
		if got, ok := c.Read(strings.ToUpper(text)); !ok || got != want {
			t.Errorf("in capitals %q reads as %+v, %v", text, got, ok)
		}
		if _, ok := notification.NewCodes("another").Read(text); ok {
			t.Errorf("%q is read by another key", text)
		}
	}
	if n := len(c.Sign(notification.Code{Delivery: 5_000_000})); n > 16 {
		t.Errorf("%d characters: an SMS is short", n)
	}
}

func TestCodesThatWereNotSigned(t *testing.T) {
	t.Parallel()
	c := notification.NewCodes("key")
	good := c.Sign(notification.Code{Delivery: 77})
	for i := range good {
		other := byte('a')
		if good[i] == other {
			other = 'b'
		}
		if _, ok := c.Read(good[:i] + string(other) + good[i+1:]); ok {
			t.Errorf("with character %d changed it is read", i)
		}
	}
	for _, bad := range []string{"", "a", good[1:], good[:len(good)-1], good + "a", "-" + good, "../../etc", strings.Repeat("z", 1000)} {
		if _, ok := c.Read(bad); ok {
			t.Errorf("%q is read", bad)
		}
	}
	if got := (notification.Codes{}).Sign(notification.Code{Delivery: 1}); got != "" {
		t.Errorf("without a key %q is signed", got)
	}
	if _, ok := (notification.Codes{}).Read(good); ok {
		t.Error("without a key a code is read")
	}
}

// What a message carries names its own deliveries, the same at every attempt; what nobody can answer carries nothing.
func TestAnswersOfAMessage(t *testing.T) {
	t.Parallel()
	c := notification.NewCodes("key")
	m := notification.Message{Purpose: notification.PurposePage, Recipient: notification.Recipient{Kind: notification.ToUser, ID: "ana"}}
	d := func(n int64, of id.Incident) notification.Delivery {
		return notification.Delivery{ID: n, Page: notification.PageKey{Incident: of}}
	}
	a := c.Answers(m, []notification.Delivery{d(9, 2), d(7, 1), d(8, 1)})
	for code, want := range map[string]notification.Code{a.Whole: {Delivery: 7, Whole: true}, a.Of[1]: {Delivery: 7}, a.Of[2]: {Delivery: 9}} {
		if got, ok := c.Read(code); !ok || got != want {
			t.Errorf("%+v, %v, want %+v", got, ok, want)
		}
	}
	if b := c.Answers(m, []notification.Delivery{d(8, 1), d(9, 2), d(7, 1)}); b.Whole != a.Whole || b.Of[1] != a.Of[1] {
		t.Error("another order gives other codes: a repeated text could not be recognised")
	}
	toAll, news := m, m
	toAll.Recipient.Kind, news.Purpose = notification.ToChannel, notification.PurposeUpdate
	for name, m := range map[string]notification.Message{"to a channel": toAll, "an update": news} {
		if got := c.Answers(m, []notification.Delivery{d(1, 1)}); got.Whole != "" || len(got.Of) > 0 {
			t.Errorf("%s carries %+v", name, got)
		}
	}
}

func FuzzReadCode(f *testing.F) {
	c := notification.NewCodes("key")
	f.Add(c.Sign(notification.Code{Delivery: 12345}))
	f.Add("zzzzzzzzzzzzzzzzzzzzz")
	f.Fuzz(func(t *testing.T, text string) {
		code, ok := c.Read(text)
		if ok && !strings.EqualFold(c.Sign(code), text) {
			t.Errorf("%q reads as %+v, which is signed %q", text, code, c.Sign(code))
		}
	})
}
