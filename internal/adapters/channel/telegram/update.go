package telegram

import (
	"cmp"
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// moved is the chat that a group became, 0 where it did not.
func moved(err error) int64 {
	if r, ok := errors.AsType[*refused](err); ok {
		return r.Parameters.MigrateTo
	}
	return 0
}

// Update is something that somebody did: pressed a button, or wrote.
type Update struct {
	ID      int64 // Telegram's, growing: the same where it comes again
	User    string
	Name    string
	Chat    string
	Private bool  // a chat with the bot alone
	Message int64 // that was written, or that has the button

	Query string // to be answered, of a button
	Asked channel.Asked

	Text  string // that was written
	At    time.Time
	Reply bool        // to a message of ours
	About id.Incident // that this message is about; 0: no one incident
}

// update is what Telegram tells. What it is not told of here, nobody asks for.
// https://core.telegram.org/bots/api#update
type update struct {
	ID      int64    `json:"update_id"`
	Message *written `json:"message"`
	Query   *struct {
		ID      string   `json:"id"`
		From    user     `json:"from"`
		Message *written `json:"message"`
		Data    string   `json:"data"`
	} `json:"callback_query"`
}

type user struct {
	ID       int64  `json:"id"`
	Bot      bool   `json:"is_bot"`
	First    string `json:"first_name"`
	Username string `json:"username"`
}

type written struct {
	ID   int64 `json:"message_id"`
	From user  `json:"from"`
	Chat struct {
		ID   int64  `json:"id"`
		Type string `json:"type"`
	} `json:"chat"`
	Date int64    `json:"date"`
	Text string   `json:"text"`
	To   *written `json:"reply_to_message"`
}

// wanted are the kinds of updates that are asked for.
func wanted() []string { return []string{"message", "callback_query"} }

// ReadUpdate reads what Telegram calls us with. ok is false for what asks for nothing.
func (s *Sender) ReadUpdate(h http.Header, content []byte) (u Update, ok bool, err error) {
	if !s.cfg.Brought || !hmac.Equal([]byte(h.Get("X-Telegram-Bot-Api-Secret-Token")), []byte(s.cfg.secret())) {
		return u, false, fault.Unauthorized("callback.bad_signature", "this is not from Telegram, or for another bot")
	}
	var raw update
	if json.Unmarshal(content, &raw) != nil || raw.ID == 0 {
		return u, false, fault.Invalid("callback.unreadable", "the body cannot be read, or is too large")
	}
	u, ok = s.read(raw)
	return u, ok, nil
}

func (s *Sender) read(raw update) (Update, bool) {
	switch {
	case raw.Query != nil && raw.Query.Message != nil:
		q := raw.Query
		u := s.by(raw.ID, q.From, *q.Message)
		u.Query = q.ID
		u.Asked, _ = channel.ReadButton(q.Data) // who presses what is none of ours is answered, too
		return u, !q.From.Bot
	case raw.Message != nil && raw.Message.Text != "":
		m := raw.Message
		u := s.by(raw.ID, m.From, *m)
		u.Text, u.At = m.Text, time.Unix(m.Date, 0).UTC()
		if m.To != nil && m.To.From.ID == s.cfg.Bot {
			u.Reply, u.About = true, about(m.To.Text)
		}
		return u, !m.From.Bot
	}
	return Update{}, false
}

func (s *Sender) by(n int64, who user, m written) Update {
	return Update{
		ID: n, User: strconv.FormatInt(who.ID, 10), Name: cmp.Or(who.Username, who.First), Chat: strconv.FormatInt(m.Chat.ID, 10),
		Private: m.Chat.Type == "private", Message: m.ID,
	}
}

// last is the number that what we wrote about one incident ends with.
var last = regexp.MustCompile(`#([1-9][0-9]{0,17})$`)

func about(ours string) id.Incident {
	m := last.FindStringSubmatch(strings.TrimSpace(ours))
	if m == nil {
		return 0
	}
	n, _ := strconv.ParseInt(m[1], 10, 64) // 18 digits fit
	return id.Incident(n)
}

// patience is for an answer that Telegram has.
const patience = 10 * time.Second

// Brought says whether Telegram is to call us.
func (s *Sender) Brought() bool { return s.cfg.Brought }

// Begin tells Telegram how what people do is to come: by calls to an address, or by asking.
func (s *Sender) Begin(ctx context.Context, callback string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if !s.cfg.Brought {
		return reading(s.call(ctx, "deleteWebhook", struct{}{}, nil))
	}
	return reading(s.call(ctx, "setWebhook", map[string]any{"url": callback, "secret_token": s.cfg.secret(), "allowed_updates": wanted()}, nil))
}

// Ask waits for what people do, for whole seconds at most, and gives it; next is what to ask for after, when all of it is
// worked: 0, all that there is, where nothing was left. Telegram keeps for a day what was not.
func (s *Sender) Ask(ctx context.Context, from int64, wait time.Duration) (list []Update, next int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, wait+patience)
	defer cancel()
	var raw []update
	err = reading(s.call(ctx, "getUpdates", map[string]any{"offset": from, "timeout": int(wait / time.Second), "allowed_updates": wanted()}, &raw))
	if err != nil {
		return nil, from, err
	}
	if len(raw) == 0 {
		return nil, 0, nil // Telegram may number anew, also lower: https://core.telegram.org/bots/api#update
	}
	for _, r := range raw {
		from = max(from, r.ID+1)
		if u, ok := s.read(r); ok {
			list = append(list, u)
		}
	}
	return list, from, nil
}
