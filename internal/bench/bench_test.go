package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/applyfile"
	"github.com/rouse-oncall/rouse/internal/app/admin"
)

func TestPercentileIsOneOfTheSamples(t *testing.T) {
	t.Parallel()
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(100 - i)
	}
	for _, c := range []struct {
		samples []time.Duration
		p       float64
		want    time.Duration
	}{
		{hundred, 50, 50},
		{hundred, 99, 99},
		{hundred, 100, 100},
		{[]time.Duration{3, 1, 2}, 50, 2},
		{[]time.Duration{3, 1, 2}, 99, 3},
		{[]time.Duration{7}, 1, 7},
		{nil, 50, 0},
	} {
		if got := percentile(c.samples, c.p); got != c.want {
			t.Errorf("p%v of %v: %v, want %v", c.p, c.samples, got, c.want)
		}
	}
}

func TestFigureIsJudgedByTargetAndNearestLimit(t *testing.T) {
	t.Parallel()
	limits := []Limit{{"far", 20000}, {"near", 8000}, {"not measured", 0}}
	for _, c := range []struct {
		name string
		in   Figure
		met  bool
	}{
		{"both", Figure{Value: 5000, Target: 4000, Limits: limits, MinRatio: 0.5}, true},
		{"too few", Figure{Value: 3999, Target: 4000}, false},
		{"too small a part", Figure{Value: 3900, Target: 3000, Limits: limits, MinRatio: 0.5}, false},
		{"short enough", Figure{Value: 20, Target: 20, AtMost: true}, true},
		{"too long", Figure{Value: 20.1, Target: 20, AtMost: true}, false},
	} {
		c.in.judge()
		if c.in.Met == nil || *c.in.Met != c.met {
			t.Errorf("%s: met %v, want %v", c.name, c.in.Met, c.met)
		}
	}
	f := Figure{Value: 4000, Limits: limits}
	f.judge()
	if f.Met != nil || f.Nearest != "near" || f.Ratio != 0.5 {
		t.Errorf("without a target: %+v", f)
	}
}

func TestFigureSaysEverythingInOneLine(t *testing.T) {
	t.Parallel()
	f := Figure{Database: "sqlite", Case: "single", Name: "new alerts", Value: 4321.4, Unit: "alerts/s", Target: 4000, MinRatio: 0.5, Limits: []Limit{{"bare handler", 10000}}}
	f.judge()
	var b bytes.Buffer
	f.print(&b)
	for _, want := range []string{"sqlite", "single", "MISSED", "4,321 alerts/s", "≥ 4,000", "0.43 of the bare handler (≥ 0.50)", "bare handler 10,000"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in %q", want, b.String())
		}
	}
}

func TestAmountHasDigitsThatMeanSomething(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{0.123: "0.12", 12.34: "12.3", 123.4: "123", 1234567: "1,234,567", -1234: "-1,234", 100: "100"} {
		if got := amount(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
}

func TestRequestsAreWholeAndNeverRepeatAFreshAlert(t *testing.T) {
	t.Parallel()
	s := newSource("example:1", kind{severity: "warning", environment: "staging", key: integrationKey, start: time.Now()}, 3, fresh(new(atomic.Uint64), 2))
	seen := map[string]bool{}
	for range 2 {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(s.next())))
		if err != nil {
			t.Fatal(err)
		}
		var p payload
		if err := json.NewDecoder(r.Body).Decode(&p); err != nil || len(p.Alerts) != 3 {
			t.Fatalf("%d alerts, %v", len(p.Alerts), err)
		}
		for _, a := range p.Alerts {
			if seen[a.Fingerprint] || a.Labels["instance"] != a.Fingerprint || a.Labels["severity"] != "warning" || a.Labels["environment"] != "staging" || a.StartsAt.IsZero() {
				t.Errorf("alert %+v", a)
			}
			if s := a.Labels["service"]; s != "bench-000" && s != "bench-001" {
				t.Errorf("service %q", s)
			}
			seen[a.Fingerprint] = true
		}
	}
	if len(seen) != 6 {
		t.Errorf("%d different alerts, want 6", len(seen))
	}
}

