package teams

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// activity is what Teams tells of.
// https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference#activity-object
type activity struct {
	Type         string
	ID           string
	Name         string // of an invoke
	ServiceURL   string `json:"serviceUrl"`
	ChannelID    string `json:"channelId"` // msteams
	Text         string
	From         account
	Recipient    account // the bot
	Conversation struct {
		ID       string
		Name     string // of a group's chat
		TenantID string `json:"tenantId"`
	}
	Added       []account       `json:"membersAdded"`
	Removed     []account       `json:"membersRemoved"`
	Value       json.RawMessage // of a button, or anything
	ChannelData channelData     `json:"channelData"`
}

type account struct {
	ID     string
	Name   string
	Object string `json:"aadObjectId"` // of a person, the same for every bot
}

func (a *activity) tenant() string { return cmp.Or(a.ChannelData.Tenant.ID, a.Conversation.TenantID) }

// Call is something that somebody did in Teams: pressed a button, wrote to the bot, added it to a team.
type Call struct {
	ID    string // Teams': the same where it comes again
	User  string // id
	Name  string // what they are called
	Where string // id of the conversation, with the thread

	Pressed       bool   // a button: it is answered by what Do gives
	Added         bool   // the bot was added
	Command       string // what they wrote
	channel.Asked        // by a button

	Only bool             // nobody asks for anything: it only says what follows
	In   []directory.Room // where the bot is
	Gone []string         // ids of rooms and teams where it is not any more
	Team string           // id, where it happened in one
}

// maxSnooze is the longest that a button asks for.
const maxSnooze = 24 * 60

// ReadCall reads a signed activity. ok is false for what asks for nothing.
func (b *Bot) ReadCall(ctx context.Context, h http.Header, content []byte) (c Call, ok bool, err error) {
	var a activity
	unreadable := fault.Invalid("callback.unreadable", "the body cannot be read, or is too large")
	if json.Unmarshal(content, &a) != nil {
		return c, false, unreadable
	}
	if err := b.keys.verify(ctx, h, &a); err != nil {
		return c, false, err
	}
	c = Call{ID: a.ID, User: cmp.Or(a.From.Object, a.From.ID), Name: a.From.Name, Where: a.Conversation.ID, Team: a.ChannelData.Team.ID}
	c.In, c.Gone = a.rooms()
	switch {
	case c.ID == "" || c.Where == "":
		return c, false, unreadable
	case a.Type == "conversationUpdate":
		for _, m := range a.Added {
			c.Added = c.Added || m.ID == a.Recipient.ID
		}
		c.Only = !c.Added
		return c, c.Added || len(c.In)+len(c.Gone) > 0, nil
	case a.Type == "message" && c.User != "":
		c.Command = command(a.Text)
		return c, true, nil
	case a.Type == "invoke" && a.Name == "adaptiveCard/action" && c.User != "":
		if c, ok = c.pressed(a.Value); !ok {
			return c, false, unreadable
		}
		return c, true, nil
	}
	return c, false, nil
}

// mention is how Teams writes whom a message is for.
var mention = regexp.MustCompile(`(?s)<at>.*?</at>`)

func command(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(mention.ReplaceAllString(s, " "), "&nbsp;", " ")), " ")
}

// pressed reads what a button of ours sends.
func (c Call) pressed(value json.RawMessage) (Call, bool) {
	var in struct {
		Action struct {
			Verb string
			Data struct {
				Incident int64
				Minutes  int64
				Note     string
			}
		}
	}
	if json.Unmarshal(value, &in) != nil || in.Action.Data.Incident < 1 {
		return c, false
	}
	data := in.Action.Data
	c.Pressed, c.Deed, c.Of = true, notification.Deed(in.Action.Verb), []id.Incident{id.Incident(data.Incident)}
	switch c.Deed { //nolint:exhaustive // the others have no button
	case notification.DeedAcknowledge, notification.DeedPassOn, notification.DeedResolve, notification.DeedEscalate:
		return c, true
	case notification.DeedSnooze:
		c.For = time.Duration(data.Minutes) * time.Minute
		return c, data.Minutes > 0 && data.Minutes <= maxSnooze
	case notification.DeedNote:
		c.Note = data.Note
		return c, len(c.Note) <= 4*maxNote
	}
	return c, false
}
