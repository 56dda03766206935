package intake

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/memory"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// bundle is intake over the store in memory, with a clock that stands until it is moved.
type bundle struct {
	db      *memory.DB
	deps    Deps
	receive *Receive
	refire  *Refire
	tx      ports.Atomically[Repos]

	mu      sync.Mutex
	now     time.Time
	changes []incident.Change
	answers map[Outcome]int
	refused int
	groups  []int
	commits []time.Time
}

// tick is a clock that moves a little at each decision: every group has a time of its own.
type tick struct{ *bundle }

func (c tick) Now() time.Time {
	c.forward(time.Microsecond)
	now := c.bundle.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.commits = append(c.commits, now)
	return now
}

func (b *bundle) Now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bundle) forward(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func (b *bundle) Answered(_ string, o Outcome, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answers[o] += n
}

func (b *bundle) Refused(_ string, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refused += n
}

func (b *bundle) Committed(n int, _ time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.groups = append(b.groups, n)
}

func (b *bundle) Truncated(string, int) {}

// setup starts intake with one committer; wrap may stand between it and the store.
func setup(t *testing.T, wrap func(ports.Atomically[Repos]) ports.Atomically[Repos]) *bundle {
	t.Helper()
	return setupWith(t, 1, wrap)
}

func setupWith(t *testing.T, committers int, wrap func(ports.Atomically[Repos]) ports.Atomically[Repos]) *bundle {
	t.Helper()
	b := &bundle{db: memory.New(nil), now: time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC), answers: map[Outcome]int{}}
	b.tx = memory.Atomic(b.db, func(tx *memory.Tx) Repos {
		return Repos{
			Directory: tx.Directory(), Catalog: tx.Catalog(), Incidents: tx.Incidents(), Correlations: tx.Correlations(),
			Alerts: tx.Alerts(), Timers: tx.Timers(), Quarantine: tx.Quarantine(), Senders: tx.Senders(),
		}
	})
	tx := b.tx
	if wrap != nil {
		tx = wrap(tx)
	}
	var n atomic.Int64
	b.deps = Deps{
		Peek: b.db, Committers: committers, Atomically: tx, Clock: tick{b}, Metrics: b,
		NewID: func() string { return fmt.Sprintf("00000000-0000-7000-8000-%012d", n.Add(1)) },
		Committed: func(changes []incident.Change) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.changes = append(b.changes, changes...)
		},
	}
	b.receive, b.refire = NewReceive(b.deps), NewRefire(b.deps, &Uptime{
		Clock: b, Log: slog.New(slog.DiscardHandler), Atomically: memory.Atomic(b.db, (*memory.Tx).Uptime),
	})
	t.Cleanup(b.receive.Close)
	return b
}

func integration(name string) *directory.Integration {
	return &directory.Integration{ID: id.Integration(name), Name: name, Kind: directory.Alertmanager}
}

func (b *bundle) firing(name string, labels ...string) alert.Signal {
	s := alert.Signal{Fingerprint: name, Firing: true, StartsAt: b.Now(), Labels: map[string]string{"alertname": name, "severity": "critical", "service": "web"}}
	for i := 0; i+1 < len(labels); i += 2 {
		s.Labels[labels[i]] = labels[i+1]
	}
	return s
}

func (b *bundle) send(t *testing.T, signals ...alert.Signal) []Result {
	t.Helper()
	got, err := b.receive.Do(t.Context(), integration("am"), signals, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// state reads an incident as it is stored.
func (b *bundle) state(t *testing.T, n id.Incident) incident.State {
	t.Helper()
	var s incident.State
	err := b.tx(t.Context(), func(ctx context.Context, r Repos) error {
		states, err := r.Incidents.Lock(ctx, []id.Incident{n})
		s = states[n]
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
