package porttest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// spread gives every incident's first step a lane of its own.
func spread(i int, c *incident.Change) {
	c.Pages[0].Deliveries = c.Pages[0].Deliveries[:1]
	c.Pages[0].Deliveries[0].Lane = notification.Lane(fmt.Sprintf("contact:lane-%d", i))
}

func claimedOnce(t *testing.T, s OutboxStore) {
	const n = 60
	s.open(t, n, spread)
	var mu sync.Mutex
	seen := map[notification.Lane]int{}
	var wg sync.WaitGroup
	for w := range 8 {
		by := s.First
		if w%2 == 1 && s.Second != nil {
			by = s.Second
		}
		wg.Go(func() {
			for range 10 {
				var mine []notification.Lane
				err := by(t.Context(), func(ctx context.Context, r OutboxRepos) error {
					mine = nil
					qs, err := r.Lanes.Claim(ctx, smsOnly(), t0(), 5, nil)
					if err != nil {
						return err
					}
					var ms []ports.Bound
					var us []ports.LaneUpdate
					for _, q := range qs {
						mine = append(mine, q.Lane)
						ms = append(ms, compose(q, "m-"+string(q.Lane)))
						us = append(us, ports.LaneUpdate{Lane: q.Lane})
					}
					return errors.Join(r.Messages.Add(ctx, ms), r.Lanes.Save(ctx, us))
				})
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				for _, l := range mine {
					seen[l]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(seen) != n {
		t.Errorf("%d of %d lanes were claimed", len(seen), n)
	}
	for l, times := range seen {
		if times != 1 {
			t.Errorf("%s was claimed %d times", l, times)
		}
	}
}

func laneSkipped(t *testing.T, s OutboxStore) {
	if s.Second == nil {
		t.Skip("one program at a time")
	}
	s.open(t, 2, spread)
	s.do(t, func(ctx context.Context, r OutboxRepos) error {
		first, err := r.Lanes.Claim(ctx, smsOnly(), t0(), 1, nil)
		if err != nil {
			return err
		}
		return s.Second(ctx, func(ctx context.Context, r OutboxRepos) error {
			rest, err := r.Lanes.Claim(ctx, smsOnly(), t0(), 10, nil)
			if len(rest) != 1 || rest[0].Lane == first[0].Lane {
				t.Errorf("beside %s, %+v was claimed", first[0].Lane, rest)
			}
			return err
		})
	})
}

// heldIsLookedAtAgain: somebody cancels while another claims, and then does not: what was passed over meanwhile
// must not be forgotten.
func heldIsLookedAtAgain(t *testing.T, s OutboxStore) {
	if s.Second == nil {
		t.Skip("one program at a time")
	}
	numbers := s.open(t, 1, spread)
	err := s.First(t.Context(), func(ctx context.Context, r OutboxRepos) error {
		m, err := r.Incidents.Lock(ctx, numbers)
		if err != nil {
			return err
		}
		c := changed(m[numbers[0]], "acknowledged")
		c.Stop = true
		if err := r.Incidents.Save(ctx, []incident.Change{c}); err != nil {
			return err
		}
		if _, err := r.Incidents.Lock(ctx, numbers); err != nil { // what waits to be written is written before
			return err
		}
		return errors.Join(errUndo, s.Second(ctx, func(ctx context.Context, r OutboxRepos) error {
			qs, err := r.Lanes.Claim(ctx, smsOnly(), t0(), 10, nil)
			if err != nil || len(qs) != 1 || len(qs[0].Due) != 0 {
				t.Errorf("beside the cancelling, %+v was claimed", qs)
				return err
			}
			plan := qs[0].State.Plan(nil, qs[0].Later, notification.NewLaneRules(0, 1), t0())
			return r.Lanes.Save(ctx, []ports.LaneUpdate{{Lane: qs[0].Lane, State: plan.State, NextAt: plan.NextAt}})
		}))
	})
	if !errors.Is(err, errUndo) {
		t.Fatal(err)
	}
	if got := s.claim(t, t0().Add(time.Second)); len(got) != 1 || len(got[0].Due) != 1 {
		t.Errorf("a second later %+v is claimed: the delivery is forgotten", got)
	}
}

func cancelledMeanwhile(t *testing.T, s OutboxStore) {
	const n = 40
	numbers := s.open(t, n, spread)
	other := s.Second
	if other == nil {
		other = s.First
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for _, number := range numbers {
			s.stop(t, other, number)
		}
	})
	for i := range n {
		err := s.First(t.Context(), func(ctx context.Context, r OutboxRepos) error {
			qs, err := r.Lanes.Claim(ctx, smsOnly(), t0(), 3, nil)
			if err != nil {
				return err
			}
			var ms []ports.Bound
			var us []ports.LaneUpdate
			for j, q := range qs {
				us = append(us, ports.LaneUpdate{Lane: q.Lane})
				if len(q.Due) > 0 {
					ms = append(ms, compose(q, fmt.Sprintf("m-%d-%d", i, j)))
				}
			}
			return errors.Join(r.Messages.Add(ctx, ms), r.Lanes.Save(ctx, us))
		})
		if err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	s.do(t, func(ctx context.Context, r OutboxRepos) error {
		for _, number := range numbers {
			ds, err := r.Deliveries.OfPages(ctx, []notification.PageKey{page(number, 1).PageKey})
			if err != nil {
				return err
			}
			switch d := ds[0]; {
			case d.Status == notification.Cancelled && d.Message == "", d.Status == notification.Sending && d.Message != "":
			default:
				t.Errorf("%s: %s with message %q", number, d.Status, d.Message)
			}
		}
		return nil
	})
}

// lanesInOneOrder: each of two programs hastens in one lane and then pages in the other's. A deadlock would show
// as another attempt.
func lanesInOneOrder(t *testing.T, s OutboxStore) {
	if s.Second == nil {
		t.Skip("one program at a time")
	}
	numbers := s.open(t, 2, spread)
	var attempts atomic.Int64
	var met, ended sync.WaitGroup
	met.Add(2)
	for w, by := range []ports.Atomically[OutboxRepos]{s.First, s.Second} {
		ended.Go(func() {
			meet := sync.OnceFunc(func() { met.Done(); met.Wait() })
			err := by(t.Context(), func(ctx context.Context, r OutboxRepos) error {
				attempts.Add(1)
				m, err := r.Incidents.Lock(ctx, numbers[w:w+1])
				if err != nil {
					return err
				}
				pages := []notification.PageKey{page(numbers[w], 1).PageKey}
				ds, err := r.Deliveries.OfPages(ctx, pages)
				if err != nil {
					return err
				}
				if err := r.Deliveries.Hasten(ctx, ds, t0().Add(-time.Minute)); err != nil {
					return err
				}
				if _, err := r.Deliveries.OfPages(ctx, pages); err != nil { // what waits to be written is written before
					return err
				}
				meet()
				c := changed(m[numbers[w]], "paged")
				c.Pages = []notification.Page{page(numbers[w], 2)}
				c.Pages[0].Deliveries = c.Pages[0].Deliveries[:1]
				c.Pages[0].Deliveries[0].Lane = notification.Lane(fmt.Sprintf("contact:lane-%d", 1-w))
				return r.Incidents.Save(ctx, []incident.Change{c})
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	ended.Wait()
	if n := attempts.Load(); n != 2 {
		t.Errorf("%d attempts, want 2: the programs were in each other's way", n)
	}
}

// probeClearedMeanwhile: a probe goes while its page becomes a message.
func probeClearedMeanwhile(t *testing.T, s OutboxStore) {
	if s.Second == nil {
		t.Skip("one program at a time")
	}
	s.do(t, func(ctx context.Context, r OutboxRepos) error {
		c := opening(id.Probe)
		c.Pages[0].Deliveries = c.Pages[0].Deliveries[:1]
		c.Pages[0].Deliveries[0].Lane = directory.ProbeLane()
		return r.Incidents.Save(ctx, []incident.Change{c})
	})
	cleared := make(chan error, 1)
	s.do(t, func(ctx context.Context, r OutboxRepos) error {
		qs, err := r.Lanes.Claim(ctx, smsOnly(), t0(), 10, nil)
		if err != nil || len(qs) != 1 {
			return fmt.Errorf("%w: claimed %+v", err, qs)
		}
		if err := errors.Join(r.Messages.Add(ctx, []ports.Bound{compose(qs[0], "m1")}), r.Lanes.Save(ctx, []ports.LaneUpdate{{Lane: qs[0].Lane}})); err != nil {
			return err
		}
		go func() {
			cleared <- s.Second(t.Context(), func(ctx context.Context, r OutboxRepos) error { return r.Probes.Clear(ctx) })
		}()
		s.Waits(t)
		return nil
	})
	if err := <-cleared; err != nil {
		t.Fatal(err)
	}
	if m, err := s.Messages.Message(t.Context(), "m1"); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("its message is still there: %+v, %v", m, err)
	}
}
