package sqlite

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// slice is how long the writer gathers jobs into one transaction. What waits shares one flush.
const slice = 25 * time.Millisecond

// job is one function that waits for its turn, or for the flush of its group.
type job struct {
	f    func(engine.Session) error
	err  error
	done chan struct{}
}

// writer is the only one that writes: database/sql serves waiters in random order, so one connection
// behind a pool is not a queue. Jobs run in the order of their lanes, first come first served within one.
type writer struct {
	session *session
	room    *reserve

	mu      sync.Mutex
	queues  [engine.Lanes][]*job
	stopped bool
	wake    chan struct{}
	ended   chan struct{}
}

func startWriter(s *session, room *reserve) *writer {
	w := &writer{session: s, room: room, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go w.loop()
	return w
}

var errClosed = fault.Unavailable(time.Second, "store.closed", "the database is being closed")

// do runs f in its turn. Alerts need room on the disk beyond what is kept for the rest.
func (w *writer) do(ctx context.Context, lane engine.Lane, f func(engine.Session) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if lane == engine.IntakeLane && !w.room.holds() {
		return engine.ErrFull(errKept)
	}
	err := w.wait(ctx, lane, f)
	if engine.IsFull(err) {
		w.room.spend()
	}
	return err
}

var errKept = errors.New("what room there is is kept for what wakes people")

func (w *writer) wait(ctx context.Context, lane engine.Lane, f func(engine.Session) error) error {
	j := &job{f: f, done: make(chan struct{})}
	w.mu.Lock()
	if w.stopped {
		w.mu.Unlock()
		return errClosed
	}
	w.queues[lane] = append(w.queues[lane], j)
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
	select {
	case <-j.done:
		return j.err
	case <-ctx.Done():
		if w.withdraw(lane, j) {
			return ctx.Err()
		}
		<-j.done // it has begun: its outcome is known within the slice
		return j.err
	}
}

func (w *writer) withdraw(lane engine.Lane, j *job) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, q := range w.queues[lane] {
		if q == j {
			w.queues[lane] = append(w.queues[lane][:i:i], w.queues[lane][i+1:]...)
			return true
		}
	}
	return false
}

func (w *writer) next() *job {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, q := range w.queues {
		if len(q) > 0 {
			w.queues[i] = q[1:]
			return q[0]
		}
	}
	return nil
}

func (w *writer) stop() {
	w.mu.Lock()
	w.stopped = true
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
	<-w.ended
}

func (w *writer) loop() {
	defer close(w.ended)
	defer w.session.close()
	for {
		if j := w.next(); j != nil {
			w.group(j)
			continue
		}
		w.mu.Lock()
		stopped := w.stopped
		w.mu.Unlock()
		if stopped {
			return
		}
		<-w.wake
	}
}

// group runs j and what else is ready in one transaction, and answers all after its flush.
func (w *writer) group(j *job) {
	end := time.Now().Add(slice)
	var good []*job
	err := w.run("BEGIN IMMEDIATE")
	for err == nil && j != nil {
		if len(good) == 0 {
			err = w.first(j)
		} else {
			err = w.savepoint(j)
		}
		switch {
		case err != nil:
			j.answer(err)
		case j.err != nil:
			j.answer(j.err)
		default:
			good = append(good, j)
		}
		j = nil
		if time.Now().Before(end) {
			j = w.next()
		}
	}
	if err == nil {
		err = w.run("COMMIT")
	}
	if err != nil {
		_ = w.run("ROLLBACK") // the transaction may already be gone
	}
	for _, g := range good {
		g.answer(err)
	}
	if j != nil { // taken, and never begun
		j.answer(err)
	}
}

func (j *job) answer(err error) {
	j.err = err
	close(j.done)
}

func (w *writer) run(query string) error { return translate(w.session.run(query)) }

// first runs a job before which nothing was written: no savepoint need keep every page as it was.
// The job's own error is in j.err; what it returns is the end of the whole transaction.
func (w *writer) first(j *job) error {
	j.err = engine.Protect(func() error { return j.f(w.session) })
	if j.err == nil {
		return nil
	}
	_ = w.run("ROLLBACK") // a full disk ends the transaction by itself
	return w.run("BEGIN IMMEDIATE")
}

// savepoint runs a job so that its failure leaves the others of the group alone. It returns as first does.
func (w *writer) savepoint(j *job) error {
	if err := w.run("SAVEPOINT job"); err != nil {
		return err
	}
	j.err = engine.Protect(func() error { return j.f(w.session) })
	if j.err != nil {
		if err := w.run("ROLLBACK TO job"); err != nil {
			return errors.Join(err, j.err)
		}
	}
	return w.run("RELEASE job")
}
