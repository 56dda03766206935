// Package failover sends by the first of several providers of one kind of channel that is well.
//
// What one of them surely did not take goes to the next at once. What it may have taken does not: that is asked for
// first, and sent again only as "(may repeat)". So is what one took in silence, by another.
package failover

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

const (
	breakAfter   = 3                // failures, with nothing taken between them, or silences within silentFor
	breakFor     = 30 * time.Second // then others are asked first; one message tries it again after it
	silentFor    = 10 * time.Minute // in which silences count; also for how long one that was silent is asked last
	rememberSent = 1000             // messages whose attempts are remembered
)

// Provider is one of several.
type Provider struct {
	Name string // for people: "Twilio"
	ports.Notifier
	Took  func(providerID string) bool // whether an id is one of its
	Price notification.Price           // of a message
}

// Sender sends by its providers. Any number of goroutines may use it.
type Sender struct {
	now     func() time.Time
	changed func(h ports.ProviderHealth)

	mu      sync.Mutex
	members []*member
	sent    map[id.Message]sent
}

var (
	_ ports.Notifier   = (*Sender)(nil)
	_ ports.Reconciler = (*Sender)(nil)
	_ ports.Providers  = (*Sender)(nil)
)

type member struct {
	Provider
	failures int         // since it took something
	silences []time.Time // the newest, at most breakAfter
	until    time.Time   // others are asked first; zero: it is well
	silent   time.Time   // so long it is no sign that it takes something: it did before, and nothing arrived
	since    time.Time   // that it fails
	words    string      // of the last error
}

// sent is what this process has sent of a message.
type sent struct {
	attempts int
	doubtful []*member // who may have taken it
}

// New gives a sender over providers, the first choice first. changed hears of those that begin to fail, and end to.
func New(now func() time.Time, changed func(ports.ProviderHealth), providers ...Provider) *Sender {
	s := &Sender{now: now, changed: changed, sent: map[id.Message]sent{}}
	for _, p := range providers {
		s.members = append(s.members, &member{Provider: p})
	}
	return s
}

// Send sends by the first provider that takes it.
func (s *Sender) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	s.attempt(m.ID)
	var errs []error
	for _, p := range others(s.order(), silent(m)) {
		r, err := p.Send(ctx, m)
		s.note(p, err)
		if ports.IsAmbiguous(err) {
			s.doubt(m.ID, p)
		}
		if err == nil || !ports.MayElsewhere(err) || ctx.Err() != nil {
			r.Provider = p.Name
			return r, err
		}
		errs = append(errs, err)
	}
	return ports.Receipt{}, together(errs)
}

// silent is what the one calls a message that took it in silence; "": nobody did.
func silent(m ports.Outgoing) string {
	if m.Silent() {
		return m.ProviderID
	}
	return ""
}

// others are those that did not take what has this id; "": all.
func others(list []*member, providerID string) []*member {
	if providerID == "" {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(p *member) bool { return p.Took(providerID) })
}

// Another says whether one of those that did not take what has this id is well. What nobody knows has no other.
func (s *Sender) Another(providerID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := others(s.members, providerID)
	return len(rest) < len(s.members) && slices.ContainsFunc(rest, func(p *member) bool { return p.until.IsZero() })
}

// together is what to do when nobody took it: try again where that may help with any of them, as soon as one says.
func together(errs []error) error {
	words := make([]string, len(errs))
	again, soonest := false, time.Duration(0)
	for i, err := range errs {
		words[i] = err.Error()
		if after, ok := ports.RetryAfter(err); ok {
			if !again || after < soonest {
				soonest = after
			}
			again = true
		}
	}
	err := errors.New(strings.Join(words, "; "))
	if again {
		return ports.Retryable(err, soonest)
	}
	return err
}

// order gives whom to ask, those that are well first. One whose time is over is tried by one message at a time.
func (s *Sender) order() []*member {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	var well, ill []*member
	for _, p := range s.members {
		switch {
		case p.until.IsZero():
			well = append(well, p)
		case !now.Before(p.until):
			p.until = now.Add(breakFor) // the others do not try it meanwhile
			well = append(well, p)
		default:
			ill = append(ill, p)
		}
	}
	return append(well, ill...) // nobody is left unpaged because all of them failed before
}

