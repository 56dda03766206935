package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/rouse-oncall/rouse/internal/app/deliver"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
	"github.com/rouse-oncall/rouse/internal/testkit"
)

// A worker that was stopped past its lease, in the middle of a call: another sends with a label, and what the
// first one brings back changes nothing.
func TestAPausedWorkerIsFenced(t *testing.T) {
	h := newHouse(t, nil)
	paused, resume := make(chan struct{}), make(chan struct{})
	h.sms.answers(func(_ context.Context, m ports.Outgoing) (ports.Receipt, error) {
		if m.Attempt == 1 {
			close(paused)
			<-resume
			return ports.Receipt{ProviderID: "first"}, nil
		}
		return ports.Receipt{ProviderID: "second"}, nil
	})
	n := h.fire("db down", alert.Critical())
	done := make(chan error)
	go func() {
		_, err := h.worker.RunOnce(context.Background())
		done <- err
	}()
	<-paused
	h.clock.forward(24 * time.Second)
	other := deliver.New(h.cfg)
	if w, err := other.RunOnce(t.Context()); w != 0 || err != nil {
		t.Fatalf("took a message under its lease: %d, %v", w, err)
	}
	h.clock.forward(time.Second)
	if w, err := other.RunOnce(t.Context()); w != 1 || err != nil {
		t.Fatalf("did not take the message past its lease: %d, %v", w, err)
	}
	close(resume)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	b := h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted)
	if b.ProviderID != "second" || len(b.Tries) != 1 || b.Attempt != 2 || !b.MayRepeat || h.counts.get(&h.counts.duplicates) != 1 {
		t.Errorf("kept %+v", b.Message)
	}
}

// The paused worker comes back while another's attempt is under way: that one's outcome counts.
func TestAPausedWorkerDoesNotSpeakForAnother(t *testing.T) {
	h := newHouse(t, nil)
	var paused, resume = [3]chan struct{}{1: make(chan struct{}), 2: make(chan struct{})}, [3]chan struct{}{1: make(chan struct{}), 2: make(chan struct{})}
	h.sms.answers(func(_ context.Context, m ports.Outgoing) (ports.Receipt, error) {
		close(paused[m.Attempt])
		<-resume[m.Attempt]
		if m.Attempt == 1 {
			return ports.Receipt{}, errors.New("refused")
		}
		return ports.Receipt{ProviderID: "second"}, nil
	})
	n := h.fire("db down", alert.Critical())
	var done [3]chan error
	for i, w := range []*deliver.Worker{1: h.worker, 2: deliver.New(h.cfg)} {
		if w == nil {
			continue
		}
		done[i] = make(chan error, 1)
		go func() {
			_, err := w.RunOnce(context.Background())
			done[i] <- err
		}()
		<-paused[i]
		h.clock.forward(25 * time.Second)
	}
	for i := 1; i <= 2; i++ {
		close(resume[i])
		if err := <-done[i]; err != nil {
			t.Fatal(err)
		}
	}
	if b := h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted); b.ProviderID != "second" || len(b.Tries) != 1 {
		t.Errorf("kept %+v", b.Message)
	}
}

// A worker paused before the call finds that its lease is gone.
func TestALateWorkerDoesNotCall(t *testing.T) {
	var h *house
	h = newHouse(t, func(c *configT) {
		c.Outbox = outbox{c.Outbox, func() { h.clock.forward(16 * time.Second) }}
	})
	n := h.fire("db down", alert.Critical())
	if _, err := h.worker.RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	if h.sms.called() != 0 {
		t.Error("called with too little of the lease left")
	}
	b := h.wantMessage(n, 0, notification.MessageRetrying, notification.Sending)
	if b.MayRepeat || b.Attempt != 0 {
		t.Errorf("what was not attempted counts as an attempt: %+v", b.Message)
	}
}

