package intake

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/failpoint"
	"github.com/rouse-oncall/rouse/internal/ports"
)

const (
	maxGroup   = 512 // alerts in one transaction
	minGroup   = 32  // as many may always be in one
	goodCommit = 25 * time.Millisecond
	maxShare   = 20_000 // alerts of one integration in the queue: a sender that floods is refused, the others are not
	maxWaiting = 50 * maxShare
)

// Receive takes alerts in. Requests queue by integration; a committer takes what waits, round robin, writes
// it in one transaction and answers each request after the flush of its last group. There is no timer: the
// next group forms while the last one flushes. The parts of one request are written one after the other.
type Receive struct {
	deps    Deps
	mapping alert.Mapping // of integrations that have none of their own

	// away: the last group met a database that does not answer. Alerts then go to the buffer, where there is one.
	away     atomic.Bool
	progress atomic.Int64 // when a group was last committed, in nanoseconds

	mu      sync.Mutex
	room    int // alerts in the next group: whoever comes now waits for one that is being written and for their own
	queues  map[id.Integration][]*request
	quiet   bool             // the last group was of the quiet alone
	turns   []id.Integration // integrations that have something waiting, in turn
	waiting int
	closed  bool
	wake    chan struct{}
	done    chan struct{}
}

// request is what one sender waits for.
type request struct {
	integration id.Integration
	items       []item
	taken       int  // items that are in a group or past it
	left        int  // items that are not committed yet
	flying      bool // a part of it is being committed, and more is to come
	err         error
	answered    chan struct{}
}

// NewReceive starts the committer; Close ends it.
func NewReceive(d Deps) *Receive {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	r := &Receive{deps: d, mapping: alert.DefaultMapping(), room: maxGroup, queues: make(map[id.Integration][]*request), wake: make(chan struct{}, 1), done: make(chan struct{})}
	var committing sync.WaitGroup
	for range max(1, d.Committers) {
		committing.Go(r.commitLoop)
	}
	go func() { committing.Wait(); close(r.done) }()
	return r
}

// Do takes the signals and what cannot be one, in one request, and returns when all of it is committed and
// flushed, or while the database is away kept in the buffer: a result for each, signals first. An error means that
// the sender must send again.
// The context bounds only the waiting: what is queued may still be committed after it is over.
func (r *Receive) Do(ctx context.Context, from *directory.Integration, signals []alert.Signal, bad []alert.Quarantined, truncated int) ([]Result, error) {
	if truncated > 0 {
		r.deps.Metrics.Truncated(from.Name, truncated)
		r.deps.Log.Warn("a sender left alerts out of a request: set max_alerts to 0 there", "integration", from.Name, "left_out", truncated)
	}
	n := len(signals) + len(bad)
	if n == 0 {
		return nil, nil
	}
	if from.ID == directory.ProbeIntegration { // a test is no alert of anybody's, and tests the database
		return r.store(ctx, from, signals, bad, nil)
	}
	results, err := r.takeIn(ctx, from, signals, bad)
	if err != nil {
		r.deps.Metrics.Refused(from.Name, n)
		return nil, err
	}
	r.count(from.Name, results)
	return results, nil
}

// store commits a request and gives a result for each of its parts. hangs, where given, says that it is no use
// to wait for longer.
func (r *Receive) store(ctx context.Context, from *directory.Integration, signals []alert.Signal, bad []alert.Quarantined, hangs <-chan struct{}) ([]Result, error) {
	mapping := r.mapping
	if from.Mapping != nil {
		mapping = *from.Mapping
	}
	n := len(signals) + len(bad)
	results := make([]Result, n)
	q := &request{integration: from.ID, items: make([]item, n), left: n, answered: make(chan struct{})}
	for i := range signals {
		s := mapping.Apply(signals[i])
		s.Integration = from.ID
		q.items[i] = item{signal: &s, result: &results[i]}
	}
	for i := range bad {
		bad[i].Integration = from.ID
		q.items[len(signals)+i] = item{bad: &bad[i], result: &results[len(signals)+i]}
	}
	if err := r.enqueue(q); err != nil {
		return nil, err
	}
	select {
	case <-q.answered:
	case <-hangs:
		return nil, fault.Unavailable(time.Second, "intake.timeout", "the alerts were not stored in time; send them again")
	case <-ctx.Done():
		return nil, fault.Unavailable(time.Second, "intake.timeout", "the alerts were not stored in time; send them again").Because(ctx.Err())
	}
	if q.err != nil {
		return nil, q.err
	}
	return results, nil
}

func (r *Receive) count(from string, results []Result) {
	counts := map[Outcome]int{}
	for _, res := range results {
		counts[res.Outcome]++
	}
	for o, n := range counts {
		r.deps.Metrics.Answered(from, o, n)
	}
}

func (r *Receive) enqueue(q *request) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return fault.Unavailable(time.Second, "intake.stopping", "the server is stopping; send the alerts again")
	case r.share(q.integration)+len(q.items) > maxShare && r.share(q.integration) > 0, r.waiting > maxWaiting:
		return fault.Unavailable(time.Second, "intake.full", "too many alerts are waiting to be stored; send them again")
	}
	if len(r.queues[q.integration]) == 0 {
		r.turns = append(r.turns, q.integration)
	}
	r.queues[q.integration] = append(r.queues[q.integration], q)
	r.waiting += len(q.items)
	r.hint()
	return nil
}

