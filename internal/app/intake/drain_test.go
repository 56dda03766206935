package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/memory"
	"github.com/rouse-oncall/rouse/internal/adapters/redis"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/ports"
	"github.com/rouse-oncall/rouse/internal/testkit"
)

// buffered is intake with a Redis, over a store that can be away or fail at one alert.
type buffered struct {
	*bundle
	drain   *Drain
	redis   *redis.Buffer
	away    atomic.Bool
	broken  atomic.Bool                      // the alert "Broken" cannot be saved, by a bug of ours
	commit  atomic.Pointer[func(alerts int)] // is told before each commit how many alerts it saves
	dead    int
	drained map[Outcome]int
	calls   int // of the buffer by requests
}

func (b *buffered) Waiting(int, time.Duration)          {}
func (b *buffered) Drained(o Outcome, n int)            { b.drained[o] += n }
func (b *buffered) Dead(n int)                          { b.dead += n }
func (b *buffered) integration() *directory.Integration { return integration("am") }

// counted counts what requests ask of the buffer.
type counted struct {
	ports.Buffer
	calls *int
}

func (c counted) Put(ctx context.Context, l ports.Letter) error {
	*c.calls++
	return c.Buffer.Put(ctx, l)
}

// clumsy fails at one alert.
type clumsy struct{ ports.Alerts }

func (c clumsy) Save(ctx context.Context, alerts []alert.Alert) error {
	for _, a := range alerts {
		if a.Fingerprint == "Broken" {
			return errors.New("a bug")
		}
	}
	return c.Alerts.Save(ctx, alerts)
}

// told counts what is saved.
type told struct {
	ports.Alerts
	saved *int
}

func (c told) Save(ctx context.Context, alerts []alert.Alert) error {
	*c.saved += len(alerts)
	return c.Alerts.Save(ctx, alerts)
}