func TestResultsAreRecordedOnceTheDatabaseIsBack(t *testing.T) {
	var down atomic.Int32
	down.Store(3)
	h := newHouse(t, func(c *configT) {
		records := c.Records
		c.Records = func(ctx context.Context, f func(context.Context, deliver.RecordRepos) error) error {
			switch down.Add(-1) {
			case 2:
				return fault.Unavailable(0, "store.unavailable", "away")
			case 1: // committed, and nobody was told
				if err := records(ctx, f); err != nil {
					return err
				}
				return ports.ErrUnknownOutcome
			}
			return records(ctx, f)
		}
	})
	n := h.fire("db down", alert.Critical())
	h.work()
	b := h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted)
	if len(b.Tries) != 1 || h.sms.called() != 1 || h.counts.poisoned != 0 {
		t.Errorf("recorded %d times, called %d times, %d poisoned", len(b.Tries), h.sms.called(), h.counts.poisoned)
	}
}

// picky refuses to save one incident.
type picky struct {
	ports.Incidents
	not id.Incident
}

func (p picky) Save(ctx context.Context, changes []incident.Change) error {
	for _, c := range changes {
		if c.State.Number == p.not {
			return errors.New("a broken row")
		}
	}
	return p.Incidents.Save(ctx, changes)
}

func TestOneThatCannotBeRecordedDoesNotHoldTheOthers(t *testing.T) {
	const n = 8
	var broken id.Incident
	var called sync.WaitGroup
	called.Add(n)
	h := newHouse(t, func(c *configT) {
		records := c.Records
		c.Records = func(ctx context.Context, f func(context.Context, deliver.RecordRepos) error) error {
			called.Wait() // so that there is a group
			return records(ctx, func(ctx context.Context, r deliver.RecordRepos) error {
				r.Incidents = picky{r.Incidents, broken}
				return f(ctx, r)
			})
		}
	})
	h.crowd(n)
	h.sms.answers(func(context.Context, ports.Outgoing) (ports.Receipt, error) {
		called.Done()
		return ports.Receipt{}, nil
	})
	var numbers []id.Incident
	for i := range n {
		numbers = append(numbers, h.fireOn(id.Service(fmt.Sprintf("p%d", i)), "down", alert.Critical()))
	}
	broken = numbers[n-1]
	h.work()
	for _, number := range numbers {
		h.wantMessage(number, 0, notification.MessageAccepted, notification.Accepted)
		if heard := h.state(number).Reached; heard != (number != broken) {
			t.Errorf("%s: the engine heard: %v", number, heard)
		}
	}
	if h.counts.poisoned != 1 {
		t.Errorf("%d poisoned, want 1", h.counts.poisoned)
	}
}

// blind does not see one incident.
type blind struct {
	ports.IncidentFacts
	not *id.Incident
}

func (b blind) States(ctx context.Context, ns []id.Incident) (map[id.Incident]incident.State, error) {
	out, err := b.IncidentFacts.States(ctx, ns)
	delete(out, *b.not)
	return out, err
}

func TestOneThatCannotBeComposedDoesNotHoldTheOthers(t *testing.T) {
	var broken id.Incident
	h := newHouse(t, func(c *configT) {
		claims := c.Claims
		c.Claims = func(ctx context.Context, f func(context.Context, deliver.ClaimRepos) error) error {
			return claims(ctx, func(ctx context.Context, r deliver.ClaimRepos) error {
				r.Facts = blind{r.Facts, &broken}
				return f(ctx, r)
			})
		}
	})
	h.crowd(2)
	broken = h.fireOn("p0", "down", alert.Critical())
	fine := h.fireOn("p1", "down", alert.Critical())
	h.work()
	h.wantSent(h.sms, "to-p1")
	h.wantMessage(fine, 0, notification.MessageAccepted, notification.Accepted)
	for range 20 {
		h.later(time.Second)
	}
	if h.counts.poisoned != 1 || !h.state(broken).Exhausted {
		t.Errorf("%d poisoned; its only level failed, so that the policy is exhausted: %v", h.counts.poisoned, h.state(broken).Exhausted)
	}
}

