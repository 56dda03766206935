package deliver

import (
	"context"
	"sync"

	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// flight is a set of sends under way and the way back for their results.
type flight struct {
	w       *Worker
	ctx     context.Context // of the sends: ends by abort, not with the caller's
	abort   context.CancelFunc
	results chan result
	wg      sync.WaitGroup
	slots   map[string]chan struct{}
}

func newFlight(w *Worker) *flight {
	f := &flight{w: w, results: make(chan result, 4*claimLimit), slots: make(map[string]chan struct{})}
	f.ctx, f.abort = context.WithCancel(context.Background())
	for k := range w.cfg.Notifiers {
		f.slots[k] = make(chan struct{}, inFlight)
	}
	return f
}

// send sends each attempt, one lane's in order.
func (f *flight) send(attempts []attempt) {
	lanes := make(map[notification.Lane][]attempt)
	for _, a := range attempts {
		lanes[a.Lane] = append(lanes[a.Lane], a)
	}
	for _, as := range lanes {
		f.wg.Go(func() {
			for _, a := range as {
				f.results <- f.one(a)
				f.w.free(a.Kind)
			}
		})
	}
}

func (f *flight) one(a attempt) result {
	select {
	case f.slots[a.Kind] <- struct{}{}:
		defer func() { <-f.slots[a.Kind] }()
	case <-f.ctx.Done():
		return released(a, "stopping")
	}
	return f.w.send(f.ctx, a)
}

// report hands over results that need no send.
func (f *flight) report(rs []result) {
	f.wg.Go(func() {
		for _, r := range rs {
			f.results <- r
		}
	})
}

// land waits until all is sent, while somebody takes the results or there is room for them.
func (f *flight) land() {
	f.wg.Wait()
	f.abort()
	close(f.results)
}
