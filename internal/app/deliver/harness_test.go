package deliver_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/app/deliver"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// clock stands until somebody moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// provider is a channel's other end: answer decides, sent is its ledger of what it took.
type provider struct {
	mu     sync.Mutex
	answer func(ctx context.Context, m ports.Outgoing) (ports.Receipt, error)
	calls  []ports.Outgoing
	sent   []ports.Outgoing
}

func (p *provider) Send(ctx context.Context, m ports.Outgoing) (ports.Receipt, error) {
	p.mu.Lock()
	p.calls = append(p.calls, m)
	answer := p.answer
	p.mu.Unlock()
	r, err := ports.Receipt{ProviderID: fmt.Sprintf("%s-%d", m.ID, m.Attempt)}, error(nil)
	if answer != nil {
		r, err = answer(ctx, m)
	}
	if err == nil || ports.IsAmbiguous(err) {
		p.mu.Lock()
		p.sent = append(p.sent, m)
		p.mu.Unlock()
	}
	return r, err
}

func (p *provider) answers(f func(ctx context.Context, m ports.Outgoing) (ports.Receipt, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = f
}

func (p *provider) fails(err error) {
	p.answers(func(context.Context, ports.Outgoing) (ports.Receipt, error) { return ports.Receipt{}, err })
}

func (p *provider) took() []ports.Outgoing {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.sent)
}

func (p *provider) called() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.calls)
}

// asked is a provider that can be asked what it has.
type asked struct{ *provider }

func (p asked) Reconcile(_ context.Context, m ports.Outgoing) (ports.Receipt, bool, error) {
	has := slices.ContainsFunc(p.took(), func(o ports.Outgoing) bool { return o.ID == m.ID })
	return ports.Receipt{ProviderID: "found"}, has, nil
}

// counts hears the metrics.
type counts struct {
	mu                             sync.Mutex
	outcomes                       map[string]int
	requested                      []time.Duration
	duplicates, afterAck, poisoned int
	over                           int
}

func (c *counts) Requested(_ string, after time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requested = append(c.requested, after)
}

func (c *counts) Sent(_, outcome string, _ time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outcomes[outcome]++
}

func (c *counts) DuplicatePossible(string) { c.add(&c.duplicates) }
func (c *counts) PageAfterAck(string)      { c.add(&c.afterAck) }
func (c *counts) Poisoned(string)          { c.add(&c.poisoned) }

func (c *counts) overQuota(string) { c.add(&c.over) }

func (c *counts) add(n *int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*n++
}

func (c *counts) get(n *int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return *n
}

// outbox lets a test step in right before a message is looked at again.
type outbox struct {
	ports.Outbox
	before func()
}

func (o outbox) Recheck(ctx context.Context, m id.Message, ns []id.Incident) (ports.Recheck, error) {
	if o.before != nil {
		o.before()
	}
	return o.Outbox.Recheck(ctx, m, ns)
}

type repos struct {
	Incidents ports.Incidents
	Directory ports.Directory
	Catalog   ports.Catalog
}

// house is a whole outbox on a real database: ana (sms at once, mail after 2 min) is level 1 of everything, ben (sms) level 2.
type house struct {
	t         testing.TB
	db        *store.DB
	clock     *clock
	sms, mail *provider
	counts    *counts
	tx        ports.Atomically[repos]
	cfg       deliver.Config
	worker    *deliver.Worker
}

func newHouse(t *testing.T, edit func(*deliver.Config)) *house {
	t.Helper()
	t.Parallel()
	return houseOn(t, onSQLite(t), edit)
}

func onSQLite(tb testing.TB) string { return "sqlite:" + filepath.Join(tb.TempDir(), "rouse.db") }

