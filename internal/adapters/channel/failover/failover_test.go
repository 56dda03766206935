package failover_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/failover"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/smsgateway"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/telnyx"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/twilio"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

type bundle struct {
	*failover.Sender
	first   *channeltest.Twilio
	second  *channeltest.Telnyx
	now     time.Time
	changes []string
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{first: channeltest.NewTwilio(t), second: channeltest.NewTelnyx(t), now: time.Now()}
	one, err := twilio.Parse(b.first.URL())
	if err != nil {
		t.Fatal(err)
	}
	two, err := telnyx.Parse(b.second.URL())
	if err != nil {
		t.Fatal(err)
	}
	b.Sender = failover.New(func() time.Time { return b.now }, func(h ports.ProviderHealth) {
		words := h.Name + " is well"
		if h.Failing {
			words = h.Name + " fails"
		}
		b.changes = append(b.changes, words)
	}, failover.Provider{Name: "Twilio", Notifier: twilio.New(one), Took: twilio.Took}, failover.Provider{Name: "Telnyx", Notifier: telnyx.New(two), Took: telnyx.Took})
	return b
}

func (b *bundle) send(t *testing.T, m ports.Outgoing) (ports.Receipt, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	return b.Send(ctx, m)
}

// taken holds how many messages each provider has.
func (b *bundle) taken(t *testing.T, first, second int) {
	t.Helper()
	if one, two := len(b.first.Taken()), len(b.second.Taken()); one != first || two != second {
		t.Fatalf("the providers took %d and %d messages, want %d and %d", one, two, first, second)
	}
}

// What one surely did not take goes to the other at once; what is wrong with the message itself goes to nobody.
func TestTheOtherTakesIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	m := channeltest.Message(b.first.Address())
	b.first.Script(channeltest.Unavailable(), channeltest.TryLater(time.Minute), channeltest.Status(401, 20003), channeltest.Status(400, 21610))
	for n := range 3 {
		r, err := b.send(t, m)
		if err != nil || !telnyx.Took(r.ProviderID) {
			t.Fatalf("%+v, %v", r, err)
		}
		b.taken(t, 0, n+1)
	}
	b = setup(t)
	b.first.Script(channeltest.Status(400, 21610))
	if _, err := b.send(t, m); err == nil || ports.MayElsewhere(err) {
		t.Errorf("somebody who asked for nothing more: %v", err)
	}
	b.taken(t, 0, 0)
	b.first.Script(channeltest.TryLater(time.Minute))
	b.second.Script(channeltest.TryLater(7 * time.Second))
	_, err := b.send(t, m)
	if after, again := ports.RetryAfter(err); !again || after != 7*time.Second || !strings.Contains(err.Error(), "Twilio answered 429") || !strings.Contains(err.Error(), "Telnyx answered 429") {
		t.Errorf("neither took it: %v, again %v after %v", err, again, after)
	}
}

// A gateway that is described by a file takes over as any other.
func TestAGatewayTakesIt(t *testing.T) {
	t.Parallel()
	first, last := channeltest.NewTwilio(t), channeltest.NewGateway(t)
	one, err1 := twilio.Parse(first.URL())
	two, err2 := smsgateway.Parse([]byte("url: "+last.URL()+`
content_type: application/x-www-form-urlencoded
body: api_key=acc0unt&api_secret={{urlquery .key}}&from=ROUSE&to={{.digits}}&text={{urlquery .text}}
accepted: '"status":"0"'
elsewhere: '"status":"9"'
rejected: '"status":"7"'
id: '"message-id":"([^"]+)"'`), channeltest.GatewayKey)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	s := failover.New(time.Now, func(ports.ProviderHealth) {}, failover.Provider{Name: "Twilio", Notifier: twilio.New(one), Took: twilio.Took},
		failover.Provider{Name: two.Name, Notifier: smsgateway.New(two), Took: smsgateway.Took})
	first.Always(channeltest.Unavailable())
	r, err := s.Send(t.Context(), channeltest.Message(last.Address()))
	if err != nil || !smsgateway.Took(r.ProviderID) || len(last.Taken()) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	last.Script(channeltest.Status(200, 9))
	if _, err := s.Send(t.Context(), channeltest.Message(last.Address())); err == nil || !strings.Contains(err.Error(), "Twilio answered 503") {
		t.Errorf("no money there either: %v", err)
	} else if _, again := ports.RetryAfter(err); !again {
		t.Errorf("Twilio may take it later: %v", err)
	}
}

