package wire

import (
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/httpapi"
)

// Whoever runs Rouse where nothing can reach it hears which answers come in all the same.
func TestHowAnswersComeIn(t *testing.T) {
	t.Parallel()
	const telegram = "http://123456:fake-telegram-token-fake-telegram@127.0.0.1:1"
	for _, c := range []struct {
		cfg  Config
		kind string
		want httpapi.Answers
	}{
		{Config{TwilioURL: "http://SID:TOKEN@127.0.0.1:1?from=%2B15005550006"}, "sms", httpapi.AnswersAsked},
		{Config{TwilioURL: "http://SID:TOKEN@127.0.0.1:1?from=%2B15005550006"}, "voice", httpapi.AnswersCalled},
		{Config{TwilioURL: "http://SID:TOKEN@127.0.0.1:1?from=%2B15005550006&replies=webhook"}, "sms", httpapi.AnswersCalled},
		{Config{SlackURL: "http://token:xoxb-1@127.0.0.1:1?app=xapp-1"}, "slack", httpapi.AnswersAsked},
		{Config{SlackURL: "http://token:xoxb-1@127.0.0.1:1?secret=s"}, "slack", httpapi.AnswersCalled},
		{Config{TelegramURL: telegram}, "telegram", httpapi.AnswersAsked},
		{Config{TelegramURL: telegram + "?updates=webhook"}, "telegram", httpapi.AnswersCalled},
		{Config{}, "ntfy", ""}, {Config{}, "email", ""},
	} {
		c.cfg.PublicURL = "https://rouse.example.org"
		all, err := newChannels(c.cfg, time.Now, hears{})
		if err != nil {
			t.Fatal(err)
		}
		if got := all.answers(c.kind); got != c.want {
			t.Errorf("%s by %+v: %q, want %q", c.kind, c.cfg, got, c.want)
		}
	}
}
