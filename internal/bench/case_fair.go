package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	fairRounds = 5  // with and without the disturbance, in turn: what else the machine does then meets both
	readers    = 16 // connections that read lists as fast as they are answered
	mostFair   = 2  // times the latency without the disturbance
	settle     = 500 * time.Millisecond
)

// disturbance is what somebody else does meanwhile. run goes on until its context ends.
type disturbance struct {
	words string
	run   func(ctx context.Context, s *server, service int) (told func() string, err error) // service: the first that nobody probes
}

// fair compares the page latency of a quiet sender with and without what others do to the same server.
func (r *run) fair(ctx context.Context) error {
	for _, d := range []disturbance{
		{"another sender floods, an alert a request", flood(1)},
		{"another sender floods, 100 alerts a request", flood(100)},
		{fmt.Sprintf("%d readers load lists", readers), read},
	} {
		if err := r.disturbed(ctx, d); err != nil {
			return fmt.Errorf("%s: %w", d.words, err)
		}
	}
	return nil
}

func (r *run) disturbed(ctx context.Context, d disturbance) (err error) {
	each := quickly(r, 20, 5) // probes in a round
	n := 2 * each * fairRounds
	s, err := r.serve(ctx, fixture{services: n + services, people: n + services, limited: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	count := new(atomic.Uint64)
	var quiet, loud latencies
	var told func() string
	for round := range fairRounds {
		from := 2 * each * round
		got, err := s.probes(ctx, count, from, from+each)
		if err != nil {
			return err
		}
		quiet.add(got)
		meanwhile, stop := context.WithCancel(ctx)
		var g errgroup.Group
		g.Go(func() (err error) {
			told, err = d.run(meanwhile, s, n)
			return err
		})
		pause(ctx, settle)
		got, err = s.probes(ctx, count, from+each, from+2*each)
		stop()
		if err := errors.Join(err, g.Wait()); err != nil {
			return err
		}
		loud.add(got)
		pause(ctx, settle)
	}
	for _, rank := range []float64{50, 99} {
		without, with := milliseconds(percentile(quiet.sinceSent, rank)), milliseconds(percentile(loud.sinceSent, rank))
		r.add(Figure{
			Case: "fair", Name: fmt.Sprintf("page latency p%.0f while %s", rank, d.words), Value: with / without, Unit: "times", Target: mostFair, AtMost: true,
			Detail: fmt.Sprintf("%s ms, without %s ms; %s", amount(with), amount(without), told()),
		})
	}
	return nil
}

func (l *latencies) add(more latencies) {
	l.sinceSent = append(l.sinceSent, more.sinceSent...)
	l.sinceAnswered = append(l.sinceAnswered, more.sinceAnswered...)
}

// flood sends by the noisy key's integration as fast as it is answered, to services that nobody probes. The quiet
// sender is never refused: a probe that is not answered with a 2xx ends the case.
func flood(perRequest int) func(context.Context, *server, int) (func() string, error) {
	return func(ctx context.Context, s *server, service int) (func() string, error) {
		noisy := usual()
		noisy.key = noisyKey
		pick := numbered(uint64(time.Now().UnixNano()), service, services)
		l := &load{addr: s.addr, sources: sourcesOf(noisy, s.addr, connections, perRequest, pick)}
		began := time.Now()
		err := l.run(ctx)
		took := time.Since(began).Seconds()
		if ctx.Err() != nil {
			err = nil // it was stopped, whatever it was doing
		}
		return func() string {
			return fmt.Sprintf("of the other's alerts %.0f/s came in, of its requests %.0f/s were refused",
				float64(l.accepted.Load())/took, float64(l.refused.Load())/took)
		}, err
	}
}

// read loads the pages that people look at.
func read(ctx context.Context, s *server, _ int) (func() string, error) {
	var g errgroup.Group
	pages := new(atomic.Int64)
	began := time.Now()
	for i := range readers {
		g.Go(func() error {
			c, err := dial(ctx, s.addr)
			if err != nil {
				return err
			}
			defer c.close()
			request := get(s.addr, "/incidents?"+[]string{"", "status=open", "severity=critical", "q=requests"}[i%4], adminToken)
			for ctx.Err() == nil {
				status, body, err := c.do(request)
				if err != nil {
					return err
				}
				if status != http.StatusOK {
					return fmt.Errorf("GET /incidents answers %d: %.500s", status, body)
				}
				pages.Add(1)
			}
			return nil
		})
	}
	err := g.Wait()
	took := time.Since(began).Seconds()
	if ctx.Err() != nil {
		err = nil // they were stopped
	}
	return func() string { return fmt.Sprintf("%.0f lists/s were read", float64(pages.Load())/took) }, err
}
