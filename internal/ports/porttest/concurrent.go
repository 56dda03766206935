package porttest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Concurrent is the suite of what must hold when everything happens at once.
func Concurrent(t *testing.T, open Open) {
	t.Run("acknowledging, escalating and ingesting the same incidents", func(t *testing.T) {
		t.Parallel()
		everythingAtOnce(t, open(t))
	})
	t.Run("groups written in opposite orders", func(t *testing.T) {
		t.Parallel()
		oppositeOrders(t, open(t))
	})
	t.Run("a key that is new to everybody opens one incident", func(t *testing.T) {
		t.Parallel()
		oneOpens(t, open(t))
	})
}

// tally counts what was committed: what is stored at the end must agree.
type tally struct{ acks, joins, escalations atomic.Int64 }

const (
	workers = 50
	rounds  = 8
	shared  = 5
)

func everythingAtOnce(t *testing.T, s Store) {
	numbers := openSome(t, s, shared)
	var done tally
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			atomically := []ports.Atomically[Repos]{s.First, s.other()}[w%2]
			for i := range rounds {
				switch w % 3 {
				case 0:
					again(t, atomically, func(ctx context.Context, r Repos) (func(), error) {
						return acknowledge(ctx, r, numbers[rand.N(shared)], &done)
					})
				case 1:
					again(t, atomically, func(ctx context.Context, r Repos) (func(), error) {
						return ingest(ctx, r, numbers, fmt.Sprintf("w%d-%d", w, i), &done)
					})
				case 2:
					again(t, atomically, func(ctx context.Context, r Repos) (func(), error) { return escalate(ctx, r, &done) })
				}
			}
		})
	}
	wg.Wait()
	var acks, joins, passes, seqs, versions int64
	do(t, s.First, func(ctx context.Context, r Repos) error {
		m, err := r.Incidents.Lock(ctx, numbers)
		for _, st := range m {
			acks, joins, passes = acks+int64(len(st.Transitions)), joins+int64(st.Alerts)-1, passes+int64(st.Pass)-1
			seqs, versions = seqs+st.Seq-1, versions+st.Version-1
		}
		firing, err2 := r.Alerts.Firing(ctx, numbers)
		if int64(len(firing)) != done.joins.Load() {
			t.Errorf("%d alerts stored, %d committed", len(firing), done.joins.Load())
		}
		return errors.Join(err, err2)
	})
	if acks != done.acks.Load() || joins != done.joins.Load() || passes != done.escalations.Load() {
		t.Errorf("stored %d acknowledgements, %d joins, %d escalations; committed %d, %d, %d",
			acks, joins, passes, done.acks.Load(), done.joins.Load(), done.escalations.Load())
	}
	if all := acks + joins + passes; seqs != all || versions != all {
		t.Errorf("%d entries and %d versions for %d changes", seqs, versions, all)
	}
	if done.escalations.Load() == 0 || done.acks.Load() == 0 {
		t.Error("nothing escalated or nothing acknowledged: the test shows nothing")
	}
}

// again runs f until others leave it alone; what it gives is called after the commit.
func again(t *testing.T, atomically ports.Atomically[Repos], f func(context.Context, Repos) (func(), error)) {
	for range 100 {
		var after func()
		err := atomically(t.Context(), func(ctx context.Context, r Repos) error {
			var err error
			after, err = f(ctx, r)
			return err
		})
		if err == nil {
			after()
			return
		}
		if !errors.Is(err, ports.ErrStale) || !fault.Is(err, fault.KindUnavailable) {
			t.Error(err)
			return
		}
	}
	t.Error("others never left it alone")
}

// changed is a state with one more timeline entry.
func changed(s incident.State, kind incident.EntryKind) incident.Change {
	s.Seq++
	s.UpdatedAt = s.UpdatedAt.Add(time.Second)
	return incident.Change{State: s, Entries: []incident.Entry{{Seq: s.Seq, At: s.UpdatedAt, Kind: kind}}}
}

func acknowledge(ctx context.Context, r Repos, n id.Incident, done *tally) (func(), error) {
	m, err := r.Incidents.Lock(ctx, []id.Incident{n})
	if err != nil {
		return nil, err
	}
	c := changed(m[n], "acknowledged")
	c.State.Status = incident.Acknowledged()
	c.State.Transitions = append(slices.Clone(c.State.Transitions), incident.Transition{Status: c.State.Status, At: c.State.UpdatedAt})
	c.Stop = true
	return func() { done.acks.Add(1) }, r.Incidents.Save(ctx, []incident.Change{c})
}

// ingest joins one alert to each of two incidents; keys are locked first.
func ingest(ctx context.Context, r Repos, numbers []id.Incident, fingerprint string, done *tally) (func(), error) {
	some := []id.Incident{numbers[rand.N(len(numbers))], numbers[rand.N(len(numbers))]}
	keys := []string{"key-" + some[0].String()[1:], "key-" + some[1].String()[1:], "extra"}
	if _, err := r.Correlations.Lock(ctx, keys); err != nil {
		return nil, err
	}
	m, err := r.Incidents.Lock(ctx, some)
	if err != nil {
		return nil, err
	}
	var changes []incident.Change
	var alerts []alert.Alert
	for n, st := range m {
		c := changed(st, "joined")
		c.State.Alerts++
		c.Point = []string{"extra"}
		changes = append(changes, c)
		a := someAlert(fmt.Sprintf("%s-%d", fingerprint, n), n)
		alerts = append(alerts, a)
	}
	if err := r.Incidents.Save(ctx, changes); err != nil {
		return nil, err
	}
	return func() { done.joins.Add(int64(len(alerts))) }, r.Alerts.Save(ctx, alerts)
}

