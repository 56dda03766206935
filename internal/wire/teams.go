package wire

import (
	"context"
	"net/http"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/teams"
	"github.com/rouse-oncall/rouse/internal/adapters/httpapi"
	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/app/respond"
)

// newTeams leads what people do in Teams to the use cases; nil where there is no bot.
func (a *App) newTeams() func(context.Context, http.Header, []byte) (any, error) {
	bot := a.channels.teams
	if bot == nil {
		return nil
	}
	desk := teams.Desk{
		Bot: bot, Answer: a.answer, Once: respond.Once{Inbound: store.Atomic(a.db, store.People, (*store.Tx).Inbound), Clock: a.clock},
		Link:       admin.LinkProvider{Store: adminStore(a.db), Limit: httpapi.SignInLimiter(), Clock: a.clock},
		List:       insight.ListIncidents{Reader: a.db.Insight()},
		OnCall:     insight.WhoIsOnCall{Directory: store.Read(a.db, (*store.Tx).Directory), Clock: a.clock},
		Unanswered: a.metrics.Unanswered, Log: a.log,
	}
	return func(ctx context.Context, h http.Header, content []byte) (any, error) {
		c, ok, err := bot.ReadCall(ctx, h, content)
		if err != nil || !ok {
			return nil, err
		}
		return desk.Do(ctx, c), nil
	}
}
