package replicas

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/rouse-oncall/rouse/internal/adapters/channel/channeltest"
	"github.com/rouse-oncall/rouse/internal/adapters/channel/twilio"
	"github.com/rouse-oncall/rouse/internal/adapters/metrics"
	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/app/deliver"
	"github.com/rouse-oncall/rouse/internal/app/escalate"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/internal/wire"
)

// gate stops whoever comes through it, until it is opened.
type gate struct {
	reached, opened chan struct{}
	once            sync.Once
}

func newGate() *gate { return &gate{reached: make(chan struct{}), opened: make(chan struct{})} }

// pass is for the one who is stopped; a nil gate stops nobody.
func (g *gate) pass() {
	if g == nil {
		return
	}
	g.once.Do(func() { close(g.reached) })
	<-g.opened
}

func (g *gate) open() { close(g.opened) }

func (g *gate) await(t *testing.T) {
	t.Helper()
	select {
	case <-g.reached:
	case <-time.After(limit):
		t.Fatal("nobody came to the gate")
	}
}

// duel is two servers on one database: one takes alerts and acknowledgements, the other's workers stop at gates.
type duel struct {
	t    *testing.T
	url  string
	sms  *channeltest.Twilio
	db   *sql.DB // only for looking
	app  *wire.App
	ours *store.DB // of the other server

	claimed   *gate // after deliveries were found due, in the claim's transaction
	rechecked *gate // before a claimed message is looked at again
	escalated *gate // after timers were found due, in the transaction of their work
}

func newDuel(t *testing.T) *duel {
	t.Helper()
	url := testkit.Postgres(t)
	d := &duel{t: t, url: url, sms: channeltest.NewTwilio(t)}
	config := filepath.Join(t.TempDir(), "people.yaml")
	if err := os.WriteFile(config, []byte(people([]string{"w0", "s0"})), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	d.app, err = wire.New(t.Context(), wire.Config{
		Listen: "127.0.0.1:0", DatabaseURL: url, TwilioURL: d.sms.URL(), AdminToken: adminToken, ConfigDir: config,
		Metrics: "loopback", IntakeRate: 1e6, IntakeBurst: 1e6, PublicURL: "https://rouse.example.org",
	}, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.app.Stop(context.Background()) })
	if d.ours, err = store.Open(t.Context(), url, store.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.ours.Close() })
	if d.db, err = sql.Open("pgx", url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.db.Close() })
	return d
}