// What one may have taken goes to no other before it was asked: nobody is paged twice by two providers.
func TestWhatMayBeTakenIsNotSentByTheOther(t *testing.T) {
	t.Parallel()
	b := setup(t)
	m := channeltest.Message(b.first.Address())
	b.first.Script(channeltest.AcceptThenDrop())
	if _, err := b.send(t, m); !ports.IsAmbiguous(err) {
		t.Fatal(err)
	}
	b.taken(t, 1, 0)
	m.Attempt, m.MayRepeat = 2, true
	if r, found, err := b.Reconcile(t.Context(), m); err != nil || !found || !twilio.Took(r.ProviderID) {
		t.Errorf("asked: %+v, found %v, %v", r, found, err)
	}
	other := m
	other.ID, other.Attempt = "sent by another server", 2
	other.CreatedAt = other.CreatedAt.Add(time.Minute)
	if _, found, err := b.Reconcile(t.Context(), other); found || err == nil || !strings.Contains(err.Error(), "Telnyx cannot be asked") {
		t.Errorf("whose attempt it was is not known: found %v, %v", found, err)
	}
	b = setup(t)
	b.first.Script(channeltest.Status(500, 0))
	m.Attempt = 1
	if _, err := b.send(t, m); !ports.IsAmbiguous(err) {
		t.Fatal(err)
	}
	m.Attempt = 2
	if _, found, err := b.Reconcile(t.Context(), m); found || err != nil {
		t.Errorf("only Twilio was asked to send it, and does not have it: found %v, %v", found, err)
	}
	m.Attempt = 3
	if _, found, err := b.Reconcile(t.Context(), m); found || err == nil {
		t.Errorf("another server made an attempt, too, by whom is not known: found %v, %v", found, err)
	}
}

// One that fails again and again is asked last for half a minute; then one message tries it.
func TestTheBreaker(t *testing.T) {
	t.Parallel()
	b := setup(t)
	m := channeltest.Message(b.first.Address())
	b.first.Always(channeltest.Unavailable())
	for range 5 {
		if _, err := b.send(t, m); err != nil {
			t.Fatal(err)
		}
	}
	if n := b.first.Attempts(); n != 3 {
		t.Errorf("it was asked %d times, want 3", n)
	}
	if h := b.Health(); !h[0].Failing || h[0].Name != "Twilio" || !strings.Contains(h[0].Error, "503") || h[1].Failing {
		t.Errorf("health %+v", h)
	}
	b.now = b.now.Add(31 * time.Second)
	b.first.Script(channeltest.Hang())
	tried, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _, _ = b.Send(tried, m) }()
	for b.first.Attempts() < 4 {
		runtime.Gosched()
	}
	if r, err := b.send(t, m); err != nil || !telnyx.Took(r.ProviderID) || b.first.Attempts() != 4 {
		t.Errorf("while one message tries it the others do not: %+v, %v, %d attempts", r, err, b.first.Attempts())
	}
	stop()
	<-done
	b.first.Always(channeltest.Accept())
	b.now = b.now.Add(31 * time.Second)
	if r, err := b.send(t, m); err != nil || !twilio.Took(r.ProviderID) {
		t.Errorf("%+v, %v", r, err)
	}
	if got := strings.Join(b.changes, ", "); got != "Twilio fails, Twilio is well" {
		t.Error(got)
	}
	b.first.Always(channeltest.Unavailable())
	b.second.Always(channeltest.Unavailable())
	for range 9 {
		_, _ = b.send(t, m)
	}
	before := b.first.Attempts() + b.second.Attempts()
	if _, err := b.send(t, m); err == nil || b.first.Attempts()+b.second.Attempts() != before+2 {
		t.Error("where all fail all are asked all the same")
	}
}

