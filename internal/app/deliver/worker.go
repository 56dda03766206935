// Package deliver takes waiting deliveries to providers: it gathers them into messages, sends each under a
// lease that everybody can see, and tells the engine what came of it.
package deliver

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/failpoint"
	"github.com/rouse-oncall/rouse/internal/ports"
)

const (
	lease       = 25 * time.Second // one attempt, from its claim to its record
	sendTimeout = 10 * time.Second
	poll        = 250 * time.Millisecond
	inFlight    = 32   // claimed messages of one kind of channel: all are sent at once
	recordLimit = 64   // results in one transaction
	resultRoom  = 1024 // results that wait to be recorded before their senders do
)

// Config is what a Worker needs.
type Config struct {
	Claims    ports.Atomically[ClaimRepos]
	Records   ports.Atomically[RecordRepos]
	Outbox    ports.Outbox
	Notifiers map[string]ports.Notifier                              // by kind of channel; messages of other kinds are left alone
	Rules     map[string]notification.LaneRules                      // by kind; missing: no floor
	Behind    func(ctx context.Context, now time.Time) (bool, error) // the engine has old timers to work; nil: never
	Clock     ports.Clock
	NewID     func() id.Message // UUIDv7
	NewToken  func() string     // of an attempt; never the same twice
	Jitter    func() float64    // in [0, 1)
	PublicURL string            // without a trailing slash
	Codes     notification.Codes

	Usage     ports.Usage
	Paid      []string // kinds whose messages cost money: the quota is of them together
	Quota     notification.Quota
	OverQuota func(kind string) // a delivery was kept back by the quota

	Installation string // our id, for what is forwarded
	Metrics      Metrics
	Log          *slog.Logger
	Committed    func(changes []incident.Change) // told after the commit of a record; never blocks; may be nil
	Grace        time.Duration                   // for sends in flight when Run ends; 0: as long as one can take
	InOrder      bool                            // RunOnce records when all is sent, by message: two runs of the same are the same
}

// Metrics hears what is counted.
type Metrics interface {
	// Requested: the first attempt of a message called its provider this long after it could have.
	Requested(kind string, after time.Duration)
	// Sent: an attempt came out so ("accepted", "retry", "unknown", "failed", …); took is zero where nobody was called.
	Sent(kind, outcome string, took time.Duration)
	// DuplicatePossible: a message goes out though an earlier attempt may have arrived.
	DuplicatePossible(kind string)
	// PageAfterAck: a provider was called for a page whose incident had been answered before.
	PageAfterAck(kind string)
	// Poisoned: something was given up because of failures of our own.
	Poisoned(kind string)
}

// Worker claims, sends and records. Any number may work on one database.
type Worker struct {
	cfg  Config
	wake chan struct{}

	mu   sync.Mutex
	busy map[string]int // claimed and not yet recorded, by kind

	behind time.Time // since when the engine catches up; zero: it does not
	told   told
}

// New gives a worker.
func New(cfg Config) *Worker {
	if cfg.Grace == 0 {
		cfg.Grace = sendTimeout + time.Second
	}
	if cfg.Committed == nil {
		cfg.Committed = func([]incident.Change) {}
	}
	return &Worker{cfg: cfg, wake: make(chan struct{}, 1), busy: make(map[string]int)}
}

// Wake hints that something may be due. It never blocks.
func (w *Worker) Wake() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// RunOnce claims what is due now, sends it and records what came of it.
// It says how much there was to do: 0 means that nothing is due.
func (w *Worker) RunOnce(ctx context.Context) (int, error) {
	f := newFlight(w)
	recorded := make(chan struct{})
	go func() {
		defer close(recorded)
		if w.cfg.InOrder {
			w.recordInOrder(ctx, f.results)
		} else {
			w.recordAll(ctx, f.results)
		}
	}()
	worked, more, err := w.dispatch(ctx, f)
	if more {
		worked = max(1, worked)
	}
	f.land()
	<-recorded
	return worked, err
}

