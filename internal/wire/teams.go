package wire

import (
	"context"
	"net/http"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/teams"
	"github.com/rouse-oncall/rouse/internal/app/respond"
)

// newTeams leads what people do in Teams to the use cases; nil where there is no bot.
func (a *App) newTeams(people respond.Deps) func(context.Context, http.Header, []byte) (any, error) {
	bot := a.channels.teams
	if bot == nil {
		return nil
	}
	desk := teams.NewDesk(a.newDesk(teams.Kind, people), bot, a.admin.access.Rooms)
	return func(ctx context.Context, h http.Header, content []byte) (any, error) {
		c, ok, err := bot.ReadCall(ctx, h, content)
		if err != nil || !ok {
			return nil, err
		}
		return desk.Do(ctx, c), nil
	}
}
