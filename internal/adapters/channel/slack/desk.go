package slack

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// Desk does what calls ask for, and answers each where only its sender sees it.
type Desk struct {
	channel.Desk
	Sender *Sender
}

// NewDesk gives one over what is the same for all chats.
func NewDesk(shared channel.Desk, s *Sender) Desk {
	d := Desk{Desk: shared, Sender: s}
	d.Prefix = "/rouse "
	if s.cfg.ByEmail {
		d.Else = d.byEmail
	}
	return d
}

// Do takes as long as the database does, at most some 10 s: Slack must have heard before that the call came.
func (d Desk) Do(ctx context.Context, c Call) {
	who := channel.Person{ID: c.User, Name: c.Name}
	switch {
	case c.Ask:
		d.ask(ctx, c)
	case c.Deed == "":
		d.reply(ctx, c, d.Command(ctx, c.ID, who, written(c.Command)))
	default:
		d.reply(ctx, c, d.Press(ctx, c.ID, who, c.Asked))
	}
}

var (
	member  = regexp.MustCompile(`<@([A-Z0-9]+)(?:\|[^>]*)?>`) // <@U0123456789|ana>, where the command's setting says so
	address = regexp.MustCompile(`<mailto:[^|>]*\|([^>]*)>`)   // <mailto:ana@example.org|ana@example.org>
)

// written is a command without Slack's markup: members are named by their id.
func written(command string) string {
	return address.ReplaceAllString(member.ReplaceAllString(command, "@$1"), "$1")
}

// ask shows a form, which must be within 3 s of the call.
func (d Desk) ask(ctx context.Context, c Call) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if _, err := d.Sender.api().OpenViewContext(ctx, c.Trigger, noteView(c.Of[0], c.Channel)); err != nil {
		d.Log.Warn("a form could not be shown in Slack", "error", d.Sender.judge(err))
		d.reply(context.WithoutCancel(ctx), c, "The form could not be shown. Write the note in Rouse, or try again.")
	}
}

// byEmail links whoever has an address that Slack has confirmed, and gives their id; "" where they have none.
func (d Desk) byEmail(ctx context.Context, p channel.Person) string {
	u, err := d.Sender.api().GetUserInfoContext(ctx, p.ID)
	if err != nil {
		d.Log.Warn("Slack does not say what address somebody has", "error", d.Sender.judge(err))
		return ""
	}
	if !u.IsEmailConfirmed || u.Profile.Email == "" || u.IsBot || u.Deleted || u.IsStranger {
		return ""
	}
	_, ok, err := d.Link.ByEmail(ctx, directory.Linked{Kind: Kind, ID: p.ID, Name: p.Name}, u.Profile.Email)
	if err != nil {
		d.Log.Warn("somebody could not be linked by their address", "error", err)
	}
	if !ok {
		return ""
	}
	return p.ID
}

// reply says it to whoever sent the call, and to nobody else.
func (d Desk) reply(ctx context.Context, c Call, said string) {
	if said == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	err := d.Sender.respondTo(ctx, c.ReplyURL, said)
	if err != nil && c.Channel != "" {
		_, err2 := d.Sender.api().PostEphemeralContext(ctx, c.Channel, c.User, slack.MsgOptionText(said, true))
		err = d.Sender.judge(err2)
	}
	if err != nil {
		d.Unanswered()
		d.Log.Error("whoever answered in Slack was not told what came of it", "error", err)
	}
}

// respondTo answers at a call's own address, which works for 30 minutes.
// https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
func (s *Sender) respondTo(ctx context.Context, to, said string) error {
	u, err := url.Parse(to)
	base, err2 := url.Parse(s.cfg.BaseURL)
	if err != nil || err2 != nil || u.Host == "" || u.Host != base.Host && (u.Scheme != "https" || !strings.HasSuffix(u.Hostname(), "."+base.Hostname())) {
		return errors.New("there is no address of Slack's to answer at")
	}
	content, err := json.Marshal(map[string]any{"response_type": "ephemeral", "replace_original": false, "text": escape(said)})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(string(content)))
	if err != nil {
		return errors.New("there is no address of Slack's to answer at")
	}
	req.Header.Set("Content-Type", "application/json")
	a, err := channel.Do(s.web.client, req)
	if err == nil && !a.OK() {
		err = channel.Refused("Slack", a, s.cfg.Now())
	}
	return err
}
