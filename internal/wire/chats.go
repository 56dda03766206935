package wire

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/mattermost"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/shoutrrr"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/telegram"
	"github.com/rouse-oncall/rouse/internal/adapters/httpapi"
	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// addChats puts in what sends to chats.
func (c *channels) addChats(cfg Config, now func() time.Time, reach channel.Reach, blocked func(ctx context.Context, to, why string)) error {
	c.add(shoutrrr.Descriptor(), shoutrrr.New(shoutrrr.Config{Reach: reach, Now: now}))
	if err := c.addTelegram(cfg, now, blocked); err != nil {
		return fmt.Errorf("telegram-url: %w", err)
	}
	if err := c.addMattermost(cfg, now); err != nil {
		return fmt.Errorf("mattermost-url: %w", err)
	}
	return nil
}

func (c *channels) addTelegram(cfg Config, now func() time.Time, blocked func(ctx context.Context, to, why string)) error {
	c.add(telegram.Descriptor(), nil)
	if cfg.TelegramURL == "" {
		return nil
	}
	conf, err := telegram.Parse(cfg.TelegramURL)
	if err != nil {
		return err
	}
	conf.Now, conf.Blocked = now, blocked
	c.telegram = telegram.New(conf)
	c.add(telegram.Descriptor(), c.telegram)
	return nil
}

func (c *channels) addMattermost(cfg Config, now func() time.Time) error {
	c.add(mattermost.Descriptor(), nil)
	if cfg.MattermostURL == "" {
		return nil
	}
	conf, err := mattermost.Parse(cfg.MattermostURL)
	if err != nil {
		return err
	}
	conf.Now = now
	c.mattermost = mattermost.New(conf)
	c.add(mattermost.Descriptor(), c.mattermost)
	return nil
}

// chatBlocked marks whoever wants nothing more from the bot: nothing is sent there until they write to it again.
func (a *App) chatBlocked(ctx context.Context, to, why string) {
	at := a.clock.Now().UTC().Format("2006-01-02 15:04 UTC")
	if _, err := a.admin.access.MarkContact.Do(ctx, telegram.Kind, to, admin.Mark{Stopped: true, Trouble: why + "; seen at " + at}); err != nil {
		a.log.Warn("a chat whose owner has blocked the bot could not be marked: the next page there will try again", "error", err)
	}
}

// newDesk is what is the same for all chats.
func (a *App) newDesk(kind string, people respond.Deps) channel.Desk {
	return channel.Desk{
		Kind: kind, Answer: a.answer, Reply: a.takeReply, Log: a.log, Unanswered: a.metrics.Unanswered,
		Once: a.once(),
		Link: admin.LinkProvider{Store: adminStore(a.db), Limit: httpapi.SignInLimiter(), Clock: a.clock},
		Page: respond.PageNow{Deps: people}, List: insight.ListIncidents{Reader: a.db.Insight()},
		OnCall: insight.WhoIsOnCall{Directory: store.Read(a.db, (*store.Tx).Directory), Clock: a.clock},
	}
}

// mattermostCalls leads what people do in Mattermost to the use cases; nil where it is not used.
func (a *App) mattermostCalls(people respond.Deps) func(context.Context, []byte) (any, error) {
	if a.channels.mattermost == nil {
		return nil
	}
	return mattermost.NewDesk(a.newDesk(mattermost.Kind, people), a.channels.mattermost).Do
}

// telegramCalls takes what Telegram brings; nil where it is asked.
func (a *App) telegramCalls(people respond.Deps) func(context.Context, http.Header, []byte) error {
	sender := a.channels.telegram
	if sender == nil {
		return nil
	}
	a.bot.desk = telegram.NewDesk(a.newDesk(telegram.Kind, people), sender)
	if !sender.Brought() {
		return nil
	}
	return func(ctx context.Context, h http.Header, content []byte) error {
		u, ok, err := sender.ReadUpdate(h, content)
		if err == nil && ok {
			a.bot.desk.Do(ctx, u)
		}
		return err
	}
}

const (
	askTelegram   = 25 * time.Second // one question to Telegram waits as long for somebody to do something
	telegramLease = time.Minute      // longer than a question, and what it brings, take
	telegramRest  = 3 * time.Second  // where it is another server's turn, or Telegram does not answer
)

// bot is one server's memory of what people do in Telegram. It is of one goroutine.
type bot struct {
	desk  telegram.Desk
	begun bool  // Telegram knows how updates are to come
	next  int64 // update to ask for
	fails bool
}

// workTelegram asks Telegram for what people do, or says where to bring it.
func (a *App) workTelegram(ctx context.Context) {
	if a.channels.telegram == nil {
		return
	}
	a.working.Go(func() {
		for ctx.Err() == nil && (!a.bot.begun || !a.channels.telegram.Brought()) {
			if mine, err := a.askTelegram(ctx, askTelegram); mine && err == nil {
				continue
			}
			select {
			case <-ctx.Done():
			case <-time.After(telegramRest):
			}
		}
	})
}

// askTelegram takes what people did until now, or waits for it. One server at a time does; while the database is away each
// may, so that whoever answers hears that it is not saved.
func (a *App) askTelegram(ctx context.Context, wait time.Duration) (mine bool, err error) {
	b, sender := &a.bot, a.channels.telegram
	if mine, err := a.turnOf(ctx, "telegram", telegramLease); err == nil && !mine {
		return false, nil
	}
	if !b.begun {
		if err = sender.Begin(ctx, a.Config.PublicURL+"/callbacks/telegram"); err == nil {
			b.begun = true
		}
	}
	if err == nil && !sender.Brought() {
		var list []telegram.Update
		if list, b.next, err = sender.Ask(ctx, b.next, wait); err == nil {
			var done sync.WaitGroup
			for _, u := range list {
				done.Go(func() { b.desk.Do(context.WithoutCancel(ctx), u) })
			}
			done.Wait()
		}
	}
	if (err != nil) != b.fails && ctx.Err() == nil {
		b.fails = err != nil
		a.log.Warn("asking Telegram for what people do", "failing", b.fails, "error", err)
	}
	return true, err
}

// turnOf says whether something of which one server at a time does is this one's.
func (a *App) turnOf(ctx context.Context, name string, until time.Duration) (mine bool, err error) {
	now := a.clock.Now()
	err = store.Atomic(a.db, store.People, (*store.Tx).Leases)(ctx, func(ctx context.Context, r ports.Leases) (err error) {
		mine, err = r.Take(ctx, name, a.holder, now, now.Add(until))
		return err
	})
	return mine, err
}
