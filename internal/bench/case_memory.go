package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	someAlerts  = 200_000
	allAlerts   = 1_000_000
	mostGrowth  = 1.2
	sampleEvery = 5 * time.Millisecond
)

// memory compares what the server holds after some and after many different alerts, while they come in.
func (r *run) memory(ctx context.Context) (err error) {
	s, err := r.serve(ctx, fixture{services: services, people: services})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	first, last := quickly(r, int64(someAlerts), someAlerts/40), quickly(r, int64(allAlerts), allAlerts/40)
	const perRequest = 100
	l := &load{addr: s.addr, most: last / perRequest, sources: sources(s.addr, connections, perRequest, fresh(new(atomic.Uint64), services))}
	var early, late []float64
	ended := make(chan struct{})
	var g errgroup.Group
	g.Go(func() error {
		defer close(ended)
		return l.run(ctx)
	})
	g.Go(func() error {
		for {
			select {
			case <-ended:
				return nil
			case <-time.After(sampleEvery):
			}
			bytes, err := s.resident()
			if err != nil {
				return err
			}
			// The last tenth of each.
			switch n := l.accepted.Load(); {
			case n > first-last/10 && n <= first:
				early = append(early, bytes)
			case n > last-last/10:
				late = append(late, bytes)
			}
		}
	})
	if err := g.Wait(); err != nil {
		return err
	}
	if len(early) == 0 || len(late) == 0 {
		return errors.New("the alerts came in too quickly to look at the memory meanwhile")
	}
	before, after := middle(early)/mebibyte, middle(late)/mebibyte
	r.add(Figure{
		Case: "memory", Name: fmt.Sprintf("memory after %s alerts beside after %s", amount(float64(last)), amount(float64(first))), Value: after / before, Unit: "times",
		Target: mostGrowth, AtMost: true, Detail: fmt.Sprintf("%s MB and %s MB, the medians of %d and %d looks", amount(after), amount(before), len(late), len(early)),
	})
	return nil
}

// middle is the median.
func middle(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
