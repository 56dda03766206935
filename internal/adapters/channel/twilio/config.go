package twilio

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Config is an account to send from.
type Config struct {
	BaseURL string  // "https://api.twilio.com"; without a trailing slash
	Account string  // AC…
	Token   string  // secret
	From    string  // number, sender id, or a messaging service (MG…)
	Voice   string  // number to call from; "": nobody is called
	Replies Replies // how they come

	Price, CallPrice notification.Price // of a text, and of a call

	Now func() time.Time // nil: time.Now
}

// Replies says how what people write back comes here.
type Replies string

// The ways of replies.
const (
	RepliesAsked   Replies = "poll"    // Twilio is asked for them: needs no way in from the outside
	RepliesBrought Replies = "webhook" // only by Twilio's calls
	RepliesNone    Replies = "none"    // the sender cannot receive
)

// Parse reads "https://SID:TOKEN@api.twilio.com?from=+15005550006", with replies=poll, webhook or none, and
// voice=+1… or none, price=0.075USD and voice_price=. Its errors do not repeat the secret.
func Parse(raw string) (Config, error) {
	const form = "use https://SID:TOKEN@api.twilio.com?from=+15005550006"
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return Config{}, errors.New("this is no Twilio address: " + form)
	}
	token, _ := u.User.Password()
	if u.User.Username() == "" || token == "" {
		return Config{}, errors.New("the Twilio address has no account or token: " + form)
	}
	if u.Scheme == "http" && !channel.Near(u.Hostname()) {
		return Config{}, errors.New("the Twilio address would send the token in clear text: use https")
	}
	q, err := channel.Parameters(u, "from", "voice", "replies", "price", "voice_price")
	if err != nil {
		return Config{}, err
	}
	from := q.Get("from")
	if from == "" {
		return Config{}, errors.New("the Twilio address does not say from which number: " + form)
	}
	// A query's plus sign is a space. Whoever writes a number does not mean that.
	if after, ok := strings.CutPrefix(from, " "); ok {
		from = "+" + after
	}
	voice, err := parseVoice(q.Get("voice"), from)
	if err != nil {
		return Config{}, err
	}
	replies, err1 := parseReplies(q.Get("replies"), from)
	price, err2 := notification.ParsePrice(q.Get("price"))
	callPrice, err3 := notification.ParsePrice(q.Get("voice_price"))
	return Config{
		Replies: replies, Voice: voice, Price: price, CallPrice: callPrice,
		BaseURL: u.Scheme + "://" + u.Host + strings.TrimRight(u.Path, "/"),
		Account: u.User.Username(), Token: token, From: from,
	}, errors.Join(err1, err2, err3)
}

// parseVoice gives the number to call from: the one that texts come from, where nothing else is said.
func parseVoice(text, from string) (string, error) {
	text = strings.Replace(text, " ", "+", 1)
	switch {
	case text == "" && phone.MatchString(from):
		return from, nil
	case text == "", text == "none":
		return "", nil
	case !phone.MatchString(text):
		return "", errors.New("voice= is no number to call from: use voice=+15005550006, or none")
	}
	return text, nil
}

func parseReplies(text, from string) (Replies, error) {
	switch r := Replies(text); r {
	case "":
		if phone.MatchString(from) || strings.HasPrefix(from, "MG") {
			return RepliesAsked, nil
		}
		return RepliesNone, nil // a name: nobody can write to it
	case RepliesAsked, RepliesBrought, RepliesNone:
		return r, nil
	}
	return "", fmt.Errorf("replies=%s is not known: use poll, webhook or none", text)
}

// Descriptor describes the channel.
func Descriptor() ports.ChannelDescriptor {
	return ports.ChannelDescriptor{
		Kind: "sms", Label: "SMS", Personal: true, Paid: true, Floor: time.Minute, Check: checkPhone, Preview: Preview(true),
		Address: json.RawMessage(`{"type":"string","title":"Phone number","description":"international, with + and country code","pattern":"^\\+[1-9][0-9]{6,14}$"}`),
	}
}

// Preview is what a text looks like; replies: it can be answered.
func Preview(replies bool) func(map[string]string) (string, error) {
	return channel.ShowsPage(func(m ports.Outgoing) string {
		m.Replies = replies
		return text.SMS(text.Input(m))
	})
}

// Receives says whether somebody can write back.
func (c Config) Receives() bool { return c.Replies != RepliesNone }

var (
	phone     = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	phoneFill = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "", "/", "", "\u00a0", "")
)

// checkPhone takes a number as people write it and gives it in E.164.
func checkPhone(to string) (string, error) {
	n := phoneFill.Replace(to)
	if !phone.MatchString(n) {
		return "", fmt.Errorf("%q is not an international phone number: write it with + and country code, e.g. +34600000000", to)
	}
	return n, nil
}