// One that takes and never says that anything arrived is left, too.
func TestSilence(t *testing.T) {
	t.Parallel()
	b := setup(t)
	m := channeltest.Message(b.first.Address())
	for n := range 4 {
		r, err := b.send(t, m)
		if err != nil || twilio.Took(r.ProviderID) != (n < 3) {
			t.Fatalf("message %d: %+v, %v", n, r, err)
		}
		b.Silent(r.ProviderID)
		b.now = b.now.Add(time.Minute)
		if n == 2 {
			b.now = b.now.Add(-50 * time.Second)
		}
	}
	if h := b.Health(); !strings.Contains(h[0].Error, "did not report") {
		t.Errorf("health %+v", h)
	}
	goesTo := func(first bool, after time.Duration) string {
		t.Helper()
		b.now = b.now.Add(after)
		r, err := b.send(t, m)
		if err != nil || twilio.Took(r.ProviderID) != first {
			t.Fatalf("after %s: %+v, %v", after, r, err)
		}
		return r.ProviderID
	}
	goesTo(false, 5*time.Minute) // that it would take it says nothing
	taken := goesTo(true, 6*time.Minute)
	goesTo(true, time.Second)
	b.Silent(taken)
	goesTo(false, time.Minute) // it is as it was: nobody waits for three of them
	goesTo(true, 11*time.Minute)
	goesTo(true, 11*time.Minute)
	b.Silent(taken)
	goesTo(true, time.Minute)
	if got := strings.Join(b.changes, ", "); got != "Twilio fails, Twilio is well, Twilio fails, Twilio is well" {
		t.Error(got)
	}
	b = setup(t)
	for range 4 {
		b.Silent("SM1")
		b.now = b.now.Add(6 * time.Minute)
	}
	if b.Health()[0].Failing {
		t.Error("a phone that is off now and then makes no provider ill")
	}
}

func TestItIsWellWhereOneIs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.first.Close()
	if err := b.Check(t.Context()); err != nil {
		t.Error(err)
	}
	b.second.Close()
	if err := b.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "Twilio: ") || !strings.Contains(err.Error(), "Telnyx: ") {
		t.Error(err)
	}
	if _, err := b.send(t, channeltest.Message("+34600000001")); err == nil || ports.IsAmbiguous(err) || errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// What one took in silence goes to another, and only that one is asked whether it has it.
func TestWhatOneTookInSilence(t *testing.T) {
	t.Parallel()
	b := setup(t)
	m := channeltest.Message(b.first.Address())
	r, err := b.send(t, m)
	if err != nil || r.Provider != "Twilio" {
		t.Fatalf("%+v, %v", r, err)
	}
	if !b.Another(r.ProviderID) || b.Another("") || b.Another("somebody else's") {
		t.Error("who else is there is not known")
	}
	m.ProviderID, m.MayRepeat, m.Attempt = r.ProviderID, true, 2
	m.Tries = []notification.Try{{Outcome: notification.TrySilent}}
	if _, found, err := b.Reconcile(t.Context(), m); found || err == nil {
		t.Errorf("the one that was silent is asked: %v, %v", found, err)
	}
	if r, err = b.send(t, m); err != nil || r.Provider != "Telnyx" {
		t.Fatalf("%+v, %v", r, err)
	}
	b.taken(t, 1, 1)
	b.second.Always(channeltest.Unavailable())
	for range 3 {
		if _, err := b.send(t, m); err == nil {
			t.Error("the one that was silent took it again")
		}
	}
	if b.Another(m.ProviderID) {
		t.Error("one that is ill is another")
	}
	b.taken(t, 1, 1)
}
