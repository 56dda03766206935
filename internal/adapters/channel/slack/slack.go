// Package slack keeps one message for each incident in a channel, edited in place, sends direct messages, and takes what
// people answer: buttons, a command, by signed requests or by Socket Mode.
package slack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Sender posts messages. Any number of goroutines may use it.
type Sender struct {
	cfg   Config
	web   web
	token atomic.Pointer[string]
}

var _ ports.Notifier = (*Sender)(nil)

// New gives a sender.
func New(cfg Config) *Sender {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Sender{cfg: cfg, web: web{channel.NewClient(&net.Dialer{}, http.ProxyFromEnvironment), cfg.Now}}
	s.SetToken(cfg.Token)
	return s
}

// SetToken says which token an installation has brought; "" for none.
func (s *Sender) SetToken(token string) { s.token.Store(&token) }

func (s *Sender) api() *slack.Client {
	return slack.New(*s.token.Load(), slack.OptionAPIURL(s.cfg.BaseURL), slack.OptionHTTPClient(s.web), slack.OptionAppLevelToken(s.cfg.AppToken))
}

// Check asks Slack whether it knows our token.
func (s *Sender) Check(ctx context.Context) error {
	if s.Installs() && *s.token.Load() == "" {
		return errNotInstalled
	}
	_, err := s.api().AuthTestContext(ctx)
	return s.judge(err)
}

var errNotInstalled = errors.New("not installed in Slack yet: an admin opens /api/v1/slack/install")

// markType names the metadata by which we find what we posted.
const markType = "rouse_message"

func marked(mark string) slack.MsgOption {
	return slack.MsgOptionMetadata(slack.SlackMetadata{EventType: markType, EventPayload: map[string]any{"mark": mark}})
}

// Send posts to a person. In a channel it makes the incident's message say what is true now and tells in its thread what
// happened. Whatever is tried again, there is one of each: another attempt looks for it by its mark before it posts.
func (s *Sender) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	to, err := checkAddress(m.To)
	if err != nil {
		return ports.Receipt{}, err
	}
	if *s.token.Load() == "" {
		return ports.Receipt{}, errNotInstalled
	}
	if strings.Contains(to, "@") {
		if to, err = s.member(ctx, to); err != nil {
			return ports.Receipt{}, err
		}
	}
	d := draft{Sender: s, m: m, to: to, mark: string(m.ID)}
	if m.Recipient.Kind != notification.ToChannel || m.Purpose == notification.PurposeTest {
		return d.open(ctx)
	}
	d.mark = string(m.Lane) + " " + m.Items[0].ID // the descriptor says Posts
	ch, ts, known := strings.Cut(m.Items[0].Post, ":")
	if !known {
		return d.open(ctx)
	}
	return d.update(ctx, ch, ts)
}

// member gives the id of whoever has an address.
func (s *Sender) member(ctx context.Context, email string) (string, error) {
	u, err := s.api().GetUserByEmailContext(ctx, email)
	if err != nil {
		return "", s.reading(err)
	}
	return u.ID, nil
}

// draft is one attempt to send a message.
type draft struct {
	*Sender
	m    ports.Outgoing
	to   string
	mark string
}

func (d draft) open(ctx context.Context) (ports.Receipt, error) {
	if d.m.Attempt > 1 {
		ch, ts, err := d.find(ctx)
		if err != nil {
			return ports.Receipt{}, err
		}
		if ts != "" {
			return d.edit(ctx, ch, ts)
		}
	}
	ch, ts, err := d.api().PostMessageContext(ctx, d.to, d.content()...)
	if err == nil && ts == "" {
		err = errUnread
	}
	if err != nil {
		return ports.Receipt{}, d.judge(err)
	}
	return d.receipt(ch, ts, "posted")
}

func (d draft) content() []slack.MsgOption {
	in := text.Input(d.m)
	return []slack.MsgOption{
		slack.MsgOptionText(text.Line(in), true), slack.MsgOptionBlocks(blocks(in)...), marked(d.mark),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
	}
}

// update edits the message, then tells in its thread. One that somebody deleted is posted anew.
func (d draft) update(ctx context.Context, ch, ts string) (ports.Receipt, error) {
	r, err := d.edit(ctx, ch, ts)
	if gone(err) {
		return d.open(ctx)
	}
	if err == nil {
		err = d.tell(ctx, ch, ts)
	}
	return r, err
}

