package wire

import (
	"strings"
	"testing"
	"time"
)

// Whoever chooses how to be told sees how it will look, by every kind there is.
func TestEveryKindOfChannelShowsItsMessage(t *testing.T) {
	t.Parallel()
	c, err := newChannels(Config{PublicURL: "https://rouse.example.org"}, time.Now, hears{})
	if err != nil {
		t.Fatal(err)
	}
	for kind, d := range c.descriptors {
		if d.Preview == nil {
			t.Errorf("%s shows nothing", kind)
			continue
		}
		said, err := d.Preview(nil)
		if err != nil || !strings.Contains(said, "error rate") || !strings.Contains(said, "payments") {
			t.Errorf("%s: %v\n%s", kind, err, said)
		}
	}
}

// A preview shows what is really sent: with what one answers by, where one can.
func TestAPreviewShowsHowToAnswer(t *testing.T) {
	t.Parallel()
	const near = "@127.0.0.1:1"
	mail := Config{SMTPURL: "smtp://127.0.0.1?from=rouse@example.org"}
	answered := mail
	answered.MailListen = "127.0.0.1:0"
	for name, c := range map[string]struct {
		cfg         Config
		kind        string
		has, hasNot string
	}{
		"a text from a number": {Config{TwilioURL: "http://AC1:tok" + near + "?from=+15005550006"}, "sms", "Reply 1 ack", ""},
		"a text from a name":   {Config{TwilioURL: "http://AC1:tok" + near + "?from=Rouse"}, "sms", "rouse.example.org/a/", "Reply"},
		"by another provider":  {Config{TelnyxURL: "http://key" + near + "?from=+15005550006"}, "sms", "rouse.example.org/a/", "Reply"},
		"a call":               {Config{}, "voice", "Key 9 resolves", ""},
		"a mail":               {mail, "email", "https://rouse.example.org/a/", "answer this mail"},
		"that is answered":     {answered, "email", "answer this mail with one word", ""},
		"for a person":         {mail, "email", "This is a page to a person", ""},
		"ntfy":                 {Config{}, "ntfy", "\nAcknowledge\nOpen", ""},
		"Gotify":               {Config{}, "gotify", "\nAcknowledge: https://rouse.example.org/a/", ""},
		"Pushover":             {Config{}, "pushover", "\nAcknowledge", "\nOpen"},
		"Web Push":             {Config{}, "push", "\nAcknowledge\nOpen", "This is a page"},
	} {
		channels, err := newChannels(c.cfg, time.Now, hears{})
		if err != nil {
			t.Fatal(err)
		}
		said, err := channels.descriptors[c.kind].Preview(nil)
		if err != nil || !strings.Contains(said, c.has) || c.hasNot != "" && strings.Contains(said, c.hasNot) {
			t.Errorf("%s: %v\n%s", name, err, said)
		}
	}
}
