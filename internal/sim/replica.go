package sim

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/memory"
	"github.com/rouse-oncall/rouse/internal/app/audit"
	"github.com/rouse-oncall/rouse/internal/app/deliver"
	"github.com/rouse-oncall/rouse/internal/app/escalate"
	"github.com/rouse-oncall/rouse/internal/app/intake"
	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// poll is how often a worker looks without being woken, as in the product.
const poll = 250 * time.Millisecond

// replica is one life of one program: the shipped use cases over the simulated outside.
type replica struct {
	w           *world
	n, life     int
	dead        chan struct{} // closed by a crash
	pausedUntil time.Time
	trouble     time.Time     // until when what it sends or records was slow, stood still or failed
	offset      time.Duration // of its clock from the true time
	made        int           // ids
	workers     []*worker

	receive  *intake.Receive
	uptime   *intake.Uptime
	refire   *intake.Refire
	escalate *escalate.Run
	audit    *audit.Run
	deliver  *deliver.Worker
	confirm  deliver.Confirm
	people   respond.Deps
}

// worker is one loop of a replica.
type worker struct {
	name    string
	run     func(context.Context) (int, error)
	due     func() time.Time // by the database's clock; zero: not before something happens
	busy    int              // runs under way
	most    int              // at once
	last    time.Time        // the last look, in true time
	lag     time.Duration    // of the next look behind what is due
	claimed bool             // the run under way has claimed: another may begin
}

func (r *replica) Now() time.Time { return r.w.now().Add(r.offset) }

func (r *replica) gone() bool {
	select {
	case <-r.dead:
		return true
	default:
		return false
	}
}

// die is a crash: whatever the replica's goroutines still do has no effect.
func (r *replica) die() {
	close(r.dead)
	go r.receive.Close()
}

func (r *replica) String() string { return fmt.Sprintf("r%d.%d", r.n, r.life) }

// start brings a program up, as wire does.
func (w *world) start(n int) *replica {
	w.lives++
	r := &replica{w: w, n: n, life: w.lives, dead: make(chan struct{}), offset: w.dbOffset + between(w.rng, -50*time.Millisecond, 50*time.Millisecond)}
	log := slog.New(slog.DiscardHandler)
	if w.verbose != nil {
		log = slog.New(slog.NewTextHandler(sayer{w}, nil))
	}
	in := intake.Deps{
		Peek: w.db, Clock: r, NewID: r.newID, Committed: r.committed, Metrics: w.model, Log: log, Stuck: r.stuck,
		Atomically: atomic(r, "intake", func(tx *memory.Tx, rec *record) intake.Repos {
			return intake.Repos{
				Directory: tx.Directory(), Catalog: tx.Catalog(), Incidents: incidents{tx.Incidents(), rec}, Correlations: tx.Correlations(),
				Alerts: tx.Alerts(), Timers: tx.Timers(), Quarantine: tx.Quarantine(), Senders: tx.Senders(),
			}
		}),
	}
	r.receive = intake.NewReceive(in)
	r.uptime = &intake.Uptime{Clock: r, Log: log, Atomically: beat(r)}
	r.refire = intake.NewRefire(in, r.uptime)
	r.escalate = &escalate.Run{
		Peek: w.db, Clock: r, Committed: r.committed, Lag: w.model.lag, Stuck: r.stuck,
		Atomically: atomic(r, "escalate", func(tx *memory.Tx, rec *record) escalate.Repos {
			return escalate.Repos{Directory: tx.Directory(), Incidents: incidents{tx.Incidents(), rec}, Timers: tx.Timers(), Paging: tx.Paging()}
		}),
	}
	r.audit = &audit.Run{
		Clock: r, Holder: r.String(), Committed: r.committed, Done: w.model.audited, Passed: func() {},
		Atomically: atomic(r, "audit", func(tx *memory.Tx, rec *record) audit.Repos {
			return audit.Repos{Directory: tx.Directory(), Incidents: incidents{tx.Incidents(), rec}, Auditor: tx.Auditor(), Leases: tx.Leases(), Pulses: tx.Pulses()}
		}),
	}
	r.people = respond.Deps{
		Clock: r, Committed: r.committed, Unanswered: func() {},
		Atomically: atomic(r, "people", func(tx *memory.Tx, rec *record) respond.Repos {
			return respond.Repos{Directory: tx.Directory(), Incidents: incidents{tx.Incidents(), rec}, Alerts: tx.Alerts(), Keys: tx.Correlations()}
		}),
	}
	r.newDeliver(log)
	r.work()
	w.say("%s starts, its clock off by %s", r, r.offset)
	return r
}

