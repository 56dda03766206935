package slack

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
)

// Desk does what calls ask for, each once, and answers each where only its sender sees it.
type Desk struct {
	Sender     *Sender
	Answer     respond.Answer
	Once       respond.Once
	Page       respond.PageNow
	Link       admin.LinkProvider
	List       insight.ListIncidents
	OnCall     insight.WhoIsOnCall
	Unanswered func() // told when somebody could not be answered
	Log        *slog.Logger
}

// patience is for the database: people hear within 10 s.
const patience = 9 * time.Second

// Do takes as long as the database does, at most some 10 s: Slack must have heard before that the call came.
func (d Desk) Do(ctx context.Context, c Call) {
	if c.Ask {
		d.ask(ctx, c)
		return
	}
	var said string
	working, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	again, err := d.Once.Do(working, Kind+":"+c.ID, func(ctx context.Context) (err error) {
		said, err = d.known(ctx, c, d.work)
		return err
	})
	switch {
	case again:
		return
	case err != nil && said == "":
		said = d.sorry(c, err)
	}
	d.reply(ctx, c, said)
}

// sorry says why nothing was done, where the use case itself has no words.
func (d Desk) sorry(c Call, err error) string {
	f := fault.Of(err)
	switch {
	case f.Kind == fault.KindInternal && !errors.Is(err, context.DeadlineExceeded):
		d.Log.Error("a call from Slack failed", "error", err)
		return "NOT done: something went wrong here; the log says what."
	case f.Kind != fault.KindInternal && f.Kind != fault.KindUnavailable, strings.HasPrefix(f.Code, "incident.") && c.Command != "":
		return f.Message + "."
	case c.Command != "":
		return "NOT done: the database cannot be reached, or did not answer in time. Try again."
	}
	return text.NotSaved(c.Deed, f.Code != "incident.not_known")
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

// known runs what a call asks for. Where nobody knows who sent it, and Slack may say, it asks for their address once.
func (d Desk) known(ctx context.Context, c Call, work func(context.Context, Call) (string, error)) (string, error) {
	said, err := work(ctx, c)
	if fault.Of(err).Code != "answer.nobody" {
		return said, err
	}
	if d.byEmail(ctx, c) {
		return work(ctx, c)
	}
	return "You are not linked to anybody in Rouse. Nothing changed. On your own page in Rouse, make a code for Slack, and write /rouse link CODE here.", err
}

// byEmail links whoever sent a call by the address that Slack has confirmed.
func (d Desk) byEmail(ctx context.Context, c Call) bool {
	if !d.Sender.cfg.ByEmail {
		return false
	}
	u, err := d.Sender.api().GetUserInfoContext(ctx, c.User)
	if err != nil {
		d.Log.Warn("Slack does not say what address somebody has", "error", d.Sender.judge(err))
		return false
	}
	if !u.IsEmailConfirmed || u.Profile.Email == "" || u.IsBot || u.Deleted || u.IsStranger {
		return false
	}
	_, ok, err := d.Link.ByEmail(ctx, directory.Linked{Kind: Kind, ID: c.User, Name: c.Name}, u.Profile.Email)
	if err != nil {
		d.Log.Warn("somebody could not be linked by their address", "error", err)
	}
	return ok
}

func (d Desk) work(ctx context.Context, c Call) (string, error) {
	by := respond.Presser{Kind: Kind, ID: c.User}
	switch {
	case c.Command != "":
		return d.command(ctx, c, by)
	case c.Code != "":
		return d.Answer.ByCode(ctx, c.Code, c.Deed, by)
	}
	return d.Answer.ByPost(ctx, respond.Pressed{By: by, Deed: c.Deed, Of: c.Of, For: c.For, Note: c.Note})
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
