package mattermost

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Kind is of contacts and channels.
const Kind = "mattermost"

// Config is a bot on a server.
type Config struct {
	BaseURL string           // "https://chat.example.org"; without a trailing slash
	Token   string           // of the bot, secret
	Command string           // the token of a slash command, secret; "": there is none
	Now     func() time.Time // nil: time.Now
}

const form = "use https://token:TOKEN@chat.example.org with the token of a bot account, and ?command=TOKEN of a slash command where there is one"

// Parse reads "https://token:TOKEN@chat.example.org", with command=TOKEN of a slash command. Its errors do not repeat the secret.
func Parse(raw string) (Config, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return Config{}, errors.New("this is no Mattermost address: " + form)
	}
	token, _ := u.User.Password()
	if token == "" {
		return Config{}, errors.New("the Mattermost address has no token: " + form)
	}
	if u.Scheme == "http" && !channel.Near(u.Hostname()) {
		return Config{}, errors.New("the Mattermost address would send the token in clear text: use https")
	}
	q, err := channel.Parameters(u, "command")
	if err != nil {
		return Config{}, err
	}
	return Config{BaseURL: u.Scheme + "://" + u.Host + strings.TrimRight(u.Path, "/"), Token: token, Command: q.Get("command")}, nil
}

// Descriptor describes the channel.
func Descriptor() ports.ChannelDescriptor {
	return ports.ChannelDescriptor{
		Kind: Kind, Label: "Mattermost", Personal: true, Shared: true, Expiry: time.Hour, Posts: true, Follows: true, Floor: time.Second,
		Check: checkAddress, Link: "/rouse link CODE", Preview: channel.Shows(shown),
		Address: json.RawMessage(`{"type":"string","title":"Channel or person","description":"the id of a channel, which its View Info shows, or @name for direct messages","pattern":"^([a-z0-9]{26}|@[a-z0-9._-]+)$"}`),
	}
}

var addressForm = regexp.MustCompile(`^([a-z0-9]{26}|@[a-z0-9][a-z0-9._-]{0,63})$`)

func checkAddress(to string) (string, error) {
	to = strings.TrimSpace(to)
	if !addressForm.MatchString(to) {
		return "", fmt.Errorf("%q is neither a channel's id of 26 letters and digits nor a person's @name in lower case", to)
	}
	return to, nil
}

// shown is a post as it is written, in Markdown, and its buttons.
func shown(m ports.Outgoing) (string, error) {
	said := (&Sender{}).compose(m).Message
	for _, b := range channel.Buttons(text.Input(m)) {
		said += "\n" + b.Label
	}
	return said, nil
}
