package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// load sends requests over several connections at once until it is told to stop.
type load struct {
	addr    string
	sources []*source // one a connection
	expect  string    // outcome that alerts should have; "" where nobody looks
	pace    float64   // requests/s of all connections together; 0: as fast as they are answered
	most    int64     // requests of all connections together; 0: until stop

	begun    atomic.Int64 // requests
	accepted atomic.Int64 // alerts answered with 2xx
	expected atomic.Int64 // those with the expected outcome
	refused  atomic.Int64 // requests answered with 503
	stopped  atomic.Bool
}

// pushedBack is how long a connection waits after a 503.
const pushedBack = 20 * time.Millisecond

// run sends until stop is called, the most is reached or something fails. Requests under way are finished.
func (l *load) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	begin := time.Now()
	for i, s := range l.sources {
		g.Go(func() error {
			c, err := dial(ctx, l.addr)
			if err != nil {
				return err
			}
			defer c.close()
			for n := 0; !l.stopped.Load(); n++ {
				if l.begun.Add(1) > l.most && l.most > 0 {
					return nil
				}
				if !l.await(ctx, begin, n*len(l.sources)+i) {
					return ctx.Err()
				}
				if err := l.send(ctx, c, s); err != nil {
					return errors.Join(ctx.Err(), err)
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// await waits for the turn of the n-th request of all, where there is a pace.
func (l *load) await(ctx context.Context, begin time.Time, n int) bool {
	if l.pace == 0 {
		return true
	}
	due := begin.Add(time.Duration(float64(n) / l.pace * float64(time.Second)))
	return pause(ctx, time.Until(due))
}

// send sends one request, again and again while the server pushes back.
func (l *load) send(ctx context.Context, c *client, s *source) error {
	request := s.next()
	for {
		status, body, err := c.do(request)
		switch {
		case err != nil:
			return err
		case status/100 == 2:
			l.accepted.Add(int64(s.alerts))
			if l.expect != "" {
				l.expected.Add(int64(bytes.Count(body, []byte(l.expect))))
			}
			return nil
		case status != http.StatusServiceUnavailable:
			return fmt.Errorf("POST /alerts answers %d: %.500s", status, body)
		}
		l.refused.Add(1)
		if !pause(ctx, pushedBack) {
			return ctx.Err()
		}
	}
}

func (l *load) stop() { l.stopped.Store(true) }

// rate gives the alerts/s that were accepted within the window, after the warm-up.
func (l *load) rate(ctx context.Context, warmUp, window time.Duration) (float64, error) {
	var g sync.WaitGroup
	var failed error
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	g.Go(func() {
		failed = l.run(ctx)
		cancel(failed)
	})
	pause(ctx, warmUp)
	before, began := l.accepted.Load(), time.Now()
	pause(ctx, window)
	n, took := l.accepted.Load()-before, time.Since(began)
	l.stop()
	g.Wait()
	if failed != nil {
		return 0, failed
	}
	// The first alert of each service opens an incident: at first not all come out the same.
	if l.expect != "" && l.expected.Load()*10 < l.accepted.Load()*9 {
		return 0, fmt.Errorf("of %d alerts only %d came out as %s: this is not what was to be measured", l.accepted.Load(), l.expected.Load(), l.expect)
	}
	return float64(n) / took.Seconds(), nil
}

// pause waits, and says whether ctx still goes on.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// outcome is how an answer says what became of an alert.
func outcome(name string) string { return `"outcome":"` + name + `"` }
