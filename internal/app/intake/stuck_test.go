package intake

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
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

// breaking makes transactions that cannot load the first incident while it is broken.
func breaking(broken *atomic.Bool) func(ports.Atomically[Repos]) ports.Atomically[Repos] {
	return func(tx ports.Atomically[Repos]) ports.Atomically[Repos] {
		return func(ctx context.Context, f func(context.Context, Repos) error) error {
			return tx(ctx, func(ctx context.Context, r Repos) error {
				r.Incidents = unread{r.Incidents, broken}
				return f(ctx, r)
			})
		}
	}
}

// Requests that come with one about an incident that cannot be read are stored; that one is to be sent again.
func TestAlertsOfAnUnreadableIncidentHoldUpNobody(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	hold, held := make(chan struct{}), make(chan struct{})
	var once sync.Once
	b := setup(t, func(tx ports.Atomically[Repos]) ports.Atomically[Repos] {
		inner := breaking(&broken)(tx)
		return func(ctx context.Context, f func(context.Context, Repos) error) error {
			if broken.Load() {
				once.Do(func() { close(held); <-hold }) // the group after this one has both
			}
			return inner(ctx, f)
		}
	})
	b.send(t, b.firing("A", "service", "a"))
	broken.Store(true)
	var sending sync.WaitGroup
	errs := make(map[string]*error)
	post := func(name, service string) {
		errs[name] = new(error)
		into, signal := errs[name], b.firing(name, "service", service)
		sending.Go(func() {
			_, *into = b.receive.Do(t.Context(), integration(name), []alert.Signal{signal}, nil, 0)
		})
	}
	post("first", "first")
	<-held
	post("A2", "a")
	post("B", "b")
	for b.receive.queued() < 2 {
		runtime.Gosched()
	}
	close(hold)
	sending.Wait()
	if *errs["first"] != nil || *errs["B"] != nil || *errs["A2"] == nil {
		t.Errorf("the answers are %v, %v and, about what cannot be read, %v", *errs["first"], *errs["B"], *errs["A2"])
	}
}

func (r *Receive) queued() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.waiting
}

func TestGraceOfAnUnreadableIncidentHoldsUpNobody(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	b := setup(t, breaking(&broken))
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
	b.live(t, incident.PutOff)
	b.refireAll(t)
	if open := b.open(t); len(open) != 2 {
		t.Errorf("%d incidents are open; #1's alert was not brought back once it could be read again", len(open))
	}
}
