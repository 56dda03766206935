package intake

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

func TestOutcomes(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	disk := b.firing("DiskFull")
	over := disk
	over.Firing, over.EndsAt = false, b.Now().Add(time.Minute)
	for _, c := range []struct {
		signal alert.Signal
		want   Outcome
	}{{disk, Opened}, {disk, Refreshed}, {b.firing("Latency"), Joined}, {over, Resolved}, {over, Resolved}, {disk, Doubtful}} {
		if got := b.send(t, c.signal); got[0].Outcome != c.want || got[0].Incident != 1 {
			t.Fatalf("%s: %+v, want %s of #1", c.signal.Fingerprint, got, c.want)
		}
	}
	if s := b.state(t, 1); s.Alerts != 2 || s.FiringCount() != 1 {
		t.Fatalf("%d alerts, %d fire; want 2 and 1", s.Alerts, s.FiringCount())
	}
	late := b.firing("Latency")
	late.Fingerprint, late.Firing, late.EndsAt = "Other", false, b.Now().Add(time.Minute)
	b.send(t, late)
	late.Firing = true
	if got := b.send(t, late); got[0].Outcome != Late || got[0].Incident != 0 {
		t.Fatalf("%+v, want late and no incident", got)
	}
}

// A group is folded in order of arrival: what fires and resolves within one opens one incident and pages nobody.
func TestOneGroupFoldsInOrder(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	disk := b.firing("DiskFull")
	over := disk
	over.Firing, over.EndsAt = false, b.Now()
	got := b.send(t, disk, b.firing("Latency"), disk, over)
	want := []Outcome{Opened, Joined, Refreshed, Resolved}
	for i := range want {
		if got[i].Outcome != want[i] {
			t.Fatalf("%+v, want %v", got, want)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.changes) != 1 || b.changes[0].State.FiringCount() != 1 {
		t.Fatalf("%d changes; want one for the one incident", len(b.changes))
	}
	joined := 0
	for _, e := range b.changes[0].Entries {
		if e.Kind == incident.EntryJoined {
			joined++
		}
	}
	if joined != 1 {
		t.Fatalf("%d entries say that alerts joined; want one in a commit", joined)
	}
}

// blocked holds the first transaction until it is let go: what comes meanwhile must wait.
func blocked(hold <-chan struct{}, begun chan<- struct{}) func(ports.Atomically[Repos]) ports.Atomically[Repos] {
	first := true
	return func(tx ports.Atomically[Repos]) ports.Atomically[Repos] {
		return func(ctx context.Context, f func(context.Context, Repos) error) error {
			if first {
				first = false
				close(begun)
				<-hold
			}
			return tx(ctx, f)
		}
	}
}

// waitFor returns when so many alerts wait in the queue.
func (b *bundle) waitFor(t *testing.T, alerts int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		b.receive.mu.Lock()
		waiting := b.receive.waiting
		b.receive.mu.Unlock()
		if waiting == alerts {
			return
		}
	}
	t.Fatalf("never %d alerts in the queue", alerts)
}

func (b *bundle) many(name string, n int) []alert.Signal {
	out := make([]alert.Signal, n)
	for i := range out {
		out[i] = b.firing(fmt.Sprintf("%s%d", name, i))
	}
	return out
}

