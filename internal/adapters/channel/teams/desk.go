package teams

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
)

// Desk does what calls ask for, each once, and answers each.
type Desk struct {
	Bot        *Bot
	Answer     respond.Answer
	Once       respond.Once
	Link       admin.LinkProvider
	List       insight.ListIncidents
	OnCall     insight.WhoIsOnCall
	Unanswered func() // told when somebody could not be answered
	Log        *slog.Logger
}

// Do gives what Teams shows to whoever pressed a button, as JSON; nil for what is answered in the conversation.
func (d Desk) Do(ctx context.Context, c Call) any {
	var said string
	again, err := d.Once.Do(ctx, Kind+":"+c.ID, func(ctx context.Context) (err error) {
		said, err = d.work(ctx, c)
		return err
	})
	switch {
	case again:
		said = "This was done already, or is being done."
	case fault.Of(err).Code == "answer.nobody":
		said = "You are not linked to anybody in Rouse. Nothing changed. On your own page in Rouse, make a code for Teams, and write to this bot: link CODE"
	case err != nil && said == "":
		said = d.sorry(c, err)
	}
	if c.Pressed {
		// https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/universal-action-model#response-format
		return object{"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": said}
	}
	if !again && said != "" {
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

// sorry says why nothing was done, where the use case itself has no words.
func (d Desk) sorry(c Call, err error) string {
	f := fault.Of(err)
	switch {
	case f.Kind == fault.KindInternal:
		d.Log.Error("a call from Teams failed", "error", err)
		return "NOT done: something went wrong here; the log says what."
	case f.Kind != fault.KindUnavailable:
		return f.Message + "."
	case !c.Pressed:
		return "NOT done: the database cannot be reached, or did not answer in time. Try again."
	}
	return text.NotSaved(c.Deed, f.Code != "incident.not_known")
}

func (d Desk) work(ctx context.Context, c Call) (string, error) {
	by := respond.Presser{Kind: Kind, ID: c.User}
	switch {
	case c.Added:
		return "Rouse is here.\n" + d.where(c) + help, nil
	case c.Pressed:
		return d.Answer.ByPost(ctx, respond.Pressed{By: by, Deed: c.Deed, Of: c.Of, For: c.For, Note: c.Note})
	}
	return d.command(ctx, c, by)
}

const help = `Write to this bot, in a channel with its name before:
who: who is paged first
list: what is open
ack 42: acknowledge; pass 42 passes it on, resolve 42 resolves it
link CODE: tell Rouse who you are; your page in Rouse makes the code
channel: the address of this channel, for Rouse`

// where is what a channel here is called in Rouse.
func (d Desk) where(c Call) string {
	root, _, _ := strings.Cut(c.Where, ";")
	if to, err := checkConversation(root); err == nil {
		return "The address of this channel, for a channel of the kind " + Kind + " in Rouse: " + to + "\n"
	}
	return ""
}

// command does what somebody wrote.
func (d Desk) command(ctx context.Context, c Call, by respond.Presser) (string, error) {
	verb, rest, _ := strings.Cut(c.Command, " ")
	switch strings.ToLower(verb) {
	case "", "help", "hello", "hi":
		return help, nil
	case "channel":
		if where := d.where(c); where != "" {
			return strings.TrimSpace(where), nil
		}
		return "This is no channel and no group. Write it there.", nil
	case "link":
		user, err := d.Link.ByCode(ctx, directory.Linked{Kind: Kind, ID: c.User, Name: c.Name}, rest)
		if err != nil {
			return "", err
		}
		return "You are " + user.Principal().Actor.Name + " in Rouse now.", nil
	case "who", "oncall":
		return d.onCall(ctx, by)
	case "list":
		return d.list(ctx, by)
	}
	if r, ok := notification.ParseReply(c.Command); ok && r.Deed.Answers() {
		if len(r.Numbers) == 0 {
			return "Say which: " + verb + " 42", nil
		}
		return d.Answer.ByPost(ctx, respond.Pressed{By: by, Deed: r.Deed, Of: r.Numbers})
	}
	return "Not understood, nothing changed.\n" + help, nil
}

// onCall says whom each policy pages first, as things are now.
func (d Desk) onCall(ctx context.Context, by respond.Presser) (string, error) {
	user, err := d.Answer.Who(ctx, by)
	if err != nil {
		return "", err
	}
	duties, err := d.OnCall.Do(ctx, user.Principal())
	if err != nil {
		return "", err
	}
	lines := make([]string, 0, len(duties))
	for _, y := range duties {
		who := strings.Join(y.Who, ", ")
		if who == "" {
			who = "NOBODY"
		}
		lines = append(lines, y.Policy+": "+who)
	}
	return orElse(lines, "There is no escalation policy."), nil
}

// maxListed is how many incidents a list names.
const maxListed = 20

func (d Desk) list(ctx context.Context, by respond.Presser) (string, error) {
	user, err := d.Answer.Who(ctx, by)
	if err != nil {
		return "", err
	}
	found, err := d.List.Do(ctx, user.Principal(), insight.IncidentQuery{Status: "open,acknowledged", Limit: maxListed})
	if err != nil {
		return "", err
	}
	var lines []string
	for i := range found.Incidents {
		s := &found.Incidents[i]
		state := s.Status.String()
		if s.Assignee.Name != "" {
			state += " by " + s.Assignee.Name
		}
		lines = append(lines, fmt.Sprintf("%s %s %s: %s (%s)", s.Number, s.Severity, s.ServiceName, s.Title, state))
	}
	if found.NextCursor != "" {
		lines = append(lines, "… and more")
	}
	return orElse(lines, "Nothing is open."), nil
}

func orElse(lines []string, none string) string {
	if len(lines) == 0 {
		return none
	}
	return strings.Join(lines, "\n")
}
