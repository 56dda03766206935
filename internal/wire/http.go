package wire

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/github"
	"github.com/rouse-oncall/rouse/internal/adapters/guide"
	"github.com/rouse-oncall/rouse/internal/adapters/httpapi"
	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/adapters/webui"
	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/app/deliver"
	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/app/respond"
)

func (a *App) newHandler(people respond.Deps) http.Handler {
	var twilio httpapi.Callback
	if a.channels.twilio != nil {
		twilio = a.channels.twilio
	}
	incidents := a.db.Insight()
	a.metrics.Active(incidents)
	a.metrics.Ages(a.db, a.clock)
	a.metrics.Usage(a.db.Usage(), a.channels.paid(), a.clock)
	a.metrics.Watched(a)
	a.metrics.Services(store.Read(a.db, (*store.Tx).Directory))
	a.metrics.Size(a.db)
	return httpapi.New(httpapi.Deps{
		UI:    builtUI(a.log),
		Guide: a.guide(),
		Log:   a.log, Access: a.admin.access, Intake: a.intake, Clock: a.clock, Unread: a.metrics.Unread, Keys: a.limits, Twilio: twilio,
		GitHub: a.gitHub(people), Slack: a.newSlack(people), Telnyx: a.telnyx(), Teams: a.newTeams(people), Telegram: a.telegramCalls(people), Mattermost: a.mattermostCalls(people), Checks: a.checks(),
		Config: httpapi.Config{
			Version: a.Version, PublicURL: a.Config.PublicURL, MailDomain: a.channels.mailDomain, Senders: a.channels.senders, TrustedProxies: prefixes(a.Config.TrustedProxies),
			Installation: a.installation, Demo: a.Config.Demo, MetricsFor: httpapi.MetricsFor(a.Config.Metrics), Rate: httpapi.Rate{PerSecond: a.Config.IntakeRate, Burst: a.Config.IntakeBurst},
		},
		Incidents: httpapi.Incidents{
			List: insight.ListIncidents{Reader: incidents}, Show: insight.ShowIncident{Reader: incidents}, Quarantined: insight.Quarantined{Reader: incidents},
			Acknowledge: respond.Acknowledge{Deps: people}.Do, Resolve: respond.Resolve{Deps: people}.Do, Healthy: respond.Healthy{Deps: people}.Do,
			Work:      httpapi.WorkOver(people),
			LookAhead: insight.LookAhead{Directory: store.Read(a.db, (*store.Tx).Directory), Clock: a.clock},
			Similar:   insight.Similar{Reader: incidents, Around: a.db.Around()},
			Count:     insight.CountUnresolved{Reader: incidents},
			Storm:     insight.Storm{Reader: incidents, Around: a.db.Around(), Clock: a.clock},
			Received:  insight.ShowReceived{Received: a.db.Received(), Reader: incidents},
		},
		Figures: httpapi.Figures{
			Measure:    insight.Measure{Figures: a.db.Figures(), Directory: store.Read(a.db, (*store.Tx).Directory), Clock: a.clock},
			CountPages: insight.CountPages{Figures: a.db.Figures(), Directory: store.Read(a.db, (*store.Tx).Directory), Clock: a.clock},
		},
		Messages: httpapi.Messages{
			Show: deliver.ShowMessages{Messages: a.db.Messages(), Directory: store.Read(a.db, (*store.Tx).Directory)}, Test: a.newSendTest(), Again: a.newSendAgain(),
			Usage: deliver.ShowUsage{
				Usage: a.db.Usage(), Kinds: slices.Sorted(maps.Keys(a.channels.descriptors)), Paid: a.channels.paid(), Price: a.channels.price, Quota: a.Config.quota(), Clock: a.clock,
			},
			Confirm: deliver.Confirm{Worker: a.deliver, Messages: a.db.Messages()}.Do,
		},
		Answer: a.answer,
		Reply:  a.takeReply,
		Call:   a.newTakeCall(),
		Follow: a.follow,
		Metrics: promhttp.HandlerFor(a.metrics.Registry, promhttp.HandlerOpts{
			ErrorHandling: promhttp.ContinueOnError, // what the database would have to tell is left out while it is away
		}),
	})
}

// gitHub takes what GitHub tells; nil where no issues are written.
func (a *App) gitHub(people respond.Deps) func(context.Context, http.Header, []byte) error {
	sender := a.channels.github
	if sender == nil {
		return nil
	}
	take := respond.TakeClosedIssue{Resolve: respond.Resolve{Deps: people}, Messages: a.db.Messages(), Once: a.once(), Resolves: github.Resolves}
	return func(ctx context.Context, h http.Header, content []byte) error {
		c, ok, err := sender.ReadHook(h, content)
		if err != nil || !ok {
			return err
		}
		return take.Do(ctx, respond.ClosedIssue{Kind: github.Descriptor().Kind, Repo: c.Repo, Issue: c.Issue, Incident: c.Incident, Delivery: c.Delivery, By: c.Login, At: c.At})
	}
}

// guide is what the documentation says of this build.
func (a *App) guide() http.Handler {
	g, err := guide.New()
	if err != nil {
		a.log.Error("the guide cannot be shown", "error", err) // it was built with the program: it can
		return nil
	}
	return g
}

// builtUI is the web UI, or nil where this program was built without it.
func builtUI(log *slog.Logger) httpapi.UI {
	ui, ok := webui.New()
	if !ok {
		log.Info("this program was built without its web UI: its plain pages take its place; make web build puts it in")
		return nil
	}
	return ui
}

func prefixes(networks []string) []netip.Prefix {
	out := make([]netip.Prefix, 0, len(networks))
	for _, n := range networks {
		out = append(out, netip.MustParsePrefix(n)) // Config.Check looked at them
	}
	return out
}

// applyConfigDir applies the files of --config-dir: the server does not start with a wrong one.
func (a *App) applyConfigDir(ctx context.Context) error {
	if a.Config.ConfigDir == "" {
		return nil
	}
	docs, variables, err := ReadConfig(a.Config.ConfigDir)
	if err != nil {
		return err
	}
	desired, err := a.admin.access.Parse(docs)
	if err != nil {
		return err
	}
	keys := map[string]string{}
	for _, v := range variables {
		keys[v] = os.Getenv(v)
	}
	if a.keys["main"], err = a.admin.bootstrap.Do(ctx); err != nil {
		return err
	}
	began := time.Now()
	done, err := a.admin.access.Apply.Do(ctx, admin.System(), admin.Wish{Desired: desired, Keys: keys})
	if err != nil {
		return fmt.Errorf("applying %s: %w", a.Config.ConfigDir, err)
	}
	maps.Copy(a.keys, done.Keys)
	for _, w := range done.Warnings {
		a.log.Warn(w)
	}
	a.log.Info("configuration applied", "from", a.Config.ConfigDir, "changed", len(done.Changes), "unchanged", done.Unchanged, "took", time.Since(began).Round(time.Millisecond))
	return nil
}