// Run works until ctx ends. Then it lets sends in flight finish, for the grace at most, and gives back the rest.
func (w *Worker) Run(ctx context.Context) {
	alive, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	f := newFlight(w)
	recorded := make(chan struct{})
	go func() {
		defer close(recorded)
		w.recordAll(alive, f.results)
	}()
	w.loop(ctx, alive, f)
	enough := time.AfterFunc(w.cfg.Grace, f.abort)
	f.land()
	enough.Stop()
	giveUp := time.AfterFunc(w.cfg.Grace, stop) // the database may be gone
	<-recorded
	giveUp.Stop()
}

func (w *Worker) loop(ctx, alive context.Context, f *flight) {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	failing := false
	for ctx.Err() == nil {
		_, more, err := w.dispatch(alive, f)
		if (err != nil) != failing {
			failing = err != nil
			w.cfg.Log.Log(ctx, slog.LevelWarn, "claiming deliveries", "failing", failing, "error", err)
		}
		if more && len(w.freeSlots()) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
		case <-w.wake:
		case <-ticker.C:
		}
	}
}

// dispatch claims what is due and puts it in the air. What needs no provider goes straight to the record.
// more says that another claim may find something at once.
func (w *Worker) dispatch(ctx context.Context, f *flight) (worked int, more bool, err error) {
	free := w.freeSlots()
	if len(free) == 0 {
		return 0, false, nil
	}
	now := w.cfg.Clock.Now()
	if due, err := w.cfg.Outbox.Due(ctx, slices.Sorted(maps.Keys(free)), now); err != nil || !due {
		return 0, false, err
	}
	wait, err := w.awaitEngine(ctx, now)
	if err != nil {
		return 0, false, err
	}
	used, err := w.usedToday(ctx, now)
	if err != nil {
		return 0, false, err
	}
	c, err := w.claim(ctx, free, wait, used)
	if err != nil {
		return 0, false, err
	}
	w.saySilent(c.results)
	w.sayUsed(c)
	if len(c.attempts) > 0 {
		failpoint.Here(failpoint.Claimed)
	}
	for _, a := range c.attempts {
		w.hold(a.Kind)
	}
	f.send(c.attempts)
	f.report(c.results)
	return len(c.attempts) + len(c.results), c.more, nil
}

// saySilent lets those hear of it who can choose another provider the next time.
func (w *Worker) saySilent(results []result) {
	for _, r := range results {
		if p, ok := w.cfg.Notifiers[r.Kind].(ports.Providers); ok && r.outcome == noReceipt {
			p.Silent(r.ProviderID)
		}
	}
}

// awaitEngine says whether digests wait: after an outage the engine works many timers at once, and what they cause
// belongs into one digest, the worst first. Recovery must begin within 10 s, so they do not wait for long.
func (w *Worker) awaitEngine(ctx context.Context, now time.Time) (bool, error) {
	if w.cfg.Behind == nil {
		return false, nil
	}
	behind, err := w.cfg.Behind(ctx, now)
	switch {
	case err != nil:
		return false, err
	case !behind:
		w.behind = time.Time{}
	case w.behind.IsZero() || w.behind.After(now):
		w.behind = now
	}
	return behind && now.Sub(w.behind) < catchUpWait, nil
}

// freeSlots says how many messages each kind of channel can take: one that hangs keeps only its own waiting.
func (w *Worker) freeSlots() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	free := make(map[string]int)
	for k := range w.cfg.Notifiers {
		if n := inFlight - w.busy[k]; n > 0 {
			free[k] = n
		}
	}
	return free
}

func (w *Worker) hold(kind string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy[kind]++
}

func (w *Worker) free(kind string) {
	w.mu.Lock()
	w.busy[kind]--
	again := w.busy[kind] == inFlight/2 // so many at once are worth a claim; fewer wait for the next look
	w.mu.Unlock()
	if again {
		w.Wake()
	}
}