// hint wakes a committer.
func (r *Receive) hint() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// share is how many alerts of an integration wait.
func (r *Receive) share(i id.Integration) int {
	n := 0
	for _, q := range r.queues[i] {
		n += len(q.items) - q.taken
	}
	return n
}

// Close refuses what comes from now on, commits what waits, and returns.
func (r *Receive) Close() {
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		close(r.wake)
	}
	r.mu.Unlock()
	<-r.done
}

func (r *Receive) commitLoop() {
	for {
		parts := r.take()
		if len(parts) > 0 {
			r.commit(parts)
			continue
		}
		if _, open := <-r.wake; !open {
			if parts := r.take(); len(parts) > 0 {
				r.commit(parts)
				continue
			}
			return
		}
	}
}

// part is what a group has of one request.
type part struct {
	of    *request
	items []item
}

// take forms the next group: a request of each integration in turn, so that one noisy sender holds up nobody.
// Where more waits than one group has room for, every other group is of the quiet alone: they need not wait for
// the time that a full one takes.
func (r *Receive) take() []part {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.quiet = !r.quiet && r.waiting > r.room; r.quiet {
		if parts := r.form(quiet); len(parts) > 0 {
			return parts
		}
	}
	return r.form(func([]*request) bool { return true })
}

// quiet: all that this sender waits for is one small request.
func quiet(queue []*request) bool { return len(queue) == 1 && len(queue[0].items) <= minGroup }

// form takes a request of each integration in turn, of those that may be in the group.
func (r *Receive) form(may func(queue []*request) bool) []part {
	var parts []part
	room := r.room
	for passed := 0; room > 0 && len(r.turns) > passed; {
		turn := r.turns[0]
		r.turns = r.turns[1:]
		q := r.queues[turn][0]
		if q.flying || !may(r.queues[turn]) {
			r.turns = append(r.turns, turn)
			passed++ // what began to be written goes on when that is done: alerts keep their order
			continue
		}
		n := min(room, len(q.items)-q.taken)
		parts = append(parts, part{q, q.items[q.taken : q.taken+n]})
		q.taken += n
		room -= n
		r.waiting -= n
		q.flying = q.taken < len(q.items)
		if q.taken == len(q.items) {
			r.queues[turn] = slices.Delete(r.queues[turn], 0, 1)
		}
		if len(r.queues[turn]) > 0 {
			r.turns = append(r.turns, turn)
		} else {
			delete(r.queues, turn)
		}
	}
	return parts
}

func (r *Receive) commit(parts []part) {
	var items []item
	for _, p := range parts {
		items = append(items, p.items...)
	}
	began := time.Now()
	err := r.write(items)
	took := time.Since(began)
	r.deps.Metrics.Committed(len(items), took)
	r.note(err)
	r.mu.Lock()
	r.room = nextRoom(r.room, len(items), took)
	r.mu.Unlock()
	if len(parts) > 1 && spoilt(err) {
		for _, p := range parts {
			r.commit([]part{p})
		}
		return
	}
	for _, p := range parts {
		r.answer(p, err)
	}
}

// nextRoom is how many alerts the next group may have after one of n took so long: as many as are committed in
// goodCommit, so that a flood of one sender does not make everybody wait. It grows and shrinks step by step, for
// the time of one commit says little.
func nextRoom(room, n int, took time.Duration) int {
	switch {
	case took > goodCommit && 2*n > room: // a small group that was slow was slow for another reason
		return max(minGroup, room*3/4)
	case took <= goodCommit && n >= room:
		return min(maxGroup, room*5/4)
	}
	return room
}

// spoilt says whether a group failed by something in it: whoever sent nothing of that kind must not wait for it.
// Where the database is away, or did not say what it did, all of the group hear so.
func spoilt(err error) bool {
	return err != nil && !fault.Is(err, fault.KindUnavailable) && !errors.Is(err, ports.ErrUnknownOutcome)
}

// write commits the items in one transaction; where that meets a row that the database will never take,
// it halves them until the one is found and put into quarantine.
func (r *Receive) write(items []item) error {
	err := r.writeGroup(items)
	if !errors.Is(err, ports.ErrRefused) {
		return err
	}
	if len(items) > 1 {
		if err := r.write(items[:len(items)/2]); err != nil {
			return err
		}
		return r.write(items[len(items)/2:])
	}
	if items[0].bad != nil {
		return err
	}
	s := items[0].signal
	bad := &alert.Quarantined{Integration: s.Integration, Reason: "the database refuses it: " + err.Error(), Raw: s.Fingerprint + " " + s.Title}
	return r.writeGroup([]item{{bad: bad, result: items[0].result}})
}

func (r *Receive) writeGroup(items []item) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var changes []incident.Change
	err := r.deps.Atomically(ctx, func(ctx context.Context, repos Repos) error {
		g := group{items: items, now: r.deps.Clock.Now(), newID: r.deps.NewID}
		var err error
		changes, err = g.commit(ctx, repos)
		failpoint.Here(failpoint.IntakeWritten)
		return err
	})
	if err == nil {
		failpoint.Here(failpoint.IntakeCommitted)
		r.deps.Committed(changes)
	}
	return err
}

// answer tells the sender once its last part is done. A part that failed makes it send everything again;
// the parts that were stored are then known.
func (r *Receive) answer(p part, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	q := p.of
	q.left -= len(p.items)
	if q.flying {
		q.flying = false
		if !r.closed {
			r.hint()
		}
	}
	if err != nil && q.err == nil {
		q.err = err
	}
	if q.left == 0 {
		close(q.answered)
	}
}
