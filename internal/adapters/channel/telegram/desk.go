package telegram

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/app/respond"
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
		return d.hello(ctx, u)
	}
	if command {
		return d.command(ctx, call, u, strings.TrimSpace(verb+" "+rest))
	}
	if u.Private || u.Reply {
		return d.words(ctx, call, u)
	}
	return ""
}

const tooLate = "This came more than an hour after it was written. Nothing changed."

// command does what somebody told the bot to do.
func (d Desk) command(ctx context.Context, call string, u Update, words string) string {
	r, of, ok := u.means(words)
	switch {
	case (of != nil || !ok) && d.late(u):
		return tooLate
	case of != nil:
		return d.Press(ctx, call, u.who(), channel.Asked{Deed: r.Deed, Of: of})
	case !ok || !u.Private:
		return d.Command(ctx, call, u.who(), words)
	}
	return d.private(ctx, call, u, words, r)
}

// words does what somebody wrote to the bot, or below a message of it: what answers nothing there is a note.
func (d Desk) words(ctx context.Context, call string, u Update) string {
	r, of, ok := u.means(u.Text)
	asked := channel.Asked{Deed: r.Deed, Of: of}
	if !ok && u.About != 0 {
		asked = channel.Asked{Deed: notification.DeedNote, Of: []id.Incident{u.About}, Note: u.Text}
	}
	switch {
	case asked.Of != nil && d.late(u):
		return tooLate
	case asked.Of != nil:
		return d.Press(ctx, call, u.who(), asked)
	case u.Private:
		return d.private(ctx, call, u, u.Text, r)
	}
	return "" // two people who talk below a message of ours
}

// means reads words. of is nil unless they answer incidents: those they name, or the one above them.
func (u Update) means(words string) (r notification.Reply, of []id.Incident, ok bool) {
	r, ok = notification.ParseReply(words)
	switch {
	case !ok || !r.Deed.Answers():
	case len(r.Numbers) > 0:
		of = r.Numbers
	case u.About != 0:
		of = []id.Incident{u.About}
	}
	return r, of, ok
}

// late says whether what somebody wrote is too old to be acted on.
func (d Desk) late(u Update) bool { return d.Sender.cfg.Now().Sub(u.At) > actsIn }

func (u Update) who() channel.Person { return channel.Person{ID: u.User, Name: u.Name} }

// private does what somebody wrote to the bot about their own messages.
func (d Desk) private(ctx context.Context, call string, u Update, words string, r notification.Reply) string {
	said := d.Written(ctx, ports.Written{ID: call, From: u.Chat, Text: words, At: u.At})
	if said == "" && r.Deed == notification.DeedStop {
		return "Nothing is sent here any more. Write /start to go on."
	}
	return said
}

// hello is said to whoever begins: what their chat is called, and whether they are known.
func (d Desk) hello(ctx context.Context, u Update) string {
	whose := "Your chat"
	if !u.Private {
		whose = "This group"
	}
	said := whose + " has the number " + u.Chat + ": that is its address in Rouse. "
	if user, err := d.Answer.Who(ctx, respond.Presser{Kind: Kind, ID: u.User}); err == nil {
		return said + "You are " + user.Principal().Actor.Name + " there."
	}
	return said + "Write /start and a code from your own page in Rouse to be known here."
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
