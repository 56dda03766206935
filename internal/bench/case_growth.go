package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rouse-oncall/rouse/internal/bench/history"
)

const (
	templates  = 500 // incidents that the server makes; the rest of the history is copied from them
	mostDearer = 2   // times the cost with the shortest history
)

// Services of the case of growth: those whose alerts join, those of the history and of new incidents, and
// those that are probed, each of which pages somebody else.
const (
	growthJoining = services
	growthOwn     = growthJoining + templates
)

// aged is a server on a database with a history.
type aged struct {
	*server
	incidents   int
	sizes       map[string]int64 // of tables with their indexes, in bytes, before anything was measured
	count       atomic.Uint64
	join, again []float64 // seconds an alert, by round
	own         []float64
	pages       latencies
}

// growth compares what an alert and a page cost with a short and with a long history. The servers of all sizes run
// beside each other and are measured in turn.
func (r *run) growth(ctx context.Context) (err error) {
	var all []*aged
	defer func() {
		for _, a := range all {
			err = errors.Join(err, a.close())
		}
	}()
	for _, n := range r.histories() {
		a, err := r.grown(ctx, n)
		if err != nil {
			return err
		}
		all = append(all, a)
	}
	rounds, each := r.growthRounds()
	for round := range rounds {
		for _, a := range all { // in turn: what else the machine does then meets all
			if err := a.measure(ctx, growthOwn+round*each, each, quickly(r, 2*time.Second, 300*time.Millisecond)); err != nil {
				return err
			}
		}
	}
	for _, a := range all[1:] {
		r.dearer(all[0], a)
	}
	r.room(all[len(all)-1])
	return nil
}

// room says what an incident of the past takes on the disk, with one alert, one page and one message.
func (r *run) room(a *aged) {
	all := int64(0)
	for _, table := range slices.Sorted(maps.Keys(a.sizes)) {
		all += a.sizes[table]
		if each := a.sizes[table] / int64(a.incidents); each >= 20 {
			r.add(Figure{Case: "growth", Name: "on the disk for an incident: table " + table + " and its indexes", Value: float64(each), Unit: "bytes"})
		}
	}
	r.add(Figure{
		Case: "growth", Name: "on the disk for an incident with one alert and one page", Value: float64(all / int64(a.incidents)), Unit: "bytes",
		Detail: fmt.Sprintf("%s MB with %s incidents", amount(float64(all)/mebibyte), amount(float64(a.incidents))),
	})
}

// histories are the numbers of incidents that are compared, a year's of a small, a large and a very large house.
func (r *run) histories() []int {
	most := quickly(r, r.History, min(r.History, 10_000))
	all := slices.DeleteFunc([]int{1000, 100_000}, func(n int) bool { return n >= most })
	return append(all, most)
}

// growthRounds gives how often each size is measured, and how many probes are in a round.
func (r *run) growthRounds() (rounds, probes int) { return quickly(r, 5, 2), quickly(r, 20, 3) }

func (r *run) dearer(short, long *aged) {
	for _, c := range []struct {
		name        string
		short, long float64
		unit        string
	}{
		{"a new alert that joins", middle(short.join) * 1e6, middle(long.join) * 1e6, "µs"},
		{"an alert that is known", middle(short.again) * 1e6, middle(long.again) * 1e6, "µs"},
		{"an alert with an incident and a page of its own", middle(short.own) * 1e6, middle(long.own) * 1e6, "µs"},
		{"alert sent → first provider request, p50", milliseconds(percentile(short.pages.sinceSent, 50)), milliseconds(percentile(long.pages.sinceSent, 50)), "ms"},
	} {
		r.add(Figure{
			Case: "growth", Name: fmt.Sprintf("%s: with %s incidents", c.name, amount(float64(long.incidents))), Value: c.long / c.short, Unit: "times",
			Target: mostDearer, AtMost: true,
			Detail: fmt.Sprintf("%s %s, with %s incidents %s %s", amount(c.long), c.unit, amount(float64(short.incidents)), amount(c.short), c.unit),
		})
	}
}

// grown gives a server with that many incidents behind it.
func (r *run) grown(ctx context.Context, incidents int) (*aged, error) {
	rounds, each := r.growthRounds()
	all := growthOwn + rounds*each
	s, err := r.serve(ctx, fixture{services: all, people: all, correlate: "alert", joining: growthJoining})
	if err != nil {
		return nil, err
	}
	a := &aged{server: s, incidents: incidents}
	a.count.Store(1 << 40) // no alert of the history comes again
	if err := a.live(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if err := s.stop(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	began := time.Now()
	if err := history.Multiply(ctx, s.database, incidents/templates-1, history.Year); err != nil {
		return nil, errors.Join(err, s.close())
	}
	r.note("%s incidents were made in %s", amount(float64(incidents)), time.Since(began).Round(time.Second))
	if a.sizes, err = history.Sizes(ctx, s.database); err != nil {
		return nil, errors.Join(err, s.close())
	}
	// It has applied its configuration, which knows nothing of the first admin.
	s.env = slices.DeleteFunc(s.env, func(v string) bool { return strings.HasPrefix(v, "ROUSE_CONFIG_DIR=") })
	if _, err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return a, nil
}

// live lets the server have incidents as it would have in a day: each wakes somebody, some are acknowledged, all
// are over.
func (a *aged) live(ctx context.Context) error {
	alerts := usual()
	for _, over := range []bool{false, true} {
		alerts.over = over
		l := &load{addr: a.addr, most: templates, sources: sourcesOf(alerts, a.addr, connections, 1, numbered(0, growthJoining, templates))}
		if err := l.run(ctx); err != nil {
			return err
		}
		if over {
			return nil
		}
		if _, err := a.provider.awaitPeople(ctx, templates); err != nil {
			return err
		}
		session, err := a.signIn(ctx)
		if err != nil {
			return err
		}
		if err := a.acknowledge(ctx, session, templates/2); err != nil {
			return err
		}
	}
	return nil
}

// measure takes one round of everything.
func (a *aged) measure(ctx context.Context, service, probes int, window time.Duration) error {
	got, err := a.probes(ctx, &a.count, service, service+probes)
	if err != nil {
		return err
	}
	a.pages.add(got)
	for _, c := range []struct {
		into *[]float64
		pick func() (uint64, int)
	}{
		{&a.join, fresh(&a.count, growthJoining)},
		{&a.again, known(new(atomic.Uint64), repeated, growthJoining)},
		{&a.own, func() (uint64, int) {
			n := a.count.Add(1)
			return scatter(n), growthJoining + int(n%templates)
		}},
	} {
		l := &load{addr: a.addr, sources: sources(a.addr, connections, 1, c.pick)}
		rate, err := l.rate(ctx, window/4, window)
		if err != nil {
			return err
		}
		*c.into = append(*c.into, 1/rate)
	}
	return nil
}
