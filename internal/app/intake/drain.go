package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

const (
	// DrainEvery is how often the buffer is looked at.
	DrainEvery = 500 * time.Millisecond

	maxTries   = 10               // a letter that is taken more often is a dead one
	lookLimit  = 10 * time.Second // for looking whether the database is back
	drainLimit = 12 * time.Second // for storing what was taken: less than the buffer's lease
	drainChunk = 2000             // alerts after which what is stored is done with, come what may
)

// DrainMetrics counts what comes out of the buffer.
type DrainMetrics interface {
	Waiting(letters int, oldest time.Duration)
	Drained(o Outcome, alerts int)
	Dead(alerts int)
}

// Drain takes what waits in the buffer in by the ordinary way, once the database is back: in the order in which it
// came, integration by integration, at least once. What was known already changes nothing.
type Drain struct {
	receive *Receive
	ttl     time.Duration
	metrics DrainMetrics
	bound   func(context.Context) (context.Context, context.CancelFunc) // by drainLimit; errSlow is the cause
}

var errSlow = errors.New("the database commits, but slowly")

// NewDrain makes the use case. Alerts that waited for longer than ttl are recorded and page nobody.
func NewDrain(r *Receive, ttl time.Duration, m DrainMetrics) *Drain {
	return &Drain{r, ttl, m, func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithTimeoutCause(ctx, drainLimit, errSlow)
	}}
}

// RunOnce takes in what waits, at most what the buffer gives at once, and says how many letters are done. That the
// database is away is no error; that the buffer is, is fault.Unavailable.
func (u *Drain) RunOnce(ctx context.Context) (int, error) {
	deps := &u.receive.deps
	waiting, oldest, err := deps.Buffer.Waiting(ctx)
	if err != nil {
		return 0, err
	}
	age := time.Duration(0)
	if waiting > 0 {
		age = max(0, deps.Clock.Now().Sub(oldest))
	}
	u.metrics.Waiting(waiting, age)
	if waiting == 0 && !u.receive.away.Load() {
		return 0, nil
	}
	snap, err := u.directory(ctx)
	switch {
	case err == nil:
		u.receive.away.Store(false)
	case absent(err):
		return 0, nil
	default:
		return 0, err
	}
	letters, err := deps.Buffer.Take(ctx)
	if err != nil || len(letters) == 0 {
		return 0, err
	}
	return u.work(ctx, snap, letters)
}

// directory also tells whether the database is back.
func (u *Drain) directory(ctx context.Context) (snap *directory.Snapshot, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	err = u.receive.deps.Atomically(ctx, func(ctx context.Context, r Repos) error {
		snap, err = r.Directory.Current(ctx)
		return err
	})
	return snap, err
}

// work stores letters chunk by chunk for as long as the lease allows. Behind a letter that is not done none of its
// integration may be: where a chunk is not, the others are given back.
func (u *Drain) work(ctx context.Context, snap *directory.Snapshot, letters []ports.Letter) (done int, err error) {
	ctx, cancel := u.bound(ctx)
	defer cancel()
	for len(letters) > 0 {
		n := chunk(letters)
		var stored int
		stored, err = u.chunk(ctx, snap, letters[:n])
		done += stored
		if done > stored && errors.Is(err, errSlow) {
			err = nil // it did not have all the time, which is no try
			break
		}
		letters = letters[n:]
		if err != nil || stored < n {
			break
		}
	}
	if len(letters) > 0 {
		err = errors.Join(err, u.receive.deps.Buffer.GiveBack(context.WithoutCancel(ctx), letters))
	}
	return done, err
}

// chunk is how many letters have about drainChunk alerts.
func chunk(letters []ports.Letter) int {
	alerts := 0
	for i, l := range letters {
		if alerts += len(l.Signals) + len(l.Bad); alerts > drainChunk && i > 0 {
			return i
		}
	}
	return len(letters)
}

