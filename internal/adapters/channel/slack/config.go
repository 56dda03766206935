package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Kind is of contacts and channels.
const Kind = "slack"

// Config is an app of Slack.
type Config struct {
	BaseURL      string // "https://slack.com/api/"
	Token        string // of the bot, xoxb-…; "": what an installation brings
	ClientID     string // of the app, to be installed; "" with a Token
	ClientSecret string
	Secret       string           // by which Slack signs what it sends us; "": it is not listened to
	AppToken     string           // xapp-…, by which we fetch what Slack would send us (Socket Mode); "": it sends
	ByEmail      bool             // whoever's address Slack has confirmed is the user with that address
	Now          func() time.Time // nil: time.Now
}

const form = "use https://token:xoxb-…@slack.com?secret=… (or &app=xapp-…), or to be installed https://CLIENT-ID:CLIENT-SECRET@slack.com?secret=…"

// Parse reads an address such as "https://token:xoxb-…@slack.com?secret=…". Its errors do not repeat a secret.
func Parse(raw string) (Config, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User == nil || u.Scheme != "https" && (u.Scheme != "http" || !channel.Loopback(u.Hostname())) {
		return Config{}, errors.New("this is no Slack address: " + form)
	}
	q, err := channel.Parameters(u, "secret", "app", "link")
	if err != nil {
		return Config{}, err
	}
	c := Config{BaseURL: u.Scheme + "://" + u.Host + "/api/", Secret: q.Get("secret"), AppToken: q.Get("app"), ByEmail: q.Get("link") == "email"}
	secret, _ := u.User.Password()
	if c.Token = secret; u.User.Username() != "token" {
		c.Token, c.ClientID, c.ClientSecret = "", u.User.Username(), secret
	}
	switch {
	case secret == "":
		return Config{}, errors.New("the Slack address has neither a token nor a client's secret: " + form)
	case q.Get("link") != "" && !c.ByEmail:
		return Config{}, errors.New("link can only be email: people are linked by the address that Slack has confirmed")
	}
	return c, nil
}

// Descriptor describes the channel.
func Descriptor() ports.ChannelDescriptor {
	return ports.ChannelDescriptor{
		Kind: Kind, Label: "Slack", Personal: true, Shared: true, Expiry: time.Hour, Posts: true, Follows: true,
		// Slack takes a message a second to a channel, and 50 edits a minute.
		// https://docs.slack.dev/apis/web-api/rate-limits
		Floor: 1200 * time.Millisecond,
		Check: checkAddress, Link: "/rouse link CODE", Preview: channel.Shows(shown),
		Address: json.RawMessage(`{"type":"string","title":"Channel or member","description":"#channel, or the id of a channel or member; a member's email address will do","maxLength":254}`),
	}
}

var (
	slackID     = regexp.MustCompile(`^[CGDUW][A-Z0-9]{6,20}$`)
	channelName = regexp.MustCompile(`^#[^\s#@,<>&A-Z]{1,80}$`)
)

func checkAddress(to string) (string, error) {
	to = strings.TrimSpace(to)
	if slackID.MatchString(to) || channelName.MatchString(to) {
		return to, nil
	}
	if a, err := mail.ParseAddress(to); err == nil && a.Name == "" && a.Address == to {
		return strings.ToLower(to), nil
	}
	return "", fmt.Errorf("%q is neither a #channel in lower case, nor an id such as C0123456789 or U0123456789, nor an email address", to)
}

// shown is what people read of the blocks.
func shown(m ports.Outgoing) (string, error) {
	said, err := channel.Read(blocks(text.Input(m)))
	return labelled.ReplaceAllString(said, "$1"), err
}

// labelled is a link, or a moment, with what people read of it.
var labelled = regexp.MustCompile(`<[^|>]*\|([^>]*)>`)
