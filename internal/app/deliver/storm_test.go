package deliver_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/deliver"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
	"github.com/rouse-oncall/rouse/internal/testkit"
)

// crowd gives n people a service, a policy and a phone each.
func (h *house) crowd(n int) {
	var e directory.Edit
	for i := range n {
		who := fmt.Sprintf("p%d", i)
		e.Users = append(e.Users, directory.User{ID: id.User(who), Email: who + "@example.org", Role: directory.Responder,
			Contacts: []notification.Contact{{ID: id.Contact("phone-" + who), Name: "phone", Kind: "sms", To: "to-" + who, Verified: true}}})
		e.Policies = append(e.Policies, escalation.Policy{Ref: escalation.Ref{ID: id.Policy(who), Version: 1}, Name: who, Levels: []escalation.Level{
			{AckTimeout: 15 * time.Minute, Targets: []escalation.Target{{Kind: escalation.TargetUser, ID: who}}}}})
		e.Services = append(e.Services, directory.Service{ID: id.Service(who), Name: who, Policy: id.Policy(who)})
	}
	h.do(func(ctx context.Context, r repos) error { return r.Catalog.Apply(ctx, e) })
}

// Two programs on one database, a hundred incidents for a hundred people: everybody is told once.
func TestAStormTellsEverybodyOnce(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]func(testing.TB) string{"sqlite": onSQLite, "postgres": func(tb testing.TB) string { return testkit.Postgres(tb) }} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := houseOn(t, url(t), nil)
			const n = 100
			h.crowd(n)
			all := make(chan struct{})
			var mu sync.Mutex
			seen := map[string]int{}
			h.sms.answers(func(_ context.Context, m ports.Outgoing) (ports.Receipt, error) {
				mu.Lock()
				defer mu.Unlock()
				if seen[m.To]++; len(seen) == n {
					close(all)
				}
				return ports.Receipt{}, nil
			})
			ctx, stop := context.WithCancel(t.Context())
			var running sync.WaitGroup
			for range 2 {
				running.Go(func() { deliver.New(h.cfg).Run(ctx) })
			}
			var numbers []id.Incident
			for i := range n {
				numbers = append(numbers, h.fireOn(id.Service(fmt.Sprintf("p%d", i)), "down", alert.Critical()))
			}
			select {
			case <-all:
			case <-time.After(20 * time.Second):
				t.Errorf("only %d of %d were told", len(seen), n)
			}
			stop()
			running.Wait()
			for who, times := range seen {
				if times != 1 {
					t.Errorf("%s was told %d times", who, times)
				}
			}
			for _, number := range numbers {
				h.wantMessage(number, 0, notification.MessageAccepted, notification.Accepted)
				if s := h.state(number); !s.Reached {
					t.Errorf("%s: the engine did not hear", number)
				}
			}
		})
	}
}

// wall is the real time, in the microseconds that the store keeps.
type wall struct{}

func (wall) Now() time.Time { return time.Now().Truncate(time.Microsecond) }

// BenchmarkCommitToRequest is the time from the commit of a page to the first call of its provider.
func BenchmarkCommitToRequest(b *testing.B) {
	for name, url := range map[string]func(testing.TB) string{"sqlite": onSQLite, "postgres": func(tb testing.TB) string { return testkit.Postgres(tb) }} {
		b.Run(name, func(b *testing.B) {
			h := houseOn(b, url(b), func(c *configT) { c.Clock = wall{} })
			h.crowd(100)
			h.clock.now = time.Now().Truncate(time.Microsecond)
			called := make(chan time.Time, 1)
			h.sms.answers(func(context.Context, ports.Outgoing) (ports.Receipt, error) {
				called <- time.Now()
				return ports.Receipt{}, nil
			})
			ctx, stop := context.WithCancel(b.Context())
			var running sync.WaitGroup
			running.Go(func() { h.worker.Run(ctx) })
			var took []time.Duration
			for i := 0; b.Loop(); i++ {
				h.fireOn(id.Service(fmt.Sprintf("p%d", i%100)), "down", alert.Critical())
				committed := time.Now()
				h.worker.Wake()
				if i < 100 { // a contact's first: those after it are gathered
					took = append(took, (<-called).Sub(committed))
				}
			}
			stop()
			running.Wait()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/p50")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms/p99")
		})
	}
}
