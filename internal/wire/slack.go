package wire

import (
	"context"
	"net/http"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/slack"
	"github.com/rouse-oncall/rouse/internal/adapters/httpapi"
	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// slackToken is the name of the secret that an installation in Slack brings.
const slackToken = "slack"

// newSlack leads what people do in Slack to the use cases; nil where it is not used.
func (a *App) newSlack(people respond.Deps) *httpapi.Slack {
	sender := a.channels.slack
	if sender == nil {
		return nil
	}
	if !sender.Hears() {
		a.log.Warn(deafToSlack)
	}
	desk := slack.NewDesk(a.newDesk(slack.Kind, people), sender)
	// Slack hears at once that a call came, and its sender what came of it when that is known.
	a.slackCall = func(c slack.Call) { a.working.Go(func() { desk.Do(context.Background(), c) }) }
	out := &httpapi.Slack{Take: func(h http.Header, content []byte) error {
		c, ok, err := sender.ReadCall(h, content)
		if err == nil && ok {
			a.slackCall(c)
		}
		return err
	}}
	if !sender.Installs() {
		return out
	}
	back := a.Config.PublicURL + "/callbacks/slack/installed"
	install := admin.InstallApp{
		Store: adminStore(a.db), Secrets: store.Atomic(a.db, store.People, (*store.Tx).Secrets), Name: slackToken, Clock: a.clock, Kept: sender.SetToken,
		Exchange: func(ctx context.Context, code string) (string, string, error) {
			return sender.Exchange(ctx, code, back)
		},
	}
	out.End = install.End
	out.Begin = func(ctx context.Context, by directory.Principal) (string, error) {
		state, err := install.Begin(ctx, by)
		return sender.InstallURL(state, back), err
	}
	return out
}

// deafToSlack is said where what people do there comes in by no way.
const deafToSlack = "no button and no command of Slack's comes in: ROUSE_SLACK_URL has neither secret= nor app="

const slackTokenEvery = 10 * time.Second

// readSlackToken learns of an installation that another server has finished.
func (c *channels) readSlackToken(ctx context.Context, db *store.DB) error {
	if c.slack == nil || !c.slack.Installs() {
		return nil
	}
	return store.Read(db, (*store.Tx).Secrets)(ctx, func(ctx context.Context, r ports.Secrets) error {
		token, err := r.Get(ctx, slackToken)
		if err == nil {
			c.slack.SetToken(token)
		}
		return err
	})
}

// workSlack listens to Slack, where it cannot reach us.
func (a *App) workSlack(ctx context.Context, each func(name string, every time.Duration, run func(context.Context) (int, error))) {
	sender := a.channels.slack
	if sender == nil {
		return
	}
	if sender.Installs() {
		each("slack", slackTokenEvery, func(ctx context.Context) (int, error) { return 0, a.channels.readSlackToken(ctx, a.db) })
	}
	if sender.Listens() {
		a.working.Go(func() { sender.Listen(ctx, a.log, a.slackCall) })
	}
}
