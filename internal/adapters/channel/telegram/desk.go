package telegram

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

const (
	actsIn    = time.Hour // what was written longer ago acts no more
	replyIn   = 5 * time.Second
	maxAnswer = 200 // characters of what a button's presser sees
)

// Desk does what people do in Telegram, and tells each what came of it.
type Desk struct {
	channel.Desk
	Sender *Sender
}

// NewDesk gives one over what is the same for all chats.
func NewDesk(shared channel.Desk, s *Sender) Desk {
	shared.Prefix = "/"
	return Desk{Desk: shared, Sender: s}
}

// Do takes as long as the database does, at most some 10 s.
func (d Desk) Do(ctx context.Context, u Update) {
	var said string
	call := strconv.FormatInt(u.ID, 10)
	switch {
	case u.Query == "":
		said = d.text(ctx, call, u)
	case u.Asked.Deed == "":
		said = "This button is none of Rouse's. Nothing changed."
	default:
		said = d.Press(ctx, call, u.who(), u.Asked)
	}
	if said != "" {
		d.reply(ctx, u, said)
	}
}

// text does what somebody wrote. Of what is written in a group only commands and replies to us are for us.
func (d Desk) text(ctx context.Context, call string, u Update) string {
	words, command := strings.CutPrefix(strings.TrimSpace(u.Text), "/")
	verb, rest, _ := strings.Cut(words, " ")
	verb, _, _ = strings.Cut(verb, "@") // "/ack@rouse_bot 42"
	rest = strings.TrimSpace(rest)
	switch {
	case command && rest != "" && (verb == "start" || verb == "link"):
		return d.LinkBy(ctx, call, u.who(), rest)
	case command && verb == "start":
		if u.Private {
			d.Written(ctx, ports.Written{ID: call, From: u.Chat, Text: "start", At: u.At})
		}
		return hello(u)
	}
	if !command && !u.Private && !u.Reply {
		return ""
	}
	if !command {
		return d.words(ctx, call, u, u.Text, false)
	}
	return d.words(ctx, call, u, strings.TrimSpace(verb+" "+rest), true)
}

// words does what somebody wrote of incidents, or to the bot.
func (d Desk) words(ctx context.Context, call string, u Update, whole string, command bool) string {
	r, ok := notification.ParseReply(whole)
	of := r.Numbers
	if len(of) == 0 && u.About != 0 {
		of = []id.Incident{u.About}
	}
	answers := ok && r.Deed.Answers() && len(of) > 0
	switch {
	case (answers || !ok && (command || u.About != 0)) && d.Sender.cfg.Now().Sub(u.At) > actsIn:
		return "This came more than an hour after it was written. Nothing changed."
	case answers:
		return d.Press(ctx, call, u.who(), channel.Asked{Deed: r.Deed, Of: of})
	case !ok && u.About != 0 && !command:
		return d.Press(ctx, call, u.who(), channel.Asked{Deed: notification.DeedNote, Of: of, Note: u.Text})
	case command && (!ok || !u.Private):
		return d.Command(ctx, call, u.who(), whole)
	case u.Private:
		return d.private(ctx, call, u, whole, r)
	}
	return "" // two people who talk below a message of ours
}

func (u Update) who() channel.Person { return channel.Person{ID: u.User, Name: u.Name} }

// private does what somebody wrote to the bot about their own messages.
func (d Desk) private(ctx context.Context, call string, u Update, words string, r notification.Reply) string {
	said := d.Written(ctx, ports.Written{ID: call, From: u.Chat, Text: words, At: u.At})
	if said == "" && r.Deed == notification.DeedStop {
		return "Nothing is sent here any more. Write /start to go on."
	}
	return said
}

func hello(u Update) string {
	whose := "Your chat"
	if !u.Private {
		whose = "This group"
	}
	return whose + " has the number " + u.Chat + ": that is its address in Rouse. Write /start and a code from your own page in Rouse to be known here."
}

// reply says it: to whoever pressed a button only, or under what was written. Where Telegram waits for the answer to a button
// no more, it is said there, too.
func (d Desk) reply(ctx context.Context, u Update, said string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), replyIn)
	defer cancel()
	var err error
	if u.Query != "" {
		err = d.Sender.call(ctx, "answerCallbackQuery", map[string]any{"callback_query_id": u.Query, "text": cut(said), "show_alert": true}, nil)
		if !says(err, "query is too old", "query id is invalid") {
			d.unanswered(err)
			return
		}
		said = u.Name + ": " + said
	}
	err = d.Sender.call(ctx, "sendMessage", message{Chat: u.Chat, Text: said, Preview: noPreview{true}, Reply: &replyTo{ID: u.Message, Without: true}}, nil)
	d.unanswered(err)
}

func (d Desk) unanswered(err error) {
	if err != nil {
		d.Unanswered()
		d.Log.Error("whoever answered in Telegram was not told what came of it", "error", err)
	}
}

func cut(s string) string {
	if r := []rune(s); len(r) > maxAnswer {
		return string(r[:maxAnswer-1]) + "…"
	}
	return s
}