// note remembers how a provider did. A refusal of one message says nothing of it.
func (s *Sender) note(p *member, err error) {
	bad := err != nil && (ports.MayElsewhere(err) || ports.IsAmbiguous(err))
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err == nil:
		p.failures = 0
		if !s.now().Before(p.silent) {
			s.heal(p)
		}
	case bad:
		p.words = err.Error()
		if p.failures++; p.failures >= breakAfter || !p.until.IsZero() {
			s.trip(p, breakFor)
		}
	}
}

func (s *Sender) trip(p *member, last time.Duration) {
	now := s.now()
	if until := now.Add(last); until.After(p.until) {
		p.until = until
	}
	if p.since.IsZero() {
		p.since = now
		s.changed(p.health())
	}
}

func (s *Sender) heal(p *member) {
	p.until = time.Time{}
	if !p.since.IsZero() {
		p.since, p.silences = time.Time{}, nil
		s.changed(p.health())
	}
}

// Silent counts what was taken and never reported. Of one that was left for it, and is tried again, one is enough.
func (s *Sender) Silent(providerID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for _, p := range s.members {
		if !p.Took(providerID) {
			continue
		}
		p.silences = append(p.silences, now)
		p.silences = p.silences[max(0, len(p.silences)-breakAfter):]
		if len(p.silences) == breakAfter && now.Sub(p.silences[0]) < silentFor || !p.silent.IsZero() && now.Sub(p.silent) < silentFor {
			p.words = p.Name + " took messages and did not report that they arrived"
			p.silent = now.Add(silentFor)
			s.trip(p, silentFor)
		}
		return
	}
}

func (s *Sender) attempt(m id.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sent) >= rememberSent {
		clear(s.sent)
	}
	was := s.sent[m]
	was.attempts++
	s.sent[m] = was
}

func (s *Sender) doubt(m id.Message, p *member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.sent[m]
	if !slices.Contains(was.doubtful, p) {
		was.doubtful = append(was.doubtful, p)
	}
	s.sent[m] = was
}

// Reconcile asks those that may have the message. Where all attempts were this process's it knows whom; else it may be
// any, and of one that cannot be asked nobody can be sure.
func (s *Sender) Reconcile(ctx context.Context, m ports.Outgoing) (ports.Receipt, bool, error) {
	var unsure error
	for _, p := range others(s.suspects(m), silent(m)) {
		r, ok := p.Notifier.(ports.Reconciler)
		if !ok {
			unsure = fmt.Errorf("%s cannot be asked whether it has the message", p.Name)
			continue
		}
		receipt, found, err := r.Reconcile(ctx, m)
		if found && err == nil {
			receipt.Provider = p.Name
			return receipt, true, nil
		}
		unsure = errors.Join(unsure, err)
	}
	return ports.Receipt{}, false, unsure
}

func (s *Sender) suspects(m ports.Outgoing) []*member {
	s.mu.Lock()
	defer s.mu.Unlock()
	if was := s.sent[m.ID]; was.attempts >= m.Attempt-1 && len(was.doubtful) > 0 {
		return was.doubtful
	}
	return s.members
}

// checker is a provider that can be asked without sending.
type checker interface {
	Check(ctx context.Context) error
}

// Check is well where one of them is.
func (s *Sender) Check(ctx context.Context) error {
	var errs []error
	for name, err := range s.CheckEach(ctx) {
		if err == nil {
			return nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", name, err))
	}
	return errors.Join(errs...)
}

// CheckEach asks each, without sending anything; those that cannot be asked are left out.
func (s *Sender) CheckEach(ctx context.Context) map[string]error {
	out := map[string]error{}
	for _, p := range s.members {
		if c, ok := p.Notifier.(checker); ok {
			out[p.Name] = c.Check(ctx)
		}
	}
	return out
}

// Health is how each does, in their order.
func (s *Sender) Health() []ports.ProviderHealth {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]ports.ProviderHealth, len(s.members))
	for i, p := range s.members {
		out[i] = p.health()
	}
	return out
}

func (p *member) health() ports.ProviderHealth {
	return ports.ProviderHealth{Name: p.Name, Failing: !p.since.IsZero(), Since: p.since, Error: p.words, Price: p.Price}
}
