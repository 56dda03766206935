package wire

import (
	"testing"
	"time"
)

// What is misspelt in an address would be a setting without effect: it is refused, and what could be meant is said.
func TestAMisspeltParameterIsRefused(t *testing.T) {
	t.Parallel()
	const near, guid = "@127.0.0.1:1", "01234567-89ab-cdef-0123-456789abcdef"
	for want, cfg := range map[string]Config{
		"smtp-url: tsl is not known here: the address may have from, tls":                                   {SMTPURL: "smtp://127.0.0.1?from=rouse@example.org&tsl=none"},
		"twilio-url: form is not known here: the address may have from, voice, replies, price, voice_price": {TwilioURL: "http://AC1:tok" + near + "?form=+15005550006"},
		"telnyx-url: publickey is not known here: the address may have from, public_key, profile, price":    {TelnyxURL: "http://key" + near + "?from=+15005550006&publickey=x"},
		"slack-url: signing_secret is not known here: the address may have secret, app, link":               {SlackURL: "http://token:xoxb-1" + near + "?signing_secret=x"},
		"teams-url: secret is not known here: the address has no parameters":                                {TeamsURL: "http://" + guid + ":s" + near + "/" + guid + "?secret=x"},
		"github-url: secrets is not known here: the address may have secret, installation, key":             {GitHubURL: "http://token:t" + near + "?secrets=x"},
		"telegram-url: update is not known here: the address may have updates":                              {TelegramURL: "http://123456:ABC-DEF-ABC-DEF-ABC-DEF" + near + "?update=webhook"},
		"mattermost-url: token is not known here: the address may have command":                             {MattermostURL: "http://token:t" + near + "?token=x"},
		"pushover-url: sound is not known here: the address has no parameters":                              {PushoverURL: "http://azGDORePK8gMaC0QOYAMyEEuzJnyUi" + near + "?sound=x"},
	} {
		if _, err := newChannels(cfg, time.Now, hears{}); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	c, err := newChannels(Config{}, time.Now, hears{})
	if err != nil {
		t.Fatal(err)
	}
	for kind, bad := range map[string]string{"ntfy": "https://ntfy.sh/topic?priority=5", "gotify": "https://gotify.example.org/message?token=AbCdEf123&priority=5"} {
		if to, err := c.descriptors[kind].Check(bad); err == nil {
			t.Errorf("%s takes %s as %s", kind, bad, to)
		}
	}
}