func (d *duel) call(path, token, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(d.t.Context(), http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	d.app.Handler().ServeHTTP(w, r)
	return w
}

func (d *duel) fire(service string) {
	d.t.Helper()
	w := d.call("/alerts", key, `{"version":"4","status":"firing","alerts":[{"status":"firing","fingerprint":"f","startsAt":"2026-11-26T00:00:00Z",
		"labels":{"alertname":"Down","service":"`+service+`","severity":"critical"}}]}`)
	if w.Code != http.StatusAccepted {
		d.t.Fatalf("%d %s", w.Code, w.Body)
	}
}

// acknowledge does so on the first server; the channel says when it is answered.
func (d *duel) acknowledge() (answered <-chan struct{}) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		w := d.call("/resolve", adminToken, `{"id":1,"status":"acknowledged"}`)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"changed":true`) {
			d.t.Errorf("the acknowledgement is answered %d %s", w.Code, w.Body)
		}
	}()
	return done
}

// blocked waits until somebody waits for a row that another one holds.
func (d *duel) blocked() {
	d.t.Helper()
	for deadline := time.Now().Add(limit); ; time.Sleep(5 * time.Millisecond) {
		if d.number(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) > 0 {
			return
		}
		if time.Now().After(deadline) {
			d.t.Fatal("nobody waits")
		}
	}
}

func (d *duel) number(query string) (n int64) {
	d.t.Helper()
	if err := d.db.QueryRowContext(d.t.Context(), query).Scan(&n); err != nil {
		d.t.Fatal(err)
	}
	return n
}

// soon is a clock that is ahead: what the first server has just planned by its own is due.
type soon struct{ by time.Duration }

func (s soon) Now() time.Time { return time.Now().Add(s.by).UTC().Truncate(time.Microsecond) }

// deliver works the second server's deliveries once.
func (d *duel) deliver() (ended <-chan struct{}) {
	conf, err := twilio.Parse(d.sms.URL())
	if err != nil {
		d.t.Fatal(err)
	}
	conf.Now = time.Now
	w := deliver.New(deliver.Config{
		Claims: store.Atomic(d.ours, store.Engine, func(tx *store.Tx) deliver.ClaimRepos {
			return deliver.ClaimRepos{Lanes: gatedLanes{tx.Lanes(), d.claimed}, Messages: tx.Messages(), Facts: tx.Facts(), Directory: tx.Directory(), Paging: tx.Paging()}
		}),
		Records: store.Atomic(d.ours, store.Engine, func(tx *store.Tx) deliver.RecordRepos {
			return deliver.RecordRepos{Incidents: tx.Incidents(), Messages: tx.Messages(), Deliveries: tx.Deliveries(), Directory: tx.Directory()}
		}),
		Outbox: gatedOutbox{d.ours.Outbox(), d.rechecked}, Notifiers: map[string]ports.Notifier{"sms": twilio.New(conf)}, Clock: soon{time.Second},
		NewID: func() id.Message { return id.Message(uuid.NewString()) }, NewToken: uuid.NewString, Jitter: rand.Float64,
		PublicURL: "https://rouse.example.org", Metrics: metrics.New("test"), Log: slog.New(slog.DiscardHandler),
	})
	return d.run(w.RunOnce)
}

// escalate works the second server's timers once.
func (d *duel) escalate() (ended <-chan struct{}) {
	u := escalate.Run{
		Peek: d.ours, Clock: soon{5 * time.Second /* more than the first level's timeout */}, Committed: func([]incident.Change) {}, Lag: func(incident.TimerKind, time.Duration) {},
		Stuck: func(_ []incident.Timer, err error) { d.t.Error(err) },
		Atomically: store.Atomic(d.ours, store.Engine, func(tx *store.Tx) escalate.Repos {
			return escalate.Repos{Directory: tx.Directory(), Incidents: tx.Incidents(), Timers: gatedTimers{tx.Timers(), d.escalated}, Paging: tx.Paging()}
		}),
	}
	return d.run(u.RunOnce)
}

func (d *duel) run(once func(context.Context) (int, error)) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if _, err := once(d.t.Context()); err != nil {
			d.t.Error(err)
		}
	}()
	return ended
}

type gatedLanes struct {
	ports.Lanes
	gate *gate
}

func (l gatedLanes) Claim(ctx context.Context, kinds []string, now time.Time, limit int, rests ports.Rests) ([]ports.LaneQueue, error) {
	qs, err := l.Lanes.Claim(ctx, kinds, now, limit, rests)
	l.gate.pass()
	return qs, err
}

type gatedOutbox struct {
	ports.Outbox
	gate *gate
}

func (o gatedOutbox) Recheck(ctx context.Context, m id.Message, incidents []id.Incident) (ports.Recheck, error) {
	o.gate.pass()
	return o.Outbox.Recheck(ctx, m, incidents)
}

type gatedTimers struct {
	ports.Timers
	gate *gate
}

func (s gatedTimers) Claim(ctx context.Context, kinds []incident.TimerKind, now time.Time, limit int) ([]incident.Timer, error) {
	due, err := s.Timers.Claim(ctx, kinds, now, limit)
	s.gate.pass()
	return due, err
}

// nobodyPaged: not then, and not when the second server works on.
func (d *duel) nobodyPaged() {
	d.t.Helper()
	d.claimed, d.rechecked, d.escalated = nil, nil, nil
	<-d.escalate()
	<-d.deliver()
	if n := d.sms.Attempts(); n != 0 {
		d.t.Errorf("%d calls of the provider after the acknowledgement", n)
	}
	if n := d.number(`SELECT count(*) FROM delivery WHERE status <> 'cancelled'`); n != 0 {
		d.t.Errorf("%d deliveries are left", n)
	}
}

// TestAfterAnAcknowledgement holds one server at each point at which another one's acknowledgement may come.
func TestAfterAnAcknowledgement(t *testing.T) {
	t.Parallel()
	for name, story := range map[string]func(d *duel){
		"before anything is claimed": func(d *duel) {
			d.fire("s0")
			<-d.acknowledge()
		},
		"between the claim's commit and the call": func(d *duel) {
			d.fire("s0")
			d.rechecked = newGate()
			sent := d.deliver()
			d.rechecked.await(d.t)
			<-d.acknowledge()
			d.rechecked.open()
			<-sent
		},
		"in the middle of the claim": func(d *duel) {
			d.fire("s0")
			d.claimed, d.rechecked = newGate(), newGate()
			sent := d.deliver()
			d.claimed.await(d.t)
			answered := d.acknowledge()
			d.blocked() // the claim comes first
			d.claimed.open()
			<-answered
			d.rechecked.await(d.t)
			d.rechecked.open()
			<-sent
		},
		"in the middle of an escalation": func(d *duel) {
			d.fire("w0")
			d.escalated = newGate()
			worked := d.escalate()
			d.escalated.await(d.t)
			answered := d.acknowledge()
			d.blocked() // the escalation comes first
			d.escalated.open()
			<-worked
			<-answered
			if n := d.number(`SELECT count(*) FROM page`); n < 2 {
				d.t.Errorf("%d pages: nothing was escalated, which shows nothing", n)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDuel(t)
			story(d)
			d.nobodyPaged()
		})
	}
}

// TestAcknowledgedOnAnotherServer: people acknowledge by turns on two servers as soon as they can, while both send
// what they can: nobody is paged after it, and what was on its way has ended within the provider's timeout.
func TestAcknowledgedOnAnotherServer(t *testing.T) {
	t.Parallel()
	n, over := size()
	services := some("w", 2*n)
	c := newCluster(t, 2, services)
	start(t, c.servers...)
	c.sms.Always(channeltest.Slow(20 * time.Millisecond))
	answered := map[string]time.Time{}
	var mu sync.Mutex
	var people sync.WaitGroup
	pace := time.NewTicker(over / time.Duration(len(services)))
	defer pace.Stop()
	for i, s := range services {
		<-pace.C
		people.Go(func() {
			c.send(t, s)
			number := c.number(t, `SELECT number FROM incident WHERE service = $1`, s)
			// Before the first page, beside it, or about when the next level is due.
			time.Sleep([]time.Duration{0, rand.N(20 * time.Millisecond), 1900*time.Millisecond + rand.N(300*time.Millisecond)}[i%3])
			if err := c.acknowledge(c.servers[i%2].URL, number); err != nil {
				t.Errorf("%s: %v", s, err)
			}
			mu.Lock()
			defer mu.Unlock()
			answered[s] = time.Now()
		})
	}
	people.Wait()
	time.Sleep(2500 * time.Millisecond) // nothing may come: the next level's time goes by
	// The timeline has them in the order in which they were decided, whoever's clock was ahead.
	paged := c.number(t, `SELECT count(*) FROM timeline a JOIN timeline p ON p.incident = a.incident AND p.seq > a.seq WHERE a.kind = 'acknowledged' AND p.kind = 'paged'`)
	if paged > 0 {
		t.Errorf("%d pages after an acknowledgement", paged)
	}
	if n := c.number(t, `SELECT count(*) FROM delivery WHERE status IN ('waiting', 'sending')`); n > 0 {
		t.Errorf("%d deliveries are left", n)
	}
	owner := map[string]string{}
	for _, s := range services {
		owner[address(s)], owner[address("x"+s[1:])] = s, s
	}
	late, latest := 0, time.Duration(0)
	for _, m := range c.sms.Taken() {
		if after := m.At.Sub(answered[owner[m.To]]); after > 0 {
			late++
			latest = max(latest, after)
		}
	}
	if latest > 10*time.Second {
		t.Errorf("the provider took one %s after the acknowledgement", latest)
	}
	after := 0
	for _, s := range c.servers {
		after += s.Metric(t, "rouse_page_after_ack_total")
	}
	stopped := c.number(t, `SELECT count(*) FROM delivery WHERE status = 'cancelled'`)
	t.Logf("%d acknowledged; %d deliveries stopped by it, %d messages; %d SMS were on their way and taken up to %s later; %d calls began after the decision",
		len(answered), stopped, len(c.messages(t, `kind <> 'probe'`)), late, latest.Round(time.Millisecond), after)
	if stopped == 0 {
		t.Error("no acknowledgement was in time to stop anything: this shows nothing")
	}
}

func (c *cluster) acknowledge(url string, number int64) error {
	r, err := http.NewRequest(http.MethodPost, url+"/resolve", strings.NewReader(fmt.Sprintf(`{"id":%d,"status":"acknowledged"}`, number)))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+adminToken)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		err = errors.New(res.Status)
	}
	return errors.Join(err, res.Body.Close())
}
