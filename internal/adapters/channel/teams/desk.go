package teams

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/app/admin"
)

// Desk does what calls ask for, and answers each.
type Desk struct {
	channel.Desk
	Bot   *Bot
	Rooms admin.Rooms
}

// NewDesk gives one over what is the same for all chats.
func NewDesk(shared channel.Desk, b *Bot, rooms admin.Rooms) Desk {
	shared.More = "channel: the address of this channel, for Rouse\nIn a channel, write this bot's name before."
	return Desk{Desk: shared, Bot: b, Rooms: rooms}
}

// Do gives what Teams shows to whoever pressed a button, as JSON; nil for what is answered in the conversation.
func (d Desk) Do(ctx context.Context, c Call) any {
	who := channel.Person{ID: c.User, Name: c.Name}
	d.learn(ctx, c)
	if c.Only {
		return nil
	}
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

// learn notes where the bot is. Without it nobody can choose a channel by its name, and everything else goes on. What a team
// has beside what an activity says is asked for when the bot is added to it, and when somebody asks about a channel.
func (d Desk) learn(ctx context.Context, c Call) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if c.Team != "" && (c.Added || strings.EqualFold(c.Command, "channel")) {
		more, err := d.Bot.Rooms(ctx, c.Team)
		if err != nil {
			d.Log.Warn("Teams did not say which channels a team has", "error", err)
		}
		c.In = append(more, c.In...)
	}
	if err := d.Rooms.Note(ctx, Kind, c.In, c.Gone); err != nil {
		d.Log.Warn("where the bot is in Teams was not noted", "error", err)
	}
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
