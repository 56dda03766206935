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
	readers = 16 // connections that read lists as fast as they are answered
	settle  = 500 * time.Millisecond
)

// disturbance is what somebody else does meanwhile.
type disturbance struct {
	words string
	// start lets it begin, with the first service that nobody probes; it ends with ctx.
	start func(ctx context.Context, s *server, service int) *meanwhile
	// mostTimes is by how much it may lengthen the latency; 0: the contract's figure counts instead.
	mostTimes float64
	limited   bool // senders have the product's limits; else none
}

// meanwhile is a disturbance under way.
type meanwhile struct {
	errgroup.Group
	began time.Time
	ready func() bool   // what is to be measured has begun
	told  func() string // what it did so far
}

// fair compares the page latency of a quiet sender with and without what others do to the same server. The quiet
// sender is never refused: a probe that is not answered with a 2xx ends the case.
func (r *run) fair(ctx context.Context) error {
	for _, d := range []disturbance{
		{"another sender floods, an alert a request", flood(1, pushedBackNow), 2, true},
		{"another sender floods, 100 alerts a request", flood(100, pushedBackNow), 2, true},
		{"another may send all it can, 100 alerts a request", flood(100, underWay), 0, false},
		{fmt.Sprintf("%d readers load lists", readers), read, 0, true},
	} {
		if err := r.disturbed(ctx, d); err != nil {
			return fmt.Errorf("%s: %w", d.words, err)
		}
	}
	return nil
}

func (r *run) disturbed(ctx context.Context, d disturbance) (err error) {
	each := quickly(r, 20, 4) // probes in a round
	// With and without the disturbance, in turn: what else the machine does then meets both.
	n := 2 * each * quickly(r, 5, 2)
	s, err := r.serve(ctx, fixture{services: n + services, people: n + services, limited: d.limited})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	count := new(atomic.Uint64)
	var quiet, loud latencies
	var told string
	for from := 0; from < n; from += 2 * each {
		got, err := s.probes(ctx, count, from, from+each)
		if err != nil {
			return err
		}
		quiet.add(got)
		told, got, err = s.beside(ctx, d, n, func() (latencies, error) { return s.probes(ctx, count, from+each, from+2*each) })
		if err != nil {
			return err
		}
		loud.add(got)
		pause(ctx, settle)
	}
	for _, rank := range []float64{50, 99} {
		r.add(fairFigure(d, rank, milliseconds(percentile(quiet.sinceSent, rank)), milliseconds(percentile(loud.sinceSent, rank)), told))
	}
	return nil
}

// beside runs f while the disturbance goes on, and tells what that did. One that does not come about is an error: a
// figure beside nothing would be a good one.
func (s *server) beside(ctx context.Context, d disturbance, service int, f func() (latencies, error)) (told string, got latencies, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	m := d.start(ctx, s, service)
	for m.began = time.Now(); !m.ready() && time.Since(m.began) < readyLimit; {
		pause(ctx, pushedBack)
	}
	if !m.ready() {
		told = m.told()
		stop()
		return "", got, errors.Join(fmt.Errorf("it did not come to that within %s: %s", readyLimit, told), m.Wait())
	}
	pause(ctx, settle) // what it had the right to is done with
	got, err = f()
	told = m.told()
	stop()
	return told, got, errors.Join(err, m.Wait())
}

func fairFigure(d disturbance, rank, without, with float64, told string) Figure {
	f := Figure{
		Case: "fair", Name: fmt.Sprintf("page latency p%.0f while %s", rank, d.words), Value: with / without, Unit: "times", Target: d.mostTimes, AtMost: true,
		Detail: fmt.Sprintf("%s ms, without %s ms; %s", amount(with), amount(without), told),
	}
	if d.mostTimes == 0 {
		f.Value, f.Unit = with, "ms"
		f.Target = map[float64]float64{50: 50, 99: 500}[rank]
		f.Detail = fmt.Sprintf("%.1f times the %s ms without; %s", with/without, amount(without), told)
	}
	return f
}

func (l *latencies) add(more latencies) {
	l.sinceSent = append(l.sinceSent, more.sinceSent...)
	l.sinceAnswered = append(l.sinceAnswered, more.sinceAnswered...)
}

// A flood that has limits is measured once the server pushes it back: before, it has the right to a storm.
func pushedBackNow(l *load) bool { return l.refused.Load() > connections }

func underWay(l *load) bool { return l.accepted.Load() > repeated }

// flood sends by the noisy key's integration as fast as it is answered.
func flood(perRequest int, ready func(*load) bool) func(context.Context, *server, int) *meanwhile {
	return func(ctx context.Context, s *server, service int) *meanwhile {
		noisy := usual()
		noisy.key = noisyKey
		pick := numbered(uint64(time.Now().UnixNano()), service, services)
		l := &load{addr: s.addr, sources: sourcesOf(noisy, s.addr, connections, perRequest, pick)}
		m := &meanwhile{ready: func() bool { return ready(l) }}
		m.told = func() string {
			took := time.Since(m.began).Seconds()
			return fmt.Sprintf("of the other's alerts %.0f/s came in, of its requests %.0f/s were refused", float64(l.accepted.Load())/took, float64(l.refused.Load())/took)
		}
		m.Go(func() error { return unlessOver(ctx, l.run(ctx)) })
		return m
	}
}

// read loads the pages that people look at.
func read(ctx context.Context, s *server, _ int) *meanwhile {
	pages := new(atomic.Int64)
	m := &meanwhile{ready: func() bool { return pages.Load() > readers }}
	m.told = func() string {
		return fmt.Sprintf("%.0f lists/s were read", float64(pages.Load())/time.Since(m.began).Seconds())
	}
	for i := range readers {
		filter := []string{"", "status=open", "severity=critical", "q=requests"}[i%4]
		m.Go(func() error {
			return unlessOver(ctx, s.keepReading(ctx, get(s.addr, "/incidents?"+filter, adminToken), pages))
		})
	}
	return m
}

func (s *server) keepReading(ctx context.Context, request []byte, pages *atomic.Int64) error {
	c, err := dial(ctx, s.addr)
	if err != nil {
		return err
	}
	defer c.close()
	for {
		status, body, err := c.do(request)
		if err != nil {
			return err
		}
		if status != http.StatusOK {
			return fmt.Errorf("GET /incidents answers %d: %.500s", status, body)
		}
		pages.Add(1)
	}
}

// unlessOver passes over what goes wrong because it was stopped.
func unlessOver(ctx context.Context, err error) error {
	select {
	case <-ctx.Done():
		return nil
	default:
		return err
	}
}