func setupBuffered(t *testing.T) *buffered {
	t.Helper()
	b := &buffered{drained: map[Outcome]int{}}
	b.bundle = setup(t, func(tx ports.Atomically[Repos]) ports.Atomically[Repos] {
		return func(ctx context.Context, f func(context.Context, Repos) error) error {
			if b.away.Load() {
				return fault.Unavailable(time.Second, "store.unavailable", "away")
			}
			return tx(ctx, func(ctx context.Context, r Repos) error {
				if b.broken.Load() {
					r.Alerts = clumsy{r.Alerts}
				}
				told := told{r.Alerts, new(int)}
				r.Alerts = told
				err := f(ctx, r)
				if commit := b.commit.Load(); commit != nil && *told.saved > 0 {
					(*commit)(*told.saved)
				}
				return err
			})
		}
	})
	client, err := redis.New(testkit.Redis(t, nil).URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	b.redis = redis.NewBuffer(client, "test", 100)
	b.receive.Close()
	b.deps.Buffer = counted{b.redis, &b.calls}
	b.receive = NewReceive(b.deps)
	t.Cleanup(b.receive.Close)
	b.drain = NewDrain(b.receive, time.Hour, b)
	err = memory.Atomic(b.db, (*memory.Tx).Catalog)(t.Context(), func(ctx context.Context, c ports.Catalog) error {
		return c.Apply(ctx, directory.Edit{Integrations: []directory.Integration{*b.integration()}})
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *buffered) outcomes(t *testing.T, want Outcome, signals ...alert.Signal) {
	t.Helper()
	for _, r := range b.send(t, signals...) {
		if r.Outcome != want {
			t.Fatalf("%+v, want %s", r, want)
		}
	}
}

func (b *buffered) runs(t *testing.T) (done int, err error) {
	t.Helper()
	return b.drain.RunOnce(t.Context())
}

func TestTheBufferIsNotTouchedWhileTheDatabaseIsWell(t *testing.T) {
	t.Parallel()
	b := setupBuffered(t)
	for range 5 {
		b.send(t, b.firing("A"))
	}
	if b.calls != 0 {
		t.Errorf("the buffer was asked %d times", b.calls)
	}
	b.away.Store(true)
	b.outcomes(t, Buffered, b.firing("B"))
	if b.calls != 1 {
		t.Errorf("the buffer was asked %d times for one request", b.calls)
	}
	if b.answers[Buffered] != 1 || b.refused != 0 {
		t.Errorf("counted: %v, %d refused", b.answers, b.refused)
	}
}

// A database that is away is no try, however long that takes.
func TestAnAbsentDatabaseKillsNoLetter(t *testing.T) {
	t.Parallel()
	b := setupBuffered(t)
	b.away.Store(true)
	b.outcomes(t, Buffered, b.firing("A"))
	for range 2 * maxTries {
		if n, err := b.runs(t); n != 0 || err != nil {
			t.Fatalf("%d done: %v", n, err)
		}
	}
	// It goes away in the middle of the work, again and again.
	for range 2 * maxTries {
		b.away.Store(false)
		snap, err := b.drain.directory(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		letters, err := b.redis.Take(t.Context())
		if err != nil || len(letters) != 1 {
			t.Fatalf("%d letters: %v", len(letters), err)
		}
		b.away.Store(true)
		if n, err := b.drain.work(t.Context(), snap, letters); n != 0 || err != nil {
			t.Fatalf("%d done: %v", n, err)
		}
	}
	b.away.Store(false)
	if n, err := b.runs(t); n != 1 || err != nil {
		t.Fatalf("%d done: %v", n, err)
	}
	if b.drained[Opened] != 1 || b.dead != 0 {
		t.Errorf("drained %v, %d dead", b.drained, b.dead)
	}
	b.outcomes(t, Refreshed, b.firing("A"))
}

// What fails again and again for no fault of the database goes into quarantine, and takes no other with it.
func TestALetterThatAlwaysFailsIsBuried(t *testing.T) {
	t.Parallel()
	b := setupBuffered(t)
	b.away.Store(true)
	for _, name := range []string{"A", "Broken", "B"} {
		b.outcomes(t, Buffered, b.firing(name, "service", name))
	}
	b.away.Store(false)
	b.broken.Store(true)
	failures := 0
	for range 3 * maxTries {
		if _, err := b.runs(t); err != nil {
			failures++
		}
	}
	if n, _, err := b.redis.Waiting(t.Context()); n != 0 || err != nil {
		t.Fatalf("%d are left: %v", n, err)
	}
	if failures != maxTries || b.dead != 1 || b.drained[Quarantined] != 1 || b.drained[Opened] != 2 {
		t.Errorf("%d failures, %d dead, drained %v", failures, b.dead, b.drained)
	}
	b.broken.Store(false)
	b.outcomes(t, Refreshed, b.firing("A", "service", "A"), b.firing("B", "service", "B"))
	b.outcomes(t, Opened, b.firing("Broken", "service", "Broken"))
}

// Whatever is drained was received when the buffer took it.
func TestDrainedAlertsWereReceivedThen(t *testing.T) {
	t.Parallel()
	b := setupBuffered(t)
	b.away.Store(true)
	a := b.firing("A")
	a.StartsAt = time.Time{}
	received := b.Now()
	b.outcomes(t, Buffered, a)
	b.forward(50 * time.Minute)
	b.away.Store(false)
	if _, err := b.runs(t); err != nil {
		t.Fatal(err)
	}
	key := alert.Key{Integration: "am", Fingerprint: "A"}
	var got alert.Alert
	err := b.tx(t.Context(), func(ctx context.Context, r Repos) error {
		found, err := r.Alerts.Find(ctx, []alert.Key{key})
		got = found[key]
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := got.Start.Sub(received); !got.Firing || !got.OurStart || d < 0 || d > time.Second {
		t.Errorf("it began %s after it was received: %+v", d, got)
	}
}

// hold lets the drain's time be over when the database is to commit for the nth time, which it then does not do before
// free is called.
func (b *buffered) hold(t *testing.T, nth func(commits, alerts int) bool) (free func()) {
	t.Helper()
	var over context.CancelCauseFunc
	b.drain.bound = func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, over = context.WithCancelCause(ctx)
		return ctx, func() { over(nil) }
	}
	held := make(chan struct{})
	commits, alerts := 0, 0
	hold := func(n int) {
		commits, alerts = commits+1, alerts+n
		if nth(commits, alerts) {
			over(errSlow)
			<-held
		}
	}
	b.commit.Store(&hold)
	return sync.OnceFunc(func() { b.commit.Store(nil); close(held) })
}

// fill puts letters of so many alerts each into the buffer.
func (b *buffered) fill(t *testing.T, letters, alerts int) {
	t.Helper()
	b.away.Store(true)
	for l := range letters {
		var signals []alert.Signal
		for a := range alerts {
			signals = append(signals, b.firing(fmt.Sprint("A", l, "-", a)))
		}
		b.outcomes(t, Buffered, signals...)
	}
	b.away.Store(false)
}

// left are the letters in the buffer, each with how often it was taken.
func (b *buffered) left(t *testing.T) (tries []int) {
	t.Helper()
	letters, err := b.redis.Take(t.Context())
	if err == nil {
		err = b.redis.GiveBack(t.Context(), letters)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range letters {
		tries = append(tries, l.Tries)
	}
	return tries
}

// Many letters of many alerts take a slow database longer than the drain has. What it stored in that time is done with,
// and no try of what it did not come to.
func TestASlowDatabaseIsDrainedStepByStep(t *testing.T) {
	t.Parallel()
	b := setupBuffered(t)
	b.fill(t, 5, drainChunk/2)
	free := b.hold(t, func(_, alerts int) bool { return alerts > drainChunk+maxGroup }) // in the second chunk
	t.Cleanup(free)
	if n, err := b.runs(t); n != 2 || err != nil {
		t.Fatalf("%d letters are done: %v", n, err)
	}
	if tries := b.left(t); !slices.Equal(tries, []int{1, 1, 1}) {
		t.Errorf("left and taken so often: %v", tries)
	}
	free()
	for range 2 {
		if _, err := b.runs(t); err != nil {
			t.Fatal(err)
		}
	}
	if n, _, err := b.redis.Waiting(t.Context()); n != 0 || err != nil || b.dead > 0 {
		t.Errorf("%d are left, %d dead: %v", n, b.dead, err)
	}
}

// A letter for which the time is never enough, though the database commits, is said to be one each time, and buried.
func TestALetterThatTakesTooLongIsATry(t *testing.T) {
	t.Parallel()
	b := setupBuffered(t)
	b.fill(t, 1, maxGroup+1)
	for range maxTries {
		free := b.hold(t, func(commits, _ int) bool { return commits == 2 })
		_, err := b.runs(t)
		free()
		b.send(t, b.firing("A")) // behind what is under way still
		if !errors.Is(err, errSlow) || !strings.Contains(err.Error(), "1 letters of the integration am") {
			t.Fatalf("it says %v", err)
		}
	}
	if _, err := b.runs(t); err != nil || b.dead != maxGroup+1 || b.drained[Quarantined] != maxGroup+1 {
		t.Errorf("%d dead, drained %v: %v", b.dead, b.drained, err)
	}
}

// A database that commits nothing, though it can be read, is away.
func TestADatabaseThatHangsKillsNoLetter(t *testing.T) {
	t.Parallel()
	b := setupBuffered(t)
	b.fill(t, 1, 1)
	for range 2 * maxTries {
		free := b.hold(t, func(commits, _ int) bool { return commits == 1 })
		n, err := b.runs(t)
		free()
		b.send(t, b.firing("B")) // behind what is under way still
		if n != 0 || err != nil {
			t.Fatalf("%d done: %v", n, err)
		}
	}
	if tries := b.left(t); !slices.Equal(tries, []int{1}) {
		t.Errorf("left and taken so often: %v", tries)
	}
}

// A queue that is full is nobody's letter's fault; it is said.
func TestABusyServerKillsNoLetter(t *testing.T) {
	t.Parallel()
	b := setupBuffered(t)
	b.fill(t, 1, 1)
	var log bytes.Buffer
	b.receive.deps.Log = slog.New(slog.NewTextHandler(&log, nil))
	b.receive.mu.Lock()
	b.receive.waiting += maxWaiting + 1
	b.receive.mu.Unlock()
	for range 2 * maxTries {
		if n, err := b.runs(t); n != 0 || err != nil {
			t.Fatalf("%d done: %v", n, err)
		}
	}
	if tries := b.left(t); !slices.Equal(tries, []int{1}) || strings.Count(log.String(), "too many alerts are waiting") != 2*maxTries {
		t.Errorf("left and taken so often: %v\n%s", tries, &log)
	}
	b.receive.mu.Lock()
	b.receive.waiting -= maxWaiting + 1
	b.receive.mu.Unlock()
	if n, err := b.runs(t); n != 1 || err != nil {
		t.Errorf("%d done: %v", n, err)
	}
}