func TestKnownAlertsComeAgainWithTheirService(t *testing.T) {
	t.Parallel()
	pick := known(new(atomic.Uint64), 6, 4)
	services := map[uint64]int{}
	for range 18 {
		unique, service := pick()
		if before, ok := services[unique]; ok && before != service {
			t.Errorf("alert %x went from service %d to %d", unique, before, service)
		}
		services[unique] = service
	}
	if len(services) != 6 {
		t.Errorf("%d alerts, want 6", len(services))
	}
}

func TestClientReadsBothFormsOfAnswers(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789", 5000)
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/short":
			_, _ = fmt.Fprint(w, r.Header.Get("Authorization"), " ", string(b))
		case "/chunked":
			_, _ = fmt.Fprint(w, long[:20000])
			_ = http.NewResponseController(w).Flush()
			_, _ = fmt.Fprint(w, long[20000:])
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	defer h.Close()
	addr := h.Listener.Addr().String()
	c, err := dial(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for range 2 {
		for _, want := range []struct {
			request []byte
			status  int
			body    string
		}{
			{post(addr, "/short", "key", []byte("hello")), 200, "Bearer key hello"},
			{get(addr, "/chunked", "key"), 200, long},
			{get(addr, "/none", "key"), 204, ""},
		} {
			status, body, err := c.do(want.request)
			if err != nil || status != want.status || string(body) != want.body {
				t.Fatalf("%d, %d bytes, %v; want %d, %d bytes", status, len(body), err, want.status, len(want.body))
			}
		}
	}
}

// receiver counts the alerts that came to it, and pushes back at first.
type receiver struct {
	mu     sync.Mutex
	seen   map[string]int
	pushed int
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var p payload
	if err := json.NewDecoder(req.Body).Decode(&p); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pushed < 3 {
		r.pushed++
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	for _, a := range p.Alerts {
		r.seen[a.Fingerprint]++
	}
	w.WriteHeader(http.StatusAccepted)
	_, _ = fmt.Fprint(w, strings.Repeat(outcome("joined"), len(p.Alerts)))
}

func TestLoadSendsEachAlertOnceThoughPushedBack(t *testing.T) {
	t.Parallel()
	r := &receiver{seen: map[string]int{}}
	h := httptest.NewServer(r)
	defer h.Close()
	addr := h.Listener.Addr().String()
	l := &load{addr: addr, sources: sources(addr, 4, 5, fresh(new(atomic.Uint64), 10)), most: 20, expect: outcome("joined")}
	if err := l.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if l.accepted.Load() != 100 || l.expected.Load() != 100 || l.refused.Load() != 3 || len(r.seen) != 100 {
		t.Errorf("accepted %d, as expected %d, pushed back %d, seen %d", l.accepted.Load(), l.expected.Load(), l.refused.Load(), len(r.seen))
	}
	for fingerprint, n := range r.seen {
		if n != 1 {
			t.Errorf("alert %s was taken %d times", fingerprint, n)
		}
	}
}

func TestRateRefusesWhatWasNotToBeMeasured(t *testing.T) {
	t.Parallel()
	r := &receiver{seen: map[string]int{}}
	h := httptest.NewServer(r)
	defer h.Close()
	addr := h.Listener.Addr().String()
	good := &load{addr: addr, sources: sources(addr, 2, 1, fresh(new(atomic.Uint64), 10)), expect: outcome("joined")}
	if rate, err := good.rate(t.Context(), 0, 200*time.Millisecond); err != nil || rate <= 0 {
		t.Errorf("%v alerts/s, %v", rate, err)
	}
	bad := &load{addr: addr, sources: sources(addr, 2, 1, fresh(new(atomic.Uint64), 10)), expect: outcome("opened")}
	if _, err := bad.rate(t.Context(), 0, 100*time.Millisecond); err == nil || !strings.Contains(err.Error(), "opened") {
		t.Errorf("no complaint that nothing opened: %v", err)
	}
}

func TestPaceIsKept(t *testing.T) {
	t.Parallel()
	r := &receiver{seen: map[string]int{}, pushed: 3}
	h := httptest.NewServer(r)
	defer h.Close()
	addr := h.Listener.Addr().String()
	l := &load{addr: addr, sources: sources(addr, 4, 1, fresh(new(atomic.Uint64), 10)), most: 40, pace: 100}
	began := time.Now()
	if err := l.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	// 40 requests at 100/s: the last is due after 390 ms. Only too early is wrong for sure.
	if took := time.Since(began); took < 350*time.Millisecond {
		t.Errorf("took %v", took)
	}
}

func TestBareHandlerEndsWithItsStarter(t *testing.T) {
	t.Parallel()
	addr, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	in, leash := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- serveBare(t.Context(), addr, in) }()
	if err := awaitListener(t.Context(), addr); err != nil {
		t.Fatal(err)
	}
	if rate, err := bareRate(t.Context(), addr, 2, 100*time.Millisecond); err != nil || rate <= 0 {
		t.Errorf("%v alerts/s, %v", rate, err)
	}
	_ = leash.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestMinimalSchemaHoldsWhatWasWritten(t *testing.T) {
	t.Parallel()
	write, end, err := sqliteLimit(t.Context(), "sqlite:"+t.TempDir()+"/limit.db")
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	if rate, err := flushRate(t.Context(), write, 8, 50*time.Millisecond); err != nil || rate <= 0 {
		t.Errorf("%v alerts/s, %v", rate, err)
	}
	if err := write(t.Context(), []limitRow{{"a", 1, 1, 1}, {"a", 1, 2, 1}}); err == nil {
		t.Error("the same alert was taken twice: the index is missing")
	}
}

func TestProviderNotesTheFirstMessageOfEach(t *testing.T) {
	t.Parallel()
	p, err := startProvider()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	u, err := url.Parse(p.url())
	if err != nil || u.Query().Get("from") != "+15550000000" {
		t.Fatalf("%v %v", u, err)
	}
	send := func(to string) {
		res, err := http.PostForm("http://"+p.address+"/2010-04-01/Accounts/AC/Messages.json", url.Values{"To": {to}})
		if err != nil || res.StatusCode != http.StatusCreated {
			t.Fatalf("%v %v", res, err)
		}
		_ = res.Body.Close()
	}
	send("+1")
	at, err := p.await(t.Context(), "+1")
	if err != nil {
		t.Fatal(err)
	}
	send("+1")
	send("+2")
	last, err := p.awaitPeople(t.Context(), 2)
	if err != nil || !last.After(at) {
		t.Errorf("last %v, first %v, %v", last, at, err)
	}
	if again, _, _ := p.first("+1"); !again.Equal(at) || p.messages() != 3 {
		t.Errorf("first %v, was %v; %d messages", again, at, p.messages())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.await(ctx, "+3"); err == nil {
		t.Error("nobody was paged, and nothing is said")
	}
}

func TestFixtureIsWhatAServerTakes(t *testing.T) {
	t.Parallel()
	f := fixture{services: 4, people: 6, perLevel: 3, teams: 2, correlate: "alert", hold: "100h"}
	d, err := applyfile.Parse([]admin.Document{{Name: "bench.yaml", Content: f.yaml()}})
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Users) != 6 || len(d.Policies) != 2 || len(d.Services) != 4 || len(d.Teams) != 2 || len(d.Integrations) != 2 {
		t.Errorf("%d users, %d policies, %d services, %d teams, %d integrations", len(d.Users), len(d.Policies), len(d.Services), len(d.Teams), len(d.Integrations))
	}
	if n := len(d.Policies[1].Levels.Value[0].Targets); n != 3 {
		t.Errorf("%d targets, want 3", n)
	}
}

func TestQueriesAreWellFormed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, q := range queries(time.Now()) {
		if _, err := url.ParseQuery(q.filter); err != nil || strings.Contains(q.filter, " ") {
			t.Errorf("%s: %q %v", q.name, q.filter, err)
		}
		if seen[q.name] {
			t.Errorf("%s is asked twice", q.name)
		}
		seen[q.name] = true
	}
}

func TestNothingIsMeasuredBesideADisturbanceThatDoesNotComeAbout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, comes := range []bool{true, false} {
			m := &meanwhile{ready: func() bool { return comes }, told: func() string { return "nothing was refused" }}
			start := func(ctx context.Context, _ *server, _ int) *meanwhile {
				m.Go(func() error { <-ctx.Done(); return nil })
				return m
			}
			measured := false
			_, _, err := (&server{}).beside(t.Context(), disturbance{start: start}, 0, func() (latencies, error) { measured = true; return latencies{}, nil })
			if measured != comes || (err == nil) != comes || err != nil && !strings.Contains(err.Error(), "nothing was refused") {
				t.Errorf("comes about %t: measured %t, %v", comes, measured, err)
			}
		}
	})
}
