package intake

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// patience is how long a request waits for a database that commits nothing at all, where there is a buffer:
// less than senders wait for an answer.
const patience = 4 * time.Second

// takeIn stores a request, or keeps it in the buffer where the database is away or does not say whether it
// has it. While the database is well the buffer is not touched.
//
// What is in the buffer holds up nothing: alerts that come when the database is back are stored at once. That is
// safe by the rules of occurrences, which hold in any order; see docs/adr/0008-the-buffer.md.
func (r *Receive) takeIn(ctx context.Context, from *directory.Integration, signals []alert.Signal, bad []alert.Quarantined) ([]Result, error) {
	if r.deps.Buffer == nil {
		return r.store(ctx, from, signals, bad, nil)
	}
	tried := r.away.Load()
	var failed error
	if tried {
		var results []Result
		if results, failed = r.buffer(ctx, from, signals, bad); failed == nil {
			return results, nil
		}
	}
	hangs := make(chan struct{})
	defer r.watch(hangs)()
	results, err := r.store(ctx, from, signals, bad, hangs)
	if err == nil || !r.isAway(ctx, err) {
		return results, err
	}
	if !tried {
		if results, failed = r.buffer(ctx, from, signals, bad); failed == nil {
			return results, nil
		}
	}
	return nil, fault.Of(err).Because(errors.Join(err, failed)) // the log says both
}

// isAway: the database did not take it, and might have. A full queue and a server that stops are no reason to
// buffer, nor is a sender that is gone.
func (r *Receive) isAway(ctx context.Context, err error) bool {
	return ctx.Err() == nil && absent(err)
}

// absent says whether an error is of a database that is away. Others that were faster, a full queue and a server that
// stops are none.
func absent(err error) bool {
	f := fault.Of(err)
	busy := f.Code == "intake.full" || f.Code == "intake.stopping" || f.Code == "store.busy"
	return f.Kind == fault.KindUnavailable && !busy
}

// note remembers whether the database took a group.
func (r *Receive) note(err error) {
	if err == nil {
		r.progress.Store(time.Now().UnixNano())
	}
	r.away.Store(err != nil && absent(err))
}

// watch closes hangs when nothing at all has been committed for the time of our patience, unless it is stopped.
func (r *Receive) watch(hangs chan struct{}) (stop func()) {
	began := time.Now()
	var mu sync.Mutex
	var timer *time.Timer
	stopped := false
	look := func() {
		mu.Lock()
		defer mu.Unlock()
		if stopped {
			return
		}
		if left := patience - time.Since(time.Unix(0, max(began.UnixNano(), r.progress.Load()))); left > 0 {
			timer.Reset(left)
			return
		}
		r.away.Store(true)
		close(hangs)
	}
	mu.Lock()
	defer mu.Unlock()
	timer = time.AfterFunc(patience, look)
	return func() {
		mu.Lock()
		defer mu.Unlock()
		stopped = true
		timer.Stop()
	}
}

// buffer keeps a request until the database is back.
func (r *Receive) buffer(ctx context.Context, from *directory.Integration, signals []alert.Signal, bad []alert.Quarantined) ([]Result, error) {
	err := r.deps.Buffer.Put(ctx, ports.Letter{Integration: from.ID, ReceivedAt: r.deps.Clock.Now(), Signals: signals, Bad: bad})
	if err != nil {
		return nil, err
	}
	results := make([]Result, len(signals)+len(bad))
	for i := range results {
		results[i].Outcome = Buffered
		if i < len(signals) {
			results[i].Fingerprint = signals[i].Fingerprint
		}
	}
	return results, nil
}