// One noisy sender holds up nobody: the next group is that of the quiet one, which does not wait for a full one.
func TestTurnsAreRoundRobin(t *testing.T) {
	t.Parallel()
	hold, begun := make(chan struct{}), make(chan struct{})
	b := setup(t, blocked(hold, begun))
	done := make(chan string, 10)
	send := func(from string, n int) {
		go func() {
			_, err := b.receive.Do(context.Background(), integration(from), b.many(from, n), nil, 0)
			done <- fmt.Sprint(from, err)
		}()
	}
	send("first", 1)
	<-begun
	for i := range 3 {
		send(fmt.Sprintf("noisy%d", 0), 400)
		b.waitFor(t, 400*(i+1))
	}
	send("quiet", 1)
	b.waitFor(t, 1201)
	close(hold)
	for range 5 {
		<-done
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if fmt.Sprint(b.groups[:3]) != "[1 1 512]" {
		t.Fatalf("groups of %v", b.groups)
	}
	if s := b.alerts(t, "quiet0"); !s.LastSeen.Equal(b.commits[1]) {
		t.Fatalf("the quiet sender's was committed at %s; the second group was at %s", s.LastSeen, b.commits[1])
	}
}

// alerts reads an alert of the sender of the same name.
func (b *bundle) alerts(t *testing.T, fingerprint string) alert.Alert {
	t.Helper()
	k := alert.Key{Integration: "quiet", Fingerprint: fingerprint}
	var found map[alert.Key]alert.Alert
	err := b.tx(t.Context(), func(ctx context.Context, r Repos) (err error) {
		found, err = r.Alerts.Find(ctx, []alert.Key{k})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found[k]
}

func TestFullSaysComeAgain(t *testing.T) {
	t.Parallel()
	hold, begun := make(chan struct{}), make(chan struct{})
	b := setup(t, blocked(hold, begun))
	done := make(chan error, 3)
	go func() {
		_, err := b.receive.Do(context.Background(), integration("am"), b.many("a", 1), nil, 0)
		done <- err
	}()
	<-begun
	for i := range 2 {
		go func() {
			_, err := b.receive.Do(context.Background(), integration("am"), b.many(fmt.Sprint(i), maxShare/2), nil, 0)
			done <- err
		}()
	}
	b.waitFor(t, maxShare)
	other := make(chan error, 1)
	go func() {
		_, err := b.receive.Do(context.Background(), integration("another"), b.many("b", 1), nil, 0)
		other <- err
	}()
	b.waitFor(t, maxShare+1) // one noisy sender fills its own share only
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err := b.receive.Do(ctx, integration("am"), b.many("late", 1), nil, 0)
	if f := fault.Of(err); f.Code != "intake.full" || f.RetryAfter == 0 {
		t.Fatalf("%v, want intake.full and when to come again", err)
	}
	if b.refused != 1 {
		t.Fatalf("%d alerts counted as refused, want 1", b.refused)
	}
	close(hold)
	if err := <-other; err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

// What the database will never take is found by halving, and put aside; the others are stored.
func TestPoisonIsFoundAndPutAside(t *testing.T) {
	t.Parallel()
	b := setup(t, func(tx ports.Atomically[Repos]) ports.Atomically[Repos] {
		return func(ctx context.Context, f func(context.Context, Repos) error) error {
			return tx(ctx, func(ctx context.Context, r Repos) error {
				r.Alerts = picky{r.Alerts}
				return f(ctx, r)
			})
		}
	})
	signals := b.many("a", 9)
	signals[4].Fingerprint = "poison"
	got := b.send(t, signals...)
	for i, r := range got {
		if want := i == 4; (r.Outcome == Quarantined) != want {
			t.Errorf("alert %d: %s", i, r.Outcome)
		}
	}
	if s := b.state(t, 1); s.Alerts != 8 {
		t.Errorf("%d alerts in the incident, want the other 8", s.Alerts)
	}
	if b.answers[Quarantined] != 1 {
		t.Errorf("%v counted", b.answers)
	}
}

// picky is a store that never takes one alert.
type picky struct{ ports.Alerts }

func (p picky) Save(ctx context.Context, alerts []alert.Alert) error {
	for _, a := range alerts {
		if a.Fingerprint == "poison" {
			return fmt.Errorf("%w: value out of range", ports.ErrRefused)
		}
	}
	return p.Alerts.Save(ctx, alerts)
}

func TestCloseCommitsWhatWaits(t *testing.T) {
	t.Parallel()
	hold, begun := make(chan struct{}), make(chan struct{})
	b := setup(t, blocked(hold, begun))
	done := make(chan error, 2)
	send := func(name string) {
		go func() {
			_, err := b.receive.Do(context.Background(), integration("am"), b.many(name, 1), nil, 0)
			done <- err
		}()
	}
	send("first")
	<-begun
	send("second")
	b.waitFor(t, 1)
	closed := make(chan struct{})
	go func() { b.receive.Close(); close(closed) }()
	close(hold)
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	<-closed
	if _, err := b.receive.Do(t.Context(), integration("am"), b.many("third", 1), nil, 0); fault.Of(err).Code != "intake.stopping" {
		t.Fatalf("%v, want intake.stopping", err)
	}
}

func TestServicesPastTheLimitAreUnsorted(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	var signals []alert.Signal
	for i := range maxServices + 5 {
		signals = append(signals, b.firing(fmt.Sprint("a", i), "service", fmt.Sprint("s", i)))
	}
	got := b.send(t, signals...)
	seen := map[id.Incident]bool{}
	for _, r := range got {
		if r.Outcome != Opened && r.Outcome != Joined {
			t.Fatalf("%+v: an alert is never refused because nobody configured its service", r)
		}
		seen[r.Incident] = true
	}
	last := b.state(t, got[len(got)-1].Incident)
	if last.ServiceName != "unsorted" || !last.Severity.Urgency().IsHigh() {
		t.Fatalf("the last is of service %s, %s", last.ServiceName, last.Severity)
	}
	warned := 0
	for _, c := range b.changes {
		if c.State.ServiceName == "rouse" {
			warned++
		}
	}
	if warned != 1 {
		t.Fatalf("%d incidents tell of it, want 1", warned)
	}
}

// A request that is larger than a group is written part after part, however many committers there are.
func TestPartsOfOneRequestKeepTheirOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var begun atomic.Int64
		second := make(chan struct{})
		var b *bundle
		b = setupWith(t, 2, func(tx ports.Atomically[Repos]) ports.Atomically[Repos] {
			return func(ctx context.Context, f func(context.Context, Repos) error) error {
				switch begun.Add(1) {
				case 1: // the first part takes its time, and somebody else's alert wakes the other committer
					go func() { _, _ = b.receive.Do(context.Background(), integration("other"), b.many("o", 1), nil, 0) }()
					select {
					case <-second:
					case <-time.After(time.Second):
					}
				case 2:
					defer close(second)
				}
				return tx(ctx, f)
			}
		})
		signals := b.many("a", maxGroup)
		over := signals[0]
		over.Firing, over.EndsAt = false, b.Now()
		got := b.send(t, append(signals, over)...)
		if got[0].Outcome == Late || got[maxGroup].Outcome != Resolved {
			t.Fatalf("the first is %s, its end %s: the end was written first", got[0].Outcome, got[maxGroup].Outcome)
		}
		b.receive.Close()
	})
}
