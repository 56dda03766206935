package sim

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/memory"
	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/app/audit"
	"github.com/rouse-oncall/rouse/internal/app/deliver"
	"github.com/rouse-oncall/rouse/internal/app/escalate"
	"github.com/rouse-oncall/rouse/internal/app/insight"
	"github.com/rouse-oncall/rouse/internal/app/intake"
	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
	"github.com/rouse-oncall/rouse/internal/testkit"
)

// tx is a transaction of any store.
type tx interface { //nolint:interfacebloat // it names all repositories: the stores share no type
	Directory() ports.Directory
	Catalog() ports.Catalog
	Incidents() ports.Incidents
	Correlations() ports.Correlations
	Alerts() ports.Alerts
	Timers() ports.Timers
	Quarantine() ports.Quarantine
	Uptime() ports.Uptime
	Auditor() ports.Auditor
	Leases() ports.Leases
	Paging() ports.Paging
	Pulses() ports.Pulses
	Lanes() ports.Lanes
	Messages() ports.Messages
	Deliveries() ports.Deliveries
	Facts() ports.IncidentFacts
}

// kept is a store as the product sees it.
type kept interface {
	ports.TimerPeek
	Outbox() ports.Outbox
	Messages() ports.MessageReader
	Insight() insight.Reader
}

// house is the product over one store, by a clock that the test moves. What is random in it is numbered.
type house struct {
	name string
	db   kept
	tx   ports.Atomically[tx]

	mu    sync.Mutex
	now   time.Time
	made  int
	pages []notification.PageKey

	receive  *intake.Receive
	refire   *intake.Refire
	escalate *escalate.Run
	audit    *audit.Run
	deliver  *deliver.Worker
	people   respond.Deps
}

func (h *house) Now() time.Time { return h.now }

func (h *house) newID() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.made++
	return fmt.Sprintf("00000000-0000-7000-8000-%012d", h.made)
}

// Send answers by what the message is: the same on every store.
func (h *house) Send(_ context.Context, m ports.Outgoing) (ports.Receipt, error) {
	switch d := dice(7, fmt.Sprint(m.ID, m.Attempt)); d.IntN(5) {
	case 0:
		return ports.Receipt{}, fmt.Errorf("refused")
	case 1:
		return ports.Receipt{}, ports.Retryable(errBusy, 7*time.Second)
	case 2:
		return ports.Receipt{}, ports.Ambiguous(errBusy)
	}
	return ports.Receipt{ProviderID: string(m.ID) + "!", Confirms: m.Kind == "sms"}, nil
}

func of[R any](h *house, bind func(tx) R) ports.Atomically[R] {
	return func(ctx context.Context, f func(context.Context, R) error) error {
		return h.tx(ctx, func(ctx context.Context, t tx) error { return f(ctx, bind(t)) })
	}
}

func newHouse(t *testing.T, name string, db kept, atomically ports.Atomically[tx]) *house {
	h := &house{name: name, db: db, tx: atomically, now: epoch()}
	log, m := slog.New(slog.DiscardHandler), newModel(nil)
	committed := func(changes []incident.Change) {
		h.mu.Lock()
		defer h.mu.Unlock()
		for i := range changes {
			for j := range changes[i].Pages {
				h.pages = append(h.pages, changes[i].Pages[j].PageKey)
			}
		}
	}
	in := intake.Deps{Peek: db, Clock: h, NewID: h.newID, Committed: committed, Metrics: m, Log: log, Atomically: of(h, func(t tx) intake.Repos {
		return intake.Repos{Directory: t.Directory(), Catalog: t.Catalog(), Incidents: t.Incidents(), Correlations: t.Correlations(), Alerts: t.Alerts(), Timers: t.Timers(), Quarantine: t.Quarantine()}
	})}
	h.receive = intake.NewReceive(in)
	t.Cleanup(h.receive.Close)
	h.refire = intake.NewRefire(in, &intake.Uptime{Clock: h, Log: log, Atomically: of(h, tx.Uptime)})
	h.escalate = &escalate.Run{
		Peek: db, Clock: h, Committed: committed, Lag: m.lag, Stuck: func(_ []incident.Timer, err error) { t.Error(err) },
		Atomically: of(h, func(t tx) escalate.Repos {
			return escalate.Repos{Directory: t.Directory(), Incidents: t.Incidents(), Timers: t.Timers(), Paging: t.Paging()}
		}),
	}
	h.audit = &audit.Run{Clock: h, Holder: "one", Committed: committed, Done: m.audited, Passed: func() {}, Atomically: of(h, func(t tx) audit.Repos {
		return audit.Repos{Directory: t.Directory(), Incidents: t.Incidents(), Auditor: t.Auditor(), Leases: t.Leases(), Pulses: t.Pulses()}
	})}
	h.people = respond.Deps{Clock: h, Committed: committed, Atomically: of(h, func(t tx) respond.Repos {
		return respond.Repos{Directory: t.Directory(), Incidents: t.Incidents(), Alerts: t.Alerts(), Keys: t.Correlations()}
	})}
	h.deliver = deliver.New(deliver.Config{
		InOrder: true,
		Behind: func(ctx context.Context, now time.Time) (bool, error) {
			return db.AnyDue(ctx, escalate.Kinds(), now.Add(-incident.LateBy))
		},
		Claims: of(h, func(t tx) deliver.ClaimRepos {
			return deliver.ClaimRepos{Lanes: t.Lanes(), Messages: t.Messages(), Facts: t.Facts(), Directory: t.Directory(), Paging: t.Paging()}
		}),
		Records: of(h, func(t tx) deliver.RecordRepos {
			return deliver.RecordRepos{Incidents: t.Incidents(), Messages: t.Messages(), Deliveries: t.Deliveries(), Directory: t.Directory()}
		}),
		Outbox: db.Outbox(), Notifiers: map[string]ports.Notifier{"sms": h, "email": h, "chat": h},
		Rules: map[string]notification.LaneRules{"sms": notification.NewLaneRules(floor("sms"), 1)}, Clock: h,
		NewID: func() id.Message { return id.Message(h.newID()) }, NewToken: h.newID, Jitter: func() float64 { return 0.5 },
		Metrics: m, Log: log, Committed: committed,
	})
	return h
}

func houses(t *testing.T) []*house {
	mem := memory.New(expiry)
	out := []*house{newHouse(t, "memory", mem, memory.Atomic(mem, func(t *memory.Tx) tx { return t }))}
	for name, url := range map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "rouse.db"), "postgres": testkit.Postgres(t)} {
		db, err := store.Open(t.Context(), url, store.Options{Expiry: expiry})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		out = append(out, newHouse(t, name, db, store.Atomic(db, store.Engine, func(t *store.Tx) tx { return t })))
	}
	return out
}
