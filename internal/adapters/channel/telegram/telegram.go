// Package telegram keeps a message in a group for each incident, sends to people, and takes buttons and replies, by a bot of
// Telegram's.
//
// https://core.telegram.org/bots/api
package telegram

import (
	"context"
	"fmt"
	"html"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

const (
	maxText = 4096 // UTF-16 units of a message, without its marks
	maxTold = 15   // incidents of one message, where they fit
)

// Sender sends. Any number of goroutines may use it.
type Sender struct {
	cfg    Config
	client *http.Client
}

var _ ports.Notifier = (*Sender)(nil)

// New gives a sender.
func New(cfg Config) *Sender {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Blocked == nil {
		cfg.Blocked = func(context.Context, string, string) {}
	}
	return &Sender{cfg: cfg, client: channel.NewClient(&net.Dialer{}, http.ProxyFromEnvironment)}
}

// message is what sendMessage and editMessageText take.
type message struct {
	Chat    string    `json:"chat_id"`
	ID      int64     `json:"message_id,omitempty"` // of the one to edit
	Text    string    `json:"text"`
	Mode    string    `json:"parse_mode,omitempty"`
	Preview noPreview `json:"link_preview_options"`
	Quiet   bool      `json:"disable_notification,omitempty"`
	Reply   *replyTo  `json:"reply_parameters,omitempty"`
	Markup  *keyboard `json:"reply_markup,omitempty"`
}

type noPreview struct {
	Disabled bool `json:"is_disabled"`
}

type replyTo struct {
	ID      int64 `json:"message_id"`
	Without bool  `json:"allow_sending_without_reply"`
}

type keyboard struct {
	Rows [][]key `json:"inline_keyboard"`
}

type key struct {
	Text string `json:"text"`
	Data string `json:"callback_data"` // at most 64 bytes
}

// sent is what Telegram says of a message that it took.
type sent struct {
	ID   int64 `json:"message_id"`
	Chat struct {
		ID int64 `json:"id"`
	} `json:"chat"`
}

// Send sends to a person. In a group it makes the incident's message say what is true now; whoever is to answer there is told
// by a reply to it, since nobody hears of an edit. Telegram cannot be asked for what an earlier attempt may have sent.
func (s *Sender) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	to, err := checkChat(m.To)
	if err != nil {
		return ports.Receipt{}, err
	}
	out := compose(m)
	out.Chat = to
	if m.Recipient.Kind != notification.ToChannel || m.Purpose == notification.PurposeTest || len(m.Items) != 1 {
		return s.post(ctx, out)
	}
	chat, n, _ := strings.Cut(m.Items[0].Post, ":")
	id, err := strconv.ParseInt(n, 10, 64)
	if err != nil {
		return s.post(ctx, out)
	}
	out.Chat, out.ID = chat, id
	err = s.call(ctx, "editMessageText", out, nil)
	switch {
	case says(err, "message to edit not found", "message can't be edited", "message_id_invalid", "chat not found"):
		out.Chat, out.ID = to, 0 // somebody deleted it
		return s.post(ctx, out)
	case err != nil && !says(err, "message is not modified"):
		return ports.Receipt{}, err
	}
	if m.Purpose == notification.PurposePage {
		out.ID, out.Reply = 0, &replyTo{ID: id, Without: true}
		if _, err := s.post(ctx, out); err != nil {
			return ports.Receipt{}, err
		}
	}
	return ports.Receipt{ProviderID: m.Items[0].Post, Detail: "Telegram: edited " + m.Items[0].Post, Delivered: true}, nil
}

func compose(m ports.Outgoing) message {
	in := text.Input(m)
	plain := func(s string) string { return html.EscapeString(text.NoMention(s)) }
	marks := text.Markup{
		Style: text.Style{Plain: plain},
		Bold:  func(s string) string { return "<b>" + s + "</b>" },
		Link:  func(label, to string) string { return `<a href="` + html.EscapeString(to) + `">` + label + "</a>" },
	}
	said := ""
	for most := maxTold; most > 0; most-- {
		if said = strings.Join(text.Chat(in, marks, most), "\n\n"); length(said) <= maxText {
			break
		}
	}
	out := message{Text: said, Mode: "HTML", Preview: noPreview{true}, Quiet: text.Push(in).Silent}
	for _, b := range channel.Buttons(in) {
		if out.Markup == nil {
			out.Markup = &keyboard{Rows: [][]key{{}}}
		}
		k := out.Markup
		if last := len(k.Rows) - 1; len(k.Rows[last]) < 2 {
			k.Rows[last] = append(k.Rows[last], key{b.Label, b.Do})
			continue
		}
		k.Rows = append(k.Rows, []key{{b.Label, b.Do}})
	}
	return out
}

var tags = regexp.MustCompile(`<[^>]*>`)

// length counts as Telegram does.
func length(marked string) int {
	return len(utf16.Encode([]rune(html.UnescapeString(tags.ReplaceAllString(marked, "")))))
}

func (s *Sender) post(ctx context.Context, out message) (ports.Receipt, error) {
	var done sent
	err := s.call(ctx, "sendMessage", out, &done)
	if r := moved(err); r != 0 { // the address is an old one; the group is there
		out.Chat, out.Reply = strconv.FormatInt(r, 10), nil
		err = s.call(ctx, "sendMessage", out, &done)
	}
	if says(err, "bot was blocked by the user", "user is deactivated") {
		s.cfg.Blocked(ctx, out.Chat, err.Error())
	}
	if err != nil {
		return ports.Receipt{}, err
	}
	id := fmt.Sprintf("%d:%d", done.Chat.ID, done.ID)
	return ports.Receipt{ProviderID: id, Detail: "Telegram: sent " + id, Delivered: true}, nil
}