func houseOn(t testing.TB, url string, edit func(*deliver.Config)) *house {
	t.Helper()
	db, err := store.Open(t.Context(), url, store.Options{
		Expiry: func(kind string) time.Duration { return map[string]time.Duration{"email": 4 * time.Hour}[kind] },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	h := &house{
		t: t, db: db, clock: &clock{now: time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)}, sms: &provider{}, mail: &provider{},
		counts: &counts{outcomes: map[string]int{}},
	}
	h.tx = store.Atomic(db, store.People, func(tx *store.Tx) repos {
		return repos{Incidents: tx.Incidents(), Directory: tx.Directory(), Catalog: tx.Catalog()}
	})
	h.cfg = deliver.Config{
		Claims: store.Atomic(db, store.Engine, func(tx *store.Tx) deliver.ClaimRepos {
			return deliver.ClaimRepos{Lanes: tx.Lanes(), Messages: tx.Messages(), Facts: tx.Facts(), Directory: tx.Directory(), Paging: tx.Paging(), Deliveries: tx.Deliveries()}
		}),
		Records: store.Atomic(db, store.Engine, func(tx *store.Tx) deliver.RecordRepos {
			return deliver.RecordRepos{Incidents: tx.Incidents(), Messages: tx.Messages(), Deliveries: tx.Deliveries(), Directory: tx.Directory()}
		}),
		Outbox:    db.Outbox(),
		Notifiers: map[string]ports.Notifier{"sms": h.sms, "email": h.mail},
		Rules:     map[string]notification.LaneRules{"sms": notification.NewLaneRules(time.Minute, 1)},
		Clock:     h.clock, NewID: func() id.Message { return id.Message(uuid.Must(uuid.NewV7()).String()) },
		NewToken: uuid.NewString, Jitter: func() float64 { return 0.5 }, Metrics: h.counts,
		Usage: db.Usage(), Paid: []string{"sms"}, OverQuota: h.counts.overQuota,
		Log: slog.New(slog.DiscardHandler), PublicURL: "https://rouse.example.org",
	}
	if edit != nil {
		edit(&h.cfg)
	}
	h.worker = deliver.New(h.cfg)
	h.people()
	return h
}

func (h *house) people() {
	contact := func(cid, kind string) notification.Contact {
		return notification.Contact{ID: id.Contact(cid), Name: cid, Kind: kind, To: "to-" + cid, Verified: true}
	}
	level := func(u string) escalation.Level {
		return escalation.Level{AckTimeout: 15 * time.Minute, Targets: []escalation.Target{{Kind: escalation.TargetUser, ID: u}}}
	}
	h.do(func(ctx context.Context, r repos) error {
		return r.Catalog.Apply(ctx, directory.Edit{
			Settings: &directory.Settings{DefaultPolicy: "policy"},
			Users: []directory.User{
				{ID: "ana", Email: "ana@example.org", Name: "Ana", TimeZone: "Europe/Madrid", Role: directory.Responder,
					Contacts: []notification.Contact{contact("ana-sms", "sms"), contact("ana-mail", "email")},
					Rules: notification.Rules{High: []notification.Step{{Contact: "ana-sms"}, {After: 2 * time.Minute, Contact: "ana-mail"}},
						Low: []notification.Step{{Contact: "ana-mail"}}}},
				{ID: "ben", Email: "ben@example.org", Name: "Ben", Role: directory.Responder,
					Contacts: []notification.Contact{contact("ben-sms", "sms")}},
			},
			Policies: []escalation.Policy{{Ref: escalation.Ref{ID: "policy", Version: 1}, Name: "web", Levels: []escalation.Level{level("ana"), level("ben")}}},
			Services: []directory.Service{{ID: "web", Name: "web"}},
		})
	})
}

func (h *house) do(f func(ctx context.Context, r repos) error) {
	h.t.Helper()
	if err := h.tx(context.Background(), f); err != nil {
		h.t.Fatal(err)
	}
}

// fire opens an incident, which pages ana.
func (h *house) fire(title string, sev alert.Severity) id.Incident {
	return h.fireOn("web", title, sev)
}

func (h *house) fireOn(service id.Service, title string, sev alert.Severity) id.Incident {
	h.t.Helper()
	var n id.Incident
	h.do(func(ctx context.Context, r repos) error {
		ns, err := r.Incidents.Reserve(ctx, 1)
		if err != nil {
			return err
		}
		n = ns[0]
		return h.fold(ctx, r, incident.State{
			Number: n, ID: uuid.NewString(), Service: service, ServiceName: string(service), Environment: "prod", Title: title,
		}, incident.Fired{Alert: title, Severity: sev, New: true, Title: title})
	})
	return n
}

// pageNow has somebody page a person by hand.
func (h *house) pageNow(who, title string) id.Incident {
	h.t.Helper()
	var n id.Incident
	h.do(func(ctx context.Context, r repos) error {
		ns, err := r.Incidents.Reserve(ctx, 1)
		if err != nil {
			return err
		}
		n = ns[0]
		return h.fold(ctx, r, incident.State{Number: n, ID: uuid.NewString(), ServiceName: "web", Environment: "default", Title: title},
			incident.PageNow{By: incident.Actor{Kind: incident.ByUser, ID: "ben", Name: "Ben"}, Severity: alert.Error(), Targets: []escalation.Target{{Kind: escalation.TargetUser, ID: who}}})
	})
	return n
}

func (h *house) fold(ctx context.Context, r repos, s incident.State, ev incident.Event) error {
	snap, err := r.Directory.Current(ctx)
	if err != nil {
		return err
	}
	f := incident.NewFold(s)
	if err := f.Step(ev, incident.Input{Now: h.clock.Now(), Rules: snap.RulesOf(s.Service), Roster: snap}); err != nil {
		return err
	}
	return r.Incidents.Save(ctx, []incident.Change{f.Change()})
}

func (h *house) step(n id.Incident, ev incident.Event) {
	h.t.Helper()
	h.do(func(ctx context.Context, r repos) error {
		states, err := r.Incidents.Lock(ctx, []id.Incident{n})
		if err != nil {
			return err
		}
		return h.fold(ctx, r, states[n], ev)
	})
}

func (h *house) ack(n id.Incident) {
	h.t.Helper()
	h.step(n, incident.Acknowledge{By: incident.Actor{Kind: incident.ByUser, ID: "ana", Name: "Ana"}})
}

// work lets the worker do what is due now, until nothing is.
func (h *house) work() {
	h.t.Helper()
	for range 50 {
		n, err := h.worker.RunOnce(context.Background())
		if err != nil {
			h.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
	h.t.Fatal("the worker never comes to rest")
}

// later moves the clock and works.
func (h *house) later(d time.Duration) {
	h.t.Helper()
	h.clock.forward(d)
	h.work()
}

func (h *house) state(n id.Incident) incident.State {
	h.t.Helper()
	var s incident.State
	h.do(func(ctx context.Context, r repos) error {
		states, err := r.Incidents.Lock(ctx, []id.Incident{n})
		s = states[n]
		return err
	})
	return s
}

// messages of an incident, oldest first.
func (h *house) messages(n id.Incident) []notification.Message {
	h.t.Helper()
	ms, err := h.db.Messages().OfIncident(context.Background(), n)
	if err != nil {
		h.t.Fatal(err)
	}
	slices.Reverse(ms)
	return ms
}

// wantSent checks the ledger of a provider: how many it took, and to whom in order.
func (h *house) wantSent(p *provider, to ...string) []ports.Outgoing {
	h.t.Helper()
	took := p.took()
	var got []string
	for _, m := range took {
		got = append(got, m.To)
	}
	if !slices.Equal(got, to) {
		h.t.Fatalf("the provider took messages to %v, want %v", got, to)
	}
	return took
}

// wantMessage checks where an incident's i-th message stands and gives it with its deliveries.
func (h *house) wantMessage(n id.Incident, i int, want notification.MessageStatus, deliveries notification.Status) ports.Bound {
	h.t.Helper()
	ms := h.messages(n)
	if len(ms) <= i {
		h.t.Fatalf("%s has %d messages", n, len(ms))
	}
	b, err := h.db.Messages().Message(context.Background(), ms[i].ID)
	if err != nil {
		h.t.Fatal(err)
	}
	if b.Status != want {
		h.t.Fatalf("message %d is %s (%s), want %s", i, b.Status, b.Detail, want)
	}
	for _, d := range b.Deliveries {
		if d.Page.Incident == n && d.Status != deliveries {
			h.t.Fatalf("delivery of message %d is %s, want %s", i, d.Status, deliveries)
		}
	}
	return b
}
