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
	results chan []result // what came together is recorded together
	wg      sync.WaitGroup
}

func newFlight(w *Worker) *flight {
	f := &flight{w: w, results: make(chan []result, resultRoom)}
	f.ctx, f.abort = context.WithCancel(context.Background())
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
				f.results <- []result{f.one(a)}
				f.w.free(a.Kind)
			}
		})
	}
}

func (f *flight) one(a attempt) result {
	if f.ctx.Err() != nil {
		return released(a, "stopping")
	}
	return f.w.send(f.ctx, a)
}

// report hands over results that need no send.
func (f *flight) report(rs []result) {
	if len(rs) > 0 {
		f.wg.Go(func() { f.results <- rs })
	}
}

// land waits until all is sent, while somebody takes the results or there is room for them.
func (f *flight) land() {
	f.wg.Wait()
	f.abort()
	close(f.results)
}
