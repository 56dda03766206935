package wire

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/metrics"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// silent is a provider that can be asked.
type silent struct{ err error }

func (s *silent) Send(context.Context, ports.Outgoing) (ports.Receipt, error) {
	return ports.Receipt{}, s.err
}
func (s *silent) Check(context.Context) error { return s.err }

// A provider that took nothing is asked until it is well again: without a message to send nobody would know.
func TestAProviderIsAskedUntilItIsWell(t *testing.T) {
	t.Parallel()
	mail, sms := &silent{errors.New("away")}, &silent{}
	p := &providers{
		Metrics: metrics.New("test"), channels: &channels{notifiers: map[string]ports.Notifier{"email": mail, "sms": sms}},
		now: time.Now, log: slog.New(slog.DiscardHandler), bad: map[string]int{}, good: map[string]time.Time{},
	}
	for n := range dead {
		if _, well := p.words(); !well {
			t.Errorf("it is said after %d attempts", n)
		}
		p.Sent("email", "retry", 0)
		p.Sent("sms", "accepted", 0)
	}
	if words, well := p.words(); well || p.allFail() {
		t.Errorf("all fail: %v, words %q; want email alone", p.allFail(), words)
	}
	p.channels.notifiers["voice"] = &silent{}
	p.channels.notifiers["sms"] = nil
	if !p.allFail() {
		t.Error("mail fails, and that nobody was called makes it well")
	}
	p.channels.notifiers["sms"] = sms
	if _, err := p.look(t.Context()); err != nil || len(p.failing()) != 1 {
		t.Errorf("%v: failing are %v, want email", err, p.failing())
	}
	mail.err = nil
	if _, err := p.look(t.Context()); err != nil || len(p.failing()) != 0 {
		t.Errorf("%v: failing are %v, want none", err, p.failing())
	}
}