func (d draft) edit(ctx context.Context, ch, ts string) (ports.Receipt, error) {
	if _, _, _, err := d.api().UpdateMessageContext(ctx, ch, ts, d.content()...); err != nil {
		return ports.Receipt{}, d.judge(err)
	}
	return d.receipt(ch, ts, "edited")
}

func gone(err error) bool {
	a, ok := errors.AsType[*answered](err)
	return ok && (a.word == "message_not_found" || a.word == "cant_update_message" || a.word == "edit_window_closed")
}

// tell says in the thread what happened. Whoever reads the channel sees it where somebody is to answer: editing a message
// tells nobody.
func (d draft) tell(ctx context.Context, ch, ts string) error {
	mark := string(d.m.ID)
	if d.m.Attempt > 1 {
		replies, _, _, err := d.api().GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
			ChannelID: ch, Timestamp: ts, Oldest: d.since(), Limit: 200, IncludeAllMetadata: true,
		})
		if err != nil {
			return d.reading(err)
		}
		if at(replies, mark) != "" {
			return nil
		}
	}
	options := []slack.MsgOption{slack.MsgOptionText(happened(text.Input(d.m)), false), slack.MsgOptionTS(ts), marked(mark), slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl()}
	if d.m.Purpose == notification.PurposePage {
		options = append(options, slack.MsgOptionBroadcast())
	}
	_, _, err := d.api().PostMessageContext(ctx, ch, options...)
	return d.judge(err)
}

// pagesRead is how far is looked for what was posted: a busy channel has written no more since.
const pagesRead = 10

// find looks for what an earlier attempt posted; "" where there is none, or where we may not look.
func (d draft) find(ctx context.Context) (ch, ts string, err error) {
	if ch, err = d.channelID(ctx); err != nil || ch == "" {
		return "", "", err
	}
	page := slack.GetConversationHistoryParameters{ChannelID: ch, Oldest: d.since(), Limit: 200, IncludeAllMetadata: true}
	for range pagesRead { // the newest first
		h, err := d.api().GetConversationHistoryContext(ctx, &page)
		var said slack.SlackErrorResponse
		if errors.As(err, &said) && said.Err == "missing_scope" {
			return "", "", nil
		}
		if err != nil {
			return "", "", d.reading(err)
		}
		page.Cursor = h.ResponseMetaData.NextCursor
		if ts = at(h.Messages, d.mark); ts != "" || page.Cursor == "" {
			break
		}
	}
	return ch, ts, nil
}

// since is a bit before the first attempt, as Slack says it.
func (d draft) since() string {
	return strconv.FormatInt(d.m.CreatedAt.Add(-time.Minute).Unix(), 10) + ".000000"
}

// at gives the time of the message with a mark.
func at(list []slack.Message, mark string) string {
	for i := range list {
		if m := &list[i]; m.Metadata.EventType == markType && m.Metadata.EventPayload["mark"] == mark {
			return m.Timestamp
		}
	}
	return ""
}

// channelID is where the message goes: reading takes ids only. "" where no channel has the name.
func (d draft) channelID(ctx context.Context) (string, error) {
	name, named := strings.CutPrefix(d.to, "#")
	switch {
	case !named && (d.to[0] == 'U' || d.to[0] == 'W'):
		ch, _, _, err := d.api().OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{d.to}})
		if err != nil {
			return "", d.reading(err)
		}
		return ch.ID, nil
	case !named:
		return d.to, nil
	}
	cursor := ""
	for range 10 {
		list, next, err := d.api().GetConversationsContext(ctx, &slack.GetConversationsParameters{Cursor: cursor, Limit: 1000, ExcludeArchived: true, Types: []string{"public_channel", "private_channel"}})
		if err != nil {
			return "", d.reading(err)
		}
		for i := range list {
			if list[i].Name == name {
				return list[i].ID, nil
			}
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	return "", nil
}

func (d draft) receipt(ch, ts, did string) (ports.Receipt, error) {
	return ports.Receipt{ProviderID: ch + ":" + ts, Detail: fmt.Sprintf("Slack: %s in %s", did, ch), Delivered: true}, nil
}
