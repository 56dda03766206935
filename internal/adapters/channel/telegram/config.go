package telegram

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Kind is of contacts and channels.
const Kind = "telegram"

// Config is a bot.
type Config struct {
	BaseURL string                                    // "https://api.telegram.org"; without a trailing slash
	Bot     int64                                     // its id, which its token begins with
	Token   string                                    // secret, "123456:ABC…"
	Brought bool                                      // Telegram calls us with what people do; else it is asked
	Blocked func(ctx context.Context, to, why string) // told of a chat whose owner wants nothing from the bot any more; may be nil
	Now     func() time.Time                          // nil: time.Now
}

const form = "use https://123456:ABC-DEF@api.telegram.org with the token that BotFather gave, and ?updates=webhook where Telegram can reach this server"

var tokenForm = regexp.MustCompile(`^[A-Za-z0-9_-]{20,100}$`)

// Parse reads "https://BOT:TOKEN@api.telegram.org", with updates=poll (default) or webhook. Its errors do not repeat the
// secret.
func Parse(raw string) (Config, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User == nil || u.Scheme != "https" && (u.Scheme != "http" || !channel.Near(u.Hostname())) {
		return Config{}, errors.New("this is no Telegram address: " + form)
	}
	secret, _ := u.User.Password()
	bot, err := strconv.ParseInt(u.User.Username(), 10, 64)
	if err != nil || !tokenForm.MatchString(secret) {
		return Config{}, errors.New("the Telegram address has no bot's token: " + form)
	}
	c := Config{BaseURL: u.Scheme + "://" + u.Host + strings.TrimRight(u.Path, "/"), Bot: bot, Token: u.User.Username() + ":" + secret}
	q, err := channel.Parameters(u, "updates")
	if err != nil {
		return Config{}, err
	}
	switch by := q.Get("updates"); by {
	case "", "poll":
	case "webhook":
		c.Brought = true
	default:
		return Config{}, fmt.Errorf("updates=%s is not known: use poll or webhook", by)
	}
	return c, nil
}

// secret is what Telegram says with each call to us: the same for every server of a bot, and nobody else can know it.
func (c Config) secret() string {
	mac := hmac.New(sha256.New, []byte(c.Token))
	mac.Write([]byte("rouse webhook"))
	return hex.EncodeToString(mac.Sum(nil))
}

// Descriptor describes the channel.
func Descriptor() ports.ChannelDescriptor {
	return ports.ChannelDescriptor{
		Kind: Kind, Label: "Telegram", Personal: true, Shared: true, Expiry: time.Hour, Posts: true, Follows: true,
		// Telegram takes 20 messages a minute to a group.
		// https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
		Floor: 3 * time.Second,
		Check: checkChat, Link: "/start CODE", Preview: channel.Shows(shown),
		Address: json.RawMessage(`{"type":"string","title":"Chat","description":"the number of a chat with the bot, which tells it when you write /start to it; a group's begins with -","pattern":"^(-?[0-9]+|@[A-Za-z0-9_]+)$"}`),
	}
}

var chatForm = regexp.MustCompile(`^(-?[1-9][0-9]{0,15}|@[A-Za-z][A-Za-z0-9_]{3,31})$`)

func checkChat(to string) (string, error) {
	to = strings.TrimSpace(to)
	if !chatForm.MatchString(to) {
		return "", fmt.Errorf("%q is neither the number of a chat, which the bot tells when you write /start to it, nor a public channel's @name", to)
	}
	return to, nil
}

// shown is what people read of a message, and its buttons.
func shown(m ports.Outgoing) (string, error) {
	out := compose(m)
	said := html.UnescapeString(tag.ReplaceAllString(out.Text, ""))
	for _, row := range out.Markup.Rows {
		for _, k := range row {
			said += "\n" + k.Text
		}
	}
	return said, nil
}

var tag = regexp.MustCompile(`<[^>]*>`)
