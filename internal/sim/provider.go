package sim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/deliver"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// kinds are the channels: sms can be asked and reports later, email and chat do neither.
func kinds() []string { return []string{"chat", "email", "sms"} }

func expiry(kind string) time.Duration {
	return map[string]time.Duration{"email": 20 * time.Minute, "chat": 20 * time.Minute}[kind]
}

func floor(kind string) time.Duration { return map[string]time.Duration{"sms": 20 * time.Second}[kind] }

// provider is a channel's other end: what it accepted is in its ledger for good.
type provider struct {
	w      *world
	kind   string
	ledger []entry
	has    map[id.Message]int // how often it accepted a message
}

// entry is a message that a provider accepted.
type entry struct {
	at      time.Time
	by      *replica
	message ports.Outgoing
}

// sender is a replica's way to a provider.
type sender struct {
	r *replica
	*provider
}

var errBusy = errors.New("too many requests")

func (s sender) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	name := fmt.Sprintf("%s %s %s/%d", s.r, s.kind, m.ID, m.Attempt)
	if s.r.arrive(name+" send") == dead {
		return ports.Receipt{}, errGone
	}
	s.w.model.called(s.r, m)
	d := dice(s.w.seed, name+m.Token)
	receipt := ports.Receipt{ProviderID: string(m.ID) + "!" + m.Token, Confirms: s.kind == "sms"}
	what := 5 // takes it
	switch {
	case ctx.Err() != nil && d.Float64() < 0.5:
		what = 6 // too late for our own client
	case !s.w.calm && d.Float64() < s.w.plan.bad:
		what = d.IntN(5)
	}
	err := s.outcome(ctx, m, d, what)
	if s.r.arrive(name+" sent") == dead {
		return ports.Receipt{}, errGone
	}
	if err != nil {
		s.w.say("%s: %v", name, err)
		return ports.Receipt{}, err
	}
	s.w.model.said(m)
	return receipt, nil
}

// outcome lets the provider do one of the things that providers do.
func (s sender) outcome(ctx context.Context, m ports.Outgoing, d *rand.Rand, what int) error {
	switch what {
	case 0:
		if taken := d.Float64() < 0.5; taken {
			s.accept(s.r, m, d)
		}
		select {
		case <-ctx.Done():
		case <-s.r.dead:
		}
		return ports.Ambiguous(errors.New("no answer"))
	case 1:
		s.accept(s.r, m, d)
		return ports.Ambiguous(errors.New("the connection broke"))
	case 2:
		return errors.New("no such number")
	case 3:
		return ports.Retryable(errors.New("out of order"), 0)
	case 4:
		return ports.Retryable(errBusy, between(d, time.Second, 40*time.Second))
	case 6:
		return ports.Ambiguous(ctx.Err())
	}
	s.accept(s.r, m, d)
	return nil
}

// accept puts a message into the ledger. What it reports later comes late, twice and in any order.
func (p *provider) accept(by *replica, m ports.Outgoing, d *rand.Rand) {
	p.w.model.accepted(by, m)
	p.ledger = append(p.ledger, entry{p.w.now(), by, m})
	p.has[m.ID]++
	p.w.answer(m, d)
	if p.kind != "sms" {
		return
	}
	status := notification.MessageDelivered
	if d.Float64() < p.w.plan.bad/4 {
		status = notification.MessageFailed
	}
	report := deliver.Report{Message: m.ID, Attempt: m.Attempt, ProviderID: string(m.ID) + "!" + m.Token, Status: status, Detail: "the handset says so"}
	for range 1 + d.IntN(3) {
		p.w.report(between(d, time.Second, 2*time.Minute), report)
		report.Status = [...]notification.MessageStatus{notification.MessageAccepted, status}[d.IntN(2)]
	}
}

// report brings a provider's word to some replica, which must take it or be told again.
func (w *world) report(in time.Duration, report deliver.Report) {
	w.after(in, func() {
		r := w.anyReplica()
		if r == nil {
			w.report(5*time.Second, report)
			return
		}
		w.task(r, "report", func(ctx context.Context) error { return r.confirm.Do(ctx, report) }, func(err error) {
			if err != nil {
				w.report(5*time.Second, report)
			}
		})
	})
}

type asker struct{ sender }

func (a asker) Reconcile(_ context.Context, m ports.Outgoing) (ports.Receipt, bool, error) {
	name := fmt.Sprintf("%s %s %s/%d ask", a.r, a.kind, m.ID, m.Attempt)
	if a.r.arrive(name) == dead {
		return ports.Receipt{}, false, errGone
	}
	if !a.w.calm && dice(a.w.seed, name+m.Token).Float64() < a.w.plan.bad/2 {
		return ports.Receipt{}, false, errors.New("out of order")
	}
	has := a.has[m.ID] > 0
	a.w.model.asked(m, has)
	return ports.Receipt{ProviderID: string(m.ID) + "!found"}, has, nil
}

var (
	_ ports.Notifier   = sender{}
	_ ports.Reconciler = asker{}
)
