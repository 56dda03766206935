package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

const (
	fewIncidents  = 1000
	manyIncidents = 100_000
	lookups       = 40 // of each query; the median counts
	acknowledged  = 500
	listServices  = 10 // so that each has more than a page of the few incidents, too; each of a team of its own
)

// query is one way of asking for the first page.
type query struct {
	name   string
	filter string // as in a URL; one that begins with a slash is all of a path
	fast   bool   // ≤ 10 ms and ≤ 2 × its time with 1,000; else ≤ 150 ms
}

// queries names no time: since and until are made for the database at hand.
func queries(middle time.Time) []query {
	since := url.QueryEscape(middle.UTC().Format(time.RFC3339Nano))
	assignee := url.QueryEscape(email(0))
	out := []query{
		{"no filter", "", true},
		{"since", "since=" + since, true},
		{"until", "until=" + since, true},
		{"since, no match", "since=2100-01-01T00:00:00Z", true},
	}
	single := []struct{ name, match, none string }{
		{"service", "service=bench-003", "service=nothing"},
		{"environment", "environment=production", "environment=nowhere"},
		{"severity", "severity=critical", "severity=none"},
		{"team", "team=bench-3", "team=nobody"},
		{"assignee", "assignee=" + assignee, "assignee=nobody@example.org"},
	}
	for _, status := range []string{"open", "acknowledged", "resolved"} {
		out = append(out, query{"status=" + status, "status=" + status, true})
	}
	for _, f := range single {
		status := "open"
		if f.name == "assignee" {
			status = "acknowledged"
		}
		out = append(out, query{f.name, f.match, true}, query{f.name + ", no match", f.none, true},
			query{"status + " + f.name, "status=" + status + "&" + f.match, true},
			query{"status + " + f.name + ", no match", "status=resolved&" + f.match, true})
	}
	return append(out,
		query{"service + severity", "service=bench-003&severity=critical", false},
		query{"environment + severity", "environment=production&severity=critical", false},
		query{"team + environment + severity", "team=bench-3&environment=production&severity=error", false},
		query{"status + service + environment", "status=open&service=bench-003&environment=production", false},
		query{"service + team, no match", "service=bench-003&team=bench-4", false},
		query{"assignee + severity", "assignee=" + assignee + "&severity=critical", false},
		query{"q in every title", "q=requests", false},
		query{"q, one match", "q=" + fmt.Sprintf("%016x", scatter(17)), false},
		query{"q, no match", "q=zebra", false},
		query{"status + q, no match", "status=open&q=zebra", false},
	)
}

// list compares the first page of GET /incidents with few and with many open incidents.
func (r *run) list(ctx context.Context) (err error) {
	s, err := r.serve(ctx, fixture{services: listServices, people: listServices, teams: listServices, correlate: "alert", hold: "100h"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	session, err := s.signIn(ctx)
	if err != nil {
		return err
	}
	count := new(atomic.Uint64)
	middle, err := s.fill(ctx, count, fewIncidents, 25)
	if err != nil {
		return err
	}
	if err := s.acknowledge(ctx, session, acknowledged); err != nil {
		return err
	}
	few, err := s.lookUp(ctx, queries(middle))
	if err != nil {
		return err
	}
	many := quickly(r, manyIncidents, manyIncidents/10)
	filling := time.Now()
	if middle, err = s.fill(ctx, count, many-fewIncidents, 500); err != nil {
		return err
	}
	took := time.Since(filling)
	r.add(Figure{Case: "list", Name: "filling: incidents of their own, 500 alerts a request", Value: float64(many-fewIncidents) / took.Seconds(), Unit: "alerts/s"})
	asked := queries(middle)
	found, err := s.lookUp(ctx, asked)
	if err != nil {
		return err
	}
	for i, q := range asked {
		r.add(lookUpFigure(q, few[i], found[i], many))
	}
	return nil
}

func lookUpFigure(q query, few, many time.Duration, incidents int) Figure {
	f := Figure{
		Case: "list", Name: fmt.Sprintf("first page of %s: %s", amount(float64(incidents)), q.name), Value: milliseconds(many), Unit: "ms",
		Target: 150, AtMost: true, Detail: fmt.Sprintf("%s ms with %s", amount(milliseconds(few)), amount(fewIncidents)),
	}
	if q.fast {
		// A page that takes a fraction of a millisecond may take a little more than twice it.
		f.Target = min(10, max(2*milliseconds(few), 1))
	}
	return f
}

// fill makes that many incidents of all severities in four environments, and gives a moment between the first
// and the last.
func (s *server) fill(ctx context.Context, count *atomic.Uint64, n, perRequest int) (middle time.Time, err error) {
	l := &load{addr: s.addr, most: int64(n / perRequest), expect: outcome("opened")}
	for _, severity := range []string{"critical", "error", "warning", "info"} {
		for _, environment := range []string{"production", "staging", "testing", "office"} {
			k := usual()
			k.severity, k.environment = severity, environment
			l.sources = append(l.sources, newSource(s.addr, k, perRequest, fresh(count, listServices)))
		}
	}
	began := time.Now()
	if err := l.run(ctx); err != nil {
		return middle, err
	}
	if l.expected.Load() != int64(n) {
		return middle, fmt.Errorf("of %d alerts %d opened an incident", n, l.expected.Load())
	}
	return began.Add(time.Since(began) / 2), nil
}

// acknowledge takes the first n incidents on.
func (s *server) acknowledge(ctx context.Context, session *http.Cookie, n int) error {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprint(i + 1)
	}
	_, err := s.ask(ctx, "/resolve", session, map[string]any{"ids": ids, "status": "acknowledged"})
	return err
}

// lookUp gives the median time of each query, over one connection.
func (s *server) lookUp(ctx context.Context, asked []query) ([]time.Duration, error) {
	c, err := dial(ctx, s.addr)
	if err != nil {
		return nil, err
	}
	defer c.close()
	out := make([]time.Duration, len(asked))
	for i, q := range asked {
		path := q.filter
		if !strings.HasPrefix(path, "/") {
			path = "/incidents?" + path
		}
		request := get(s.addr, path, adminToken)
		samples := make([]time.Duration, 0, lookups)
		for n := range lookups + 3 {
			began := time.Now()
			status, body, err := c.do(request)
			took := time.Since(began)
			if err != nil {
				return nil, errors.Join(ctx.Err(), err)
			}
			if status != http.StatusOK {
				return nil, fmt.Errorf("GET %s answers %d: %.500s", path, status, body)
			}
			if n >= 3 { // the first ones warm up
				samples = append(samples, took)
			}
		}
		out[i] = percentile(samples, 50)
	}
	return out, nil
}
