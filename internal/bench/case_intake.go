package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"
)

const (
	connections = 32
	services    = 100
	repeated    = 3200 // alerts that come again: 100 for each connection
)

// intakeCase is a way of sending alerts as fast as they are taken.
type intakeCase struct {
	name, figure string
	perRequest   int
	correlate    string
	again        bool
	expect       string
	target       float64
}

func (r *run) single(ctx context.Context) error {
	return r.intake(ctx, intakeCase{
		name: "single", figure: "new alerts, one a request, 100 services, 32 connections",
		perRequest: 1, expect: "joined", target: onPostgres(r, 5000.0, 4000),
	})
}

func (r *run) batch(ctx context.Context) error {
	return r.intake(ctx, intakeCase{
		name: "batch", figure: "new alerts, 100 a request", perRequest: 100, expect: "joined", target: onPostgres(r, 10000.0, 8000),
	})
}

func (r *run) own(ctx context.Context) error {
	return r.intake(ctx, intakeCase{
		name: "own", figure: "new alerts, each an incident of its own with a page", perRequest: 1, correlate: "alert",
		expect: "opened", target: 1500,
	})
}

func (r *run) again(ctx context.Context) error {
	return r.intake(ctx, intakeCase{
		name: "again", figure: fmt.Sprintf("the same %d alerts again and again", repeated), perRequest: 1, again: true,
		expect: "refreshed", target: 6000,
	})
}

func (r *run) intake(ctx context.Context, c intakeCase) (err error) {
	s, err := r.serve(ctx, fixture{services: services, people: services, correlate: c.correlate})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	pick := fresh(new(atomic.Uint64), services)
	if c.again {
		pick = known(new(atomic.Uint64), repeated, services)
		first := &load{addr: s.addr, sources: sources(s.addr, connections, 1, pick), most: repeated}
		if err := first.run(ctx); err != nil {
			return err
		}
	}
	l := &load{addr: s.addr, sources: sources(s.addr, connections, c.perRequest, pick), expect: outcome(c.expect)}
	before, err := s.metric(ctx, "process_cpu_seconds_total")
	if err != nil {
		return err
	}
	databaseBefore := r.db.cpu()
	rate, err := l.rate(ctx, quickly(r, 3*time.Second, time.Second), quickly(r, 10*time.Second, 2*time.Second))
	if err != nil {
		return err
	}
	after, err := s.metric(ctx, "process_cpu_seconds_total")
	if err != nil {
		return err
	}
	databaseTook := r.db.cpu() - databaseBefore
	group, err := meanGroup(ctx, s)
	if err != nil {
		return err
	}
	if err := s.stop(); err != nil { // the limits have the machine for themselves
		return err
	}
	limits, err := r.limits(ctx, c.perRequest, group)
	if err != nil {
		return err
	}
	f := Figure{Case: c.name, Name: c.figure, Value: rate, Unit: "alerts/s", Target: c.target, Limits: limits, MinRatio: 0.5}
	// Of all figures this one depends least on what else the machine does.
	f.Detail = fmt.Sprintf("the server's CPU %.0f µs an alert", (after-before)*1e6/float64(l.accepted.Load()))
	if databaseTook > 0 {
		f.Detail += fmt.Sprintf(", the database's %.0f µs", databaseTook*1e6/float64(l.accepted.Load()))
	}
	if n := l.refused.Load(); n > 0 {
		f.Detail += fmt.Sprintf("; %d requests were pushed back and sent again", n)
	}
	r.add(f)
	return nil
}

// limits measures this machine's: the bare handler's in alerts/s, and the database's in groups of that size.
func (r *run) limits(ctx context.Context, perRequest, group int) ([]Limit, error) {
	bare, err := r.bareLimit(ctx, perRequest)
	if err != nil {
		return nil, err
	}
	database, err := r.databaseLimit(ctx, group)
	return []Limit{bare, database}, err
}

// meanGroup is how many alerts the server's commits had.
func meanGroup(ctx context.Context, s *server) (int, error) {
	sum, err := s.metric(ctx, "rouse_ingest_group_alerts_sum")
	if err != nil {
		return 0, err
	}
	count, err := s.metric(ctx, "rouse_ingest_group_alerts_count")
	if err != nil {
		return 0, err
	}
	return max(1, int(math.Round(sum/max(count, 1)))), nil
}