func (r *replica) newDeliver(log *slog.Logger) {
	notifiers, rules := map[string]ports.Notifier{}, map[string]notification.LaneRules{}
	for kind, p := range r.w.providers {
		notifiers[kind] = sender{r, p}
		if p.kind == "sms" {
			notifiers[kind] = asker{sender{r, p}}
		}
		rules[kind] = notification.NewLaneRules(floor(kind), 1)
	}
	r.deliver = deliver.New(deliver.Config{
		Claims: atomic(r, "claim", func(tx *memory.Tx, rec *record) deliver.ClaimRepos {
			return deliver.ClaimRepos{Lanes: tx.Lanes(), Messages: messages{tx.Messages(), rec}, Facts: facts{tx.Facts(), r.w}, Directory: tx.Directory(), Paging: tx.Paging()}
		}),
		Records: atomic(r, "record", func(tx *memory.Tx, rec *record) deliver.RecordRepos {
			return deliver.RecordRepos{
				Incidents: incidents{tx.Incidents(), rec}, Messages: messages{tx.Messages(), rec}, Deliveries: tx.Deliveries(), Directory: tx.Directory(),
			}
		}),
		Behind: func(ctx context.Context, now time.Time) (bool, error) {
			if r.w.now().Before(r.w.downUntil) {
				return false, unavailable()
			}
			return r.w.db.AnyDue(ctx, escalate.Kinds(), now.Add(-incident.LateBy))
		},
		Outbox: outbox{r.w.db.Outbox(), r}, Notifiers: notifiers, Rules: rules, Clock: r,
		NewID: func() id.Message { return id.Message(r.newID()) }, NewToken: r.newID, Jitter: func() float64 { return 0.5 },
		PublicURL: "https://rouse.example.org", Metrics: r.w.model, Log: log, Committed: r.committed,
	})
	r.confirm = deliver.Confirm{Worker: r.deliver, Messages: outbox{r.w.db.Outbox(), r}}
}

// newID is called inside transactions only, which run one after the other.
func (r *replica) newID() string {
	r.made++
	return fmt.Sprintf("%08d-%04d-7000-8000-%012d", r.w.now().Sub(epoch())/time.Millisecond, r.life, r.made)
}

// committed hears of commits as in wire: what pages wakes the sender, unless the hint is lost.
func (r *replica) committed(changes []incident.Change) {
	for i := range changes {
		if len(changes[i].Pages) > 0 && dice(r.w.seed, fmt.Sprint("wake ", changes[i].State.Number, changes[i].State.Version)).Float64() >= r.w.plan.lostWakes {
			for _, k := range r.workers {
				if k.name == "deliver" {
					k.lag = 0
				}
			}
			return
		}
	}
}

func (r *replica) stuck(timers []incident.Timer, err error) {
	for _, t := range timers {
		r.w.say("%s puts off %s of %s: %v", r, t.Kind, t.Incident, err)
	}
}

// work makes the replica's loops, as wire's.
func (r *replica) work() {
	every := func(name string, d time.Duration, run func(context.Context) (int, error)) {
		k := &worker{name: name, run: run, most: 1, last: r.w.now().Add(-d)}
		k.due = func() time.Time { return k.last.Add(d).Add(r.offset) }
		r.workers = append(r.workers, k)
	}
	when := func(name string, most int, due func() time.Time, run func(context.Context) (int, error)) {
		r.workers = append(r.workers, &worker{name: name, run: run, most: most, due: due})
	}
	when("escalate", 1, r.w.nextEscalate, r.escalate.RunOnce)
	when("refire", 1, r.w.nextRefire, r.refire.RunOnce)
	when("deliver", 8, r.w.nextLook, r.deliver.RunOnce)
	every("uptime", ports.BeatEvery, r.uptime.RunOnce)
	every("audit", audit.Every, func(ctx context.Context) (int, error) { return r.audit.RunOnce(ctx) })
	for _, k := range r.workers {
		k.lag = between(r.w.rng, 0, poll)
	}
}

// looks offers the moments at which the replica's workers look next.
func (r *replica) looks(offer func(time.Time, func())) {
	for _, k := range r.workers {
		if k.busy >= k.most || k.busy > 0 && !k.claimed {
			continue
		}
		due := k.due()
		if due.IsZero() {
			continue
		}
		at := due.Add(-r.offset)
		if at.Before(k.last) {
			at = k.last
		}
		at = at.Add(k.lag)
		if at.Before(r.pausedUntil) {
			at = r.pausedUntil
		}
		offer(at, func() { r.look(k) })
	}
}

// look lets one worker run once.
func (r *replica) look(k *worker) {
	k.busy++
	k.claimed = false
	k.last = r.w.now()
	r.w.tasks++
	task := fmt.Sprintf("%s %s#%d", r, k.name, r.w.tasks)
	ctx := context.WithValue(context.Background(), taskKey{}, &taskOf{task, k})
	go func() {
		n, err := k.run(ctx)
		r.w.gate.add(nil, task+" ends", false, func() {
			k.busy--
			k.claimed = true // whoever else is under way has
			k.last, k.lag = r.w.now(), between(dice(r.w.seed, task), 0, poll)
			switch {
			case err != nil:
				k.lag += time.Second
			case n > 0:
				k.lag = 0
			}
			if n > 0 || err != nil {
				r.w.say("%s: %d, %v", task, n, err)
			}
		})
	}()
}

type taskKey struct{}

type taskOf struct {
	name   string
	worker *worker
}

// task names who asks: what has no name of its own is the committer.
func (r *replica) task(ctx context.Context) *taskOf {
	if t, ok := ctx.Value(taskKey{}).(*taskOf); ok {
		return t
	}
	return &taskOf{name: r.String()}
}

// sayer writes the product's log into the trace of a history that is shown.
type sayer struct{ w *world }

func (s sayer) Write(b []byte) (int, error) {
	s.w.verbose("  log: " + string(b[:len(b)-1]))
	return len(b), nil
}