// escalate claims what is due, pages with the next pass and sets the timer again, due at once.
func escalate(ctx context.Context, r Repos, done *tally) (func(), error) {
	due, err := r.Timers.Claim(ctx, []incident.TimerKind{incident.TimerEscalate}, t0().Add(time.Hour), 2)
	if err != nil {
		return nil, err
	}
	var numbers []id.Incident
	for _, d := range due {
		numbers = append(numbers, d.Incident)
	}
	m, err := r.Incidents.Lock(ctx, numbers)
	if err != nil {
		return nil, err
	}
	var changes []incident.Change
	for n, st := range m {
		c := changed(st, "escalated")
		c.State.Pass++
		c.State.Generation++
		timer := incident.Timer{Incident: n, Kind: incident.TimerEscalate, Generation: c.State.Generation, DueAt: t0()}
		c.State.Timers, c.Set = []incident.Timer{timer}, []incident.Timer{timer}
		c.Pages = []notification.Page{page(n, c.State.Pass)}
		changes = append(changes, c)
	}
	return func() { done.escalations.Add(int64(len(changes))) }, r.Incidents.Save(ctx, changes)
}

// oppositeOrders: two programs write the same incidents in groups, each group in the other's opposite order.
func oppositeOrders(t *testing.T, s Store) {
	numbers := openSome(t, s, 20)
	backwards := slices.Clone(numbers)
	slices.Reverse(backwards)
	var wg sync.WaitGroup
	var saved, attempts atomic.Int64
	for w := range 8 {
		wg.Go(func() {
			order, atomically := numbers, s.First
			if w%2 == 1 {
				order, atomically = backwards, s.other()
			}
			for range 10 {
				again(t, atomically, func(ctx context.Context, r Repos) (func(), error) {
					attempts.Add(1)
					keys, shared := make([]string, len(order)), make([]alert.Key, len(order))
					for i, n := range order {
						keys[i], shared[i] = "key-"+n.String()[1:], someAlert("shared-"+n.String(), n).Key
					}
					if _, err := r.Correlations.Lock(ctx, keys); err != nil {
						return nil, err
					}
					m, err := r.Incidents.Lock(ctx, order)
					if err != nil {
						return nil, err
					}
					var changes []incident.Change
					for _, n := range order {
						c := changed(m[n], "noted")
						c.State.Pass++
						c.Pages = []notification.Page{page(n, c.State.Pass)}
						changes = append(changes, c)
					}
					known, err := r.Alerts.Find(ctx, shared)
					if err != nil {
						return nil, err
					}
					var alerts []alert.Alert
					for i, n := range order {
						a, ok := known[shared[i]]
						if !ok {
							a = someAlert(shared[i].Fingerprint, n)
						}
						a.LastSeen = a.LastSeen.Add(time.Second)
						alerts = append(alerts, a)
					}
					return func() { saved.Add(1) }, errors.Join(r.Incidents.Save(ctx, changes), r.Alerts.Save(ctx, alerts))
				})
			}
		})
	}
	wg.Wait()
	if attempts.Load() != saved.Load() {
		t.Errorf("%d attempts for %d groups: one lock order leaves nothing to run again", attempts.Load(), saved.Load())
	}
	do(t, s.First, func(ctx context.Context, r Repos) error {
		m, err := r.Incidents.Lock(ctx, numbers)
		for n, st := range m {
			if st.Version != 1+saved.Load() || st.Seq != 1+saved.Load() {
				t.Errorf("%s: version %d, %d entries after %d groups", n, st.Version, st.Seq, saved.Load())
			}
		}
		return err
	})
}

// oneOpens: whoever finds the key without an incident opens it; only one may find it so.
func oneOpens(t *testing.T, s Store) {
	var wg sync.WaitGroup
	var opened atomic.Int64
	for w := range 20 {
		wg.Go(func() {
			again(t, []ports.Atomically[Repos]{s.First, s.other()}[w%2], func(ctx context.Context, r Repos) (func(), error) {
				leads, err := r.Correlations.Lock(ctx, []string{"new"})
				if err != nil || leads["new"] != 0 {
					return func() {}, err
				}
				numbers, err := r.Incidents.Reserve(ctx, 1)
				if err != nil {
					return nil, err
				}
				c := opening(numbers[0])
				c.Point = []string{"new"}
				return func() { opened.Add(1) }, r.Incidents.Save(ctx, []incident.Change{c})
			})
		})
	}
	wg.Wait()
	if n := opened.Load(); n != 1 {
		t.Errorf("%d incidents were opened for one key", n)
	}
}