// chunk stores letters: those of one integration in their order, the integrations beside each other.
func (u *Drain) chunk(ctx context.Context, snap *directory.Snapshot, letters []ports.Letter) (int, error) {
	var order []id.Integration
	by := map[id.Integration][]ports.Letter{}
	for _, l := range letters {
		if _, known := by[l.Integration]; !known {
			order = append(order, l.Integration)
		}
		by[l.Integration] = append(by[l.Integration], l)
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	var errs []error
	done := 0
	for _, i := range order {
		all.Go(func() {
			n, err := u.integration(ctx, snap, i, by[i])
			mu.Lock()
			defer mu.Unlock()
			done += n
			errs = append(errs, err)
		})
	}
	all.Wait()
	return done, errors.Join(errs...)
}

// integration stores the letters of one integration.
func (u *Drain) integration(ctx context.Context, snap *directory.Snapshot, i id.Integration, letters []ports.Letter) (done int, err error) {
	deps := &u.receive.deps
	began := time.Now()
	from, known := snap.Integrations[i]
	if !known {
		from = &directory.Integration{ID: cmp.Or(i, "unknown"), Name: cmp.Or(string(i), "unknown")}
	}
	var signals []alert.Signal
	var bad []alert.Quarantined
	dead := 0
	for _, l := range letters {
		why := ""
		switch {
		case l.Unreadable != "":
			why = "it cannot be read: " + l.Unreadable
		case !known:
			why = "its integration is not there any more"
		case l.Tries > maxTries:
			why = fmt.Sprintf("it could not be taken in %d times: see the log", maxTries)
		}
		if why != "" {
			deps.Log.Error("a letter of the buffer goes into quarantine", "integration", from.Name, "letter", l.ID, "why", why)
			buried := bury(l, why)
			dead += len(buried)
			bad = append(bad, buried...)
			continue
		}
		bad = append(bad, l.Bad...)
		signals = append(signals, u.stamped(l)...)
	}
	results, err := u.receive.store(ctx, from, signals, bad, nil)
	if err != nil {
		return 0, u.failed(ctx, began, from, letters, err)
	}
	if err := deps.Buffer.Done(context.WithoutCancel(ctx), letters); err != nil {
		return 0, err // they come again, and are known then
	}
	u.metrics.Dead(dead)
	counts := map[Outcome]int{}
	for _, r := range results {
		counts[r.Outcome]++
	}
	for o, n := range counts {
		u.metrics.Drained(o, n)
	}
	deps.Log.Info("alerts were taken from the buffer", "integration", from.Name, "letters", len(letters), "outcomes", slog.AnyValue(counts))
	return len(letters), nil
}

// failed says what letters that were not stored cost them. The database away, hanging or busy, and a server that
// stops, are no fault of theirs: they are given back. All else is a try: they are taken again until there were too many;
// so is a time that was not enough while the database committed.
func (u *Drain) failed(ctx context.Context, began time.Time, from *directory.Integration, letters []ports.Letter, err error) error {
	deps := &u.receive.deps
	switch commits := u.receive.progress.Load() >= began.UnixNano(); {
	case commits && errors.Is(context.Cause(ctx), errSlow):
		return fmt.Errorf("%d letters of the integration %s were not stored within %s: %w", len(letters), from.Name, drainLimit, errSlow)
	case blameless(ctx, err):
		deps.Log.Warn("letters of the buffer could not be stored now; they are taken again", "integration", from.Name, "letters", len(letters), "error", err)
		return deps.Buffer.GiveBack(context.WithoutCancel(ctx), letters)
	}
	return err
}

// stamped are the signals of a letter with the moment of their receipt, and whether that is too long ago.
func (u *Drain) stamped(l ports.Letter) []alert.Signal {
	out := slices.Clone(l.Signals)
	expired := u.receive.deps.Clock.Now().Sub(l.ReceivedAt) > u.ttl
	for i := range out {
		out[i].ReceivedAt, out[i].Expired = l.ReceivedAt, expired
	}
	return out
}

// bury makes of a dead letter what people can look at.
func bury(l ports.Letter, why string) []alert.Quarantined {
	if l.Unreadable != "" {
		return []alert.Quarantined{{Reason: "from the buffer: " + why, Raw: l.Raw}}
	}
	out := l.Bad
	for i := range l.Signals {
		out = append(out, alert.Quarantined{Reason: "from the buffer: " + why, Raw: rawOf(&l.Signals[i])})
	}
	return out
}
