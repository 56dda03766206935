package intake

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// unread cannot load the first incident while it is broken.
type unread struct {
	ports.Incidents
	broken *atomic.Bool
}

func (u unread) Lock(ctx context.Context, ns []id.Incident) (map[id.Incident]incident.State, error) {
	if u.broken.Load() && slices.Contains(ns, 1) {
		return nil, errors.New("cannot be read")
	}
	return u.Incidents.Lock(ctx, ns)
}

func TestGraceOfAnUnreadableIncidentHoldsUpNobody(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	b := setup(t, func(tx ports.Atomically[Repos]) ports.Atomically[Repos] {
		return func(ctx context.Context, f func(context.Context, Repos) error) error {
			return tx(ctx, func(ctx context.Context, r Repos) error {
				r.Incidents = unread{r.Incidents, &broken}
				return f(ctx, r)
			})
		}
	})
	stuck := 0
	b.refire.deps.Stuck = func(timers []incident.Timer, _ error) { stuck += len(timers) }
	b.send(t, b.firing("A", "service", "a"))
	b.send(t, b.firing("B", "service", "b"))
	b.person(t, 1)
	b.person(t, 2)
	broken.Store(true)
	b.live(t, 30*time.Minute)
	b.refireAll(t)
	broken.Store(false)
	// Grace brings an alert back in a new incident.
	if open := b.open(t); len(open) != 1 || open[0].ServiceName != "b" || stuck != 1 {
		t.Errorf("open are %+v, %d timers are stuck; want b's alone, and one", open, stuck)
	}
	b.live(t, refireLater)
	b.refireAll(t)
	if open := b.open(t); len(open) != 2 {
		t.Errorf("%d incidents are open; #1's alert was not brought back once it could be read again", len(open))
	}
}
