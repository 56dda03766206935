package teams

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

// Kind is of the bot's channels, and of whom Teams knows.
const Kind = "teamsbot"

// Config is a bot of Azure Bot Service, of one tenant.
type Config struct {
	LoginURL    string // that gives tokens: "https://login.microsoftonline.com"
	Tenant      string // id
	AppID       string
	Secret      string
	ServiceURL  string           // where messages are sent, without a trailing slash
	MetadataURL string           // that names the keys by which Teams signs what it tells us
	Now         func() time.Time // nil: time.Now
}

// Of the public cloud. A bot sends everything to one address, which no address of a channel and no call can change: with
// each message goes its token.
// https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages
const (
	serviceURL  = "https://smba.trafficmanager.net/teams"
	metadataURL = "https://login.botframework.com/v1/.well-known/openidconfiguration"
)

const form = "use https://APP-ID:SECRET@login.microsoftonline.com/TENANT-ID"

var guid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// Parse reads an address such as "https://APP-ID:SECRET@login.microsoftonline.com/TENANT-ID". Its errors do not repeat a
// secret. On the loopback interface all of Microsoft's services are at that one address.
func Parse(raw string) (Config, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User == nil || u.Scheme != "https" && (u.Scheme != "http" || !channel.Loopback(u.Hostname())) {
		return Config{}, errors.New("this is no address of a Teams bot: " + form)
	}
	if _, err := channel.Parameters(u); err != nil {
		return Config{}, err
	}
	base := u.Scheme + "://" + u.Host
	c := Config{LoginURL: base, Tenant: strings.Trim(u.Path, "/"), AppID: u.User.Username(), ServiceURL: serviceURL, MetadataURL: metadataURL}
	c.Secret, _ = u.User.Password()
	switch {
	case c.Secret == "":
		return Config{}, errors.New("the address of the Teams bot has no secret: " + form)
	case !guid.MatchString(c.AppID) || !guid.MatchString(c.Tenant):
		return Config{}, errors.New("the ids of the Teams bot's app and tenant look like 01234567-89ab-cdef-0123-456789abcdef: " + form)
	}
	if u.Scheme == "http" {
		c.ServiceURL, c.MetadataURL = base, base+"/v1/.well-known/openidconfiguration"
	}
	return c, nil
}

// Descriptor describes the bot's channel.
func Descriptor() ports.ChannelDescriptor {
	return ports.ChannelDescriptor{
		Kind: Kind, Label: "Microsoft Teams (bot)", Shared: true, Expiry: time.Hour, Posts: true, Follows: true,
		// A bot may send 1800 messages an hour to a conversation.
		// https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/rate-limit
		Floor: 2 * time.Second,
		Check: checkConversation, Link: "link CODE", Preview: shows(true),
		Address: json.RawMessage(`{"type":"string","title":"Channel","description":"The link of the channel (Get link to channel), or its id: 19:…@thread.tacv2. The bot says it when it is added to a team","maxLength":2000}`),
	}
}

var conversation = regexp.MustCompile(`^19:[A-Za-z0-9_-]{1,200}@thread\.(tacv2|v2|skype)$`)

// checkConversation takes a conversation's id, or the link of a channel, which has it.
func checkConversation(to string) (string, error) {
	to = strings.TrimSpace(to)
	if u, err := url.Parse(to); err == nil && u.Scheme == "https" {
		for part := range strings.SplitSeq(u.Path, "/") { // Path is unescaped
			if conversation.MatchString(part) {
				return part, nil
			}
		}
	}
	if !conversation.MatchString(to) {
		return "", fmt.Errorf("%q is neither the link of a channel nor the id of a conversation, 19:…@thread.tacv2", to)
	}
	return to, nil
}

// shows is what people read of the card.
func shows(bot bool) func(map[string]string) (string, error) {
	return channel.Shows(func(m ports.Outgoing) (string, error) {
		card := draft{text.Input(m), bot, maxShown}.card()
		said, err := channel.Read([]any{card["body"], card["actions"]})
		return moment.ReplaceAllString(said, "$1"), err
	})
}

// moment is one that Teams writes for whoever reads it.
var moment = regexp.MustCompile(`\{\{[A-Z]+\(([^)]*)\)\}\}`)