// PostgreSQL refuses what some providers say.
func TestForeignWordsAreKeptOnAnyDatabase(t *testing.T) {
	t.Parallel()
	h := houseOn(t, testkit.Postgres(t), nil)
	h.sms.fails(errors.New("no\x00such \xff number " + strings.Repeat("é", 5000)))
	n := h.fire("db down", alert.Critical())
	h.work()
	b := h.wantMessage(n, 0, notification.MessageFailed, notification.Failed)
	if !strings.HasPrefix(b.Detail, "no such \uFFFD number é") || len(b.Detail) > 510 || !utf8.ValidString(b.Detail) {
		t.Errorf("kept %q", b.Detail)
	}
}

func TestRunSendsWhenWokenAndFinishesWhatIsInFlight(t *testing.T) {
	h := newHouse(t, nil)
	calling, answer := make(chan struct{}), make(chan struct{})
	h.sms.answers(func(context.Context, ports.Outgoing) (ports.Receipt, error) {
		close(calling)
		<-answer
		return ports.Receipt{}, nil
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.worker.Run(ctx)
	}()
	n := h.fire("db down", alert.Critical())
	h.worker.Wake()
	<-calling
	stop()
	select {
	case <-ended:
		t.Fatal("left a send in flight behind")
	default:
	}
	close(answer)
	<-ended
	h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted)
}

func TestStoppingReleasesWhatDoesNotFinish(t *testing.T) {
	h := newHouse(t, func(c *configT) { c.Grace = time.Millisecond })
	calling := make(chan struct{})
	h.sms.answers(func(ctx context.Context, _ ports.Outgoing) (ports.Receipt, error) {
		close(calling)
		<-ctx.Done()
		return ports.Receipt{}, ctx.Err()
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.worker.Run(ctx)
	}()
	n := h.fire("db down", alert.Critical())
	h.worker.Wake()
	<-calling
	stop()
	<-ended
	if b := h.wantMessage(n, 0, notification.MessageRetrying, notification.Sending); !b.MayRepeat {
		t.Error("a call that was cut short may have arrived")
	}
	h.sms.answers(nil)
	h.worker = deliver.New(h.cfg)
	h.later(time.Second)
	h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted)
}

func TestOneHangingChannelDoesNotHoldTheOthers(t *testing.T) {
	h := newHouse(t, nil)
	hang, hanging := make(chan struct{}), make(chan struct{})
	h.sms.answers(func(context.Context, ports.Outgoing) (ports.Receipt, error) {
		close(hanging)
		<-hang
		return ports.Receipt{}, nil
	})
	mailed := make(chan struct{}, 1)
	h.mail.answers(func(context.Context, ports.Outgoing) (ports.Receipt, error) {
		mailed <- struct{}{}
		return ports.Receipt{}, nil
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.worker.Run(ctx)
	}()
	h.fire("db down", alert.Critical())
	h.worker.Wake()
	<-hanging
	h.clock.forward(2 * time.Minute) // ana's mail step
	h.worker.Wake()
	select {
	case <-mailed:
	case <-time.After(5 * time.Second):
		t.Error("mail waits for sms")
	}
	close(hang)
	stop()
	<-ended
}

func TestCallsThatBeganAfterTheAnswerAreCounted(t *testing.T) {
	h := newHouse(t, nil)
	n := h.fire("db down", alert.Critical())
	h.sms.answers(func(context.Context, ports.Outgoing) (ports.Receipt, error) {
		h.ack(n)
		return ports.Receipt{}, nil
	})
	h.clock.forward(time.Second)
	h.work()
	if h.counts.afterAck != 0 {
		t.Error("a call that was under way when the answer came is not one after it")
	}
	h.wantMessage(n, 0, notification.MessageAccepted, notification.Accepted)
}
