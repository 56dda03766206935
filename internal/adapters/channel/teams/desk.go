package teams

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
)

// Desk does what calls ask for, and answers each.
type Desk struct {
	channel.Desk
	Bot *Bot
}

// NewDesk gives one over what is the same for all chats.
func NewDesk(shared channel.Desk, b *Bot) Desk {
	shared.More = "channel: the address of this channel, for Rouse\nIn a channel, write this bot's name before."
	return Desk{Desk: shared, Bot: b}
}

// Do gives what Teams shows to whoever pressed a button, as JSON; nil for what is answered in the conversation.
func (d Desk) Do(ctx context.Context, c Call) any {
	who := channel.Person{ID: c.User, Name: c.Name}
	if c.Pressed {
		said := cmp.Or(d.Press(ctx, c.ID, who, c.Asked), "This was done already, or is being done.")
		// https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/universal-action-model#response-format
		return object{"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": said}
	}
	var said string
	switch {
	case c.Added:
		said = d.Work(ctx, c.ID, "", func(context.Context) (string, error) { return "Rouse is here.\n" + where(c) + d.Help(), nil })
	case strings.EqualFold(c.Command, "channel"):
		said = cmp.Or(strings.TrimSpace(where(c)), "This is no channel and no group. Write it there.")
	default:
		said = d.Command(ctx, c.ID, who, c.Command)
	}
	if said != "" {
		d.reply(ctx, c, said)
	}
	return nil
}

func (d Desk) reply(ctx context.Context, c Call, said string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := d.Bot.Say(ctx, c.Where, said); err != nil {
		d.Unanswered()
		d.Log.Error("whoever wrote in Teams was not told what came of it", "error", err)
	}
}

// where is what a channel here is called in Rouse.
func where(c Call) string {
	root, _, _ := strings.Cut(c.Where, ";")
	if to, err := checkConversation(root); err == nil {
		return "The address of this channel, for a channel of the kind " + Kind + " in Rouse: " + to + "\n"
	}
	return ""
}
