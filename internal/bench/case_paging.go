package bench

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

const (
	probes      = 200
	between     = 20 * time.Millisecond // from one probe's page to the next probe
	background  = 1000                  // alerts/s
	pageLimit   = 10 * time.Second      // without a page by then, the case has failed
	settleAfter = 3 * time.Second       // in which a page too many would have come
)

// latencies of one probe each, to the first request at the provider.
type latencies struct{ sinceSent, sinceAnswered []time.Duration }

func (r *run) page(ctx context.Context) error { return r.probe(ctx, "page", "quiet", 0, 20, 100) }

func (r *run) pageUnderLoad(ctx context.Context) error {
	return r.probe(ctx, "page-load", fmt.Sprintf("while %d alerts/s come in", background), background, 0, 500)
}

// probe sends single alerts, each of a service and for a person of its own. The commit lies between the moment
// when the alert is sent and the one when it is answered; the earlier is what the target is held against.
func (r *run) probe(ctx context.Context, name, words string, noise float64, p50, p99 float64) (err error) {
	n := quickly(r, probes, probes/4)
	s, err := r.serve(ctx, fixture{services: n + services, people: n + services})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	count := new(atomic.Uint64)
	got := latencies{}
	achieved, err := r.underLoad(ctx, s, noise, count, n, func(ctx context.Context) error {
		var err error
		got, err = s.probes(ctx, count, 0, n)
		return err
	})
	if err != nil {
		return err
	}
	detail := fmt.Sprintf("%d alerts", n)
	if noise > 0 {
		detail += fmt.Sprintf("; %.0f alerts/s came in", achieved)
	}
	for _, p := range []struct {
		rank, target float64
	}{{50, p50}, {99, p99}} {
		r.add(Figure{
			Case: name, Name: fmt.Sprintf("alert sent → first provider request, %s, p%.0f", words, p.rank), Unit: "ms",
			Value: milliseconds(percentile(got.sinceSent, p.rank)), Target: p.target, AtMost: true,
			Detail: fmt.Sprintf("%s ms since the answer; %s", amount(milliseconds(percentile(got.sinceAnswered, p.rank))), detail),
		})
	}
	return nil
}

// underLoad runs f while alerts come in for the services from the n-th on, and gives their rate.
func (r *run) underLoad(ctx context.Context, s *server, noise float64, count *atomic.Uint64, n int, f func(context.Context) error) (float64, error) {
	if noise == 0 {
		return 0, f(ctx)
	}
	pick := fresh(count, services)
	l := &load{addr: s.addr, pace: noise, sources: sources(s.addr, connections, 1, func() (uint64, int) {
		unique, service := pick()
		return unique, n + service
	})}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ended := make(chan error, 1)
	go func() {
		err := l.run(ctx)
		cancel(err)
		ended <- err
	}()
	pause(ctx, time.Second)
	before, began := l.accepted.Load(), time.Now()
	err := f(ctx)
	rate := float64(l.accepted.Load()-before) / time.Since(began).Seconds()
	l.stop()
	return rate, errors.Join(err, <-ended)
}

// probes sends an alert for each service from one to another, once the page of the last has come.
func (s *server) probes(ctx context.Context, count *atomic.Uint64, from, to int) (latencies, error) {
	var out latencies
	c, err := dial(ctx, s.addr)
	if err != nil {
		return out, err
	}
	defer c.close()
	service := from
	src := newSource(s.addr, usual(), 1, func() (uint64, int) { return scatter(count.Add(1)), service })
	for ; service < to; service++ {
		sent := time.Now()
		status, body, err := c.do(src.next())
		if err != nil || status/100 != 2 {
			return out, fmt.Errorf("POST /alerts answers %d: %.500s %w", status, body, err)
		}
		answered := time.Now()
		asked, err := s.provider.await(ctx, phone(service))
		if err != nil {
			return out, err
		}
		out.sinceSent = append(out.sinceSent, asked.Sub(sent))
		out.sinceAnswered = append(out.sinceAnswered, max(0, asked.Sub(answered)))
		pause(ctx, between)
	}
	return out, ctx.Err()
}

// await gives when the first message to somebody came.
func (p *provider) await(ctx context.Context, to string) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, pageLimit)
	defer cancel()
	for {
		at, ok, news := p.first(to)
		if ok {
			return at, nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return at, fmt.Errorf("no page for %s: %w", to, ctx.Err())
		}
	}
}

// awaitPeople gives when the last of that many people got their first message.
func (p *provider) awaitPeople(ctx context.Context, n int) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, pageLimit)
	defer cancel()
	for {
		people, _, last, news := p.counts()
		if people >= n {
			return last, nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return last, fmt.Errorf("%d of %d people were paged: %w", people, n, ctx.Err())
		}
	}
}

// storm sends 1,000 alerts at once on one service that pages three people.
func (r *run) storm(ctx context.Context) (err error) {
	const people, alerts = 3, 1000
	s, err := r.serve(ctx, fixture{services: 1, people: people, perLevel: people})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if _, err := s.burst(ctx, alerts, 1); err != nil {
		return err
	}
	if _, err := s.provider.awaitPeople(ctx, people); err != nil {
		return err
	}
	pause(ctx, settleAfter)
	incidents, err := s.incidents(ctx)
	if err != nil {
		return err
	}
	pages := 0
	for _, i := range incidents {
		n, err := s.pages(ctx, i)
		if err != nil {
			return err
		}
		pages += n
	}
	r.add(Figure{Case: "storm", Name: "1,000 alerts at once on one service: incidents", Value: float64(len(incidents)), Target: 1, AtMost: true})
	r.add(Figure{Case: "storm", Name: "1,000 alerts at once on one service: pages per person", Value: float64(pages) / people, Target: 1, AtMost: true,
		Detail: fmt.Sprintf("%d messages to %d people", s.provider.messages(), people)})
	return nil
}

// fan sends 10 alerts for each of 100 services with 100 people at once.
func (r *run) fan(ctx context.Context) (err error) {
	s, err := r.serve(ctx, fixture{services: services, people: services})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	began, err := s.burst(ctx, 10*services, services)
	if err != nil {
		return err
	}
	answered := time.Since(began)
	last, err := s.provider.awaitPeople(ctx, services)
	if err != nil {
		return err
	}
	incidents, err := s.incidents(ctx)
	if err != nil {
		return err
	}
	r.add(Figure{Case: "fan", Name: "100 services × 10 alerts at once, 100 people: incidents", Value: float64(len(incidents)), Target: services, AtMost: true})
	r.add(Figure{
		Case: "fan", Name: "the same: first alert sent → every page requested", Value: last.Sub(began).Seconds(), Unit: "s", Target: 2, AtMost: true,
		Detail: fmt.Sprintf("all alerts answered after %s s", amount(answered.Seconds())),
	})
	return nil
}

// burst sends single alerts over all connections as fast as they are answered, and says when the first was sent.
func (s *server) burst(ctx context.Context, alerts int64, services int) (time.Time, error) {
	l := &load{addr: s.addr, sources: sources(s.addr, connections, 1, fresh(new(atomic.Uint64), services)), most: alerts}
	began := time.Now()
	return began, l.run(ctx)
}

// messages is how many the provider has got.
func (p *provider) messages() int {
	_, n, _, _ := p.counts()
	return n
}
