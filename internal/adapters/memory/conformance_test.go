package memory_test

import (
	"testing"

	"github.com/rouse-oncall/rouse/internal/adapters/memory"
	"github.com/rouse-oncall/rouse/internal/app/insight/readertest"
	"github.com/rouse-oncall/rouse/internal/ports/porttest"
)

func open(*testing.T) porttest.Store {
	return porttest.Store{First: memory.Atomic(memory.New(nil), func(tx *memory.Tx) porttest.Repos {
		return porttest.Repos{
			Incidents: tx.Incidents(), Correlations: tx.Correlations(), Alerts: tx.Alerts(), Timers: tx.Timers(),
			Quarantine: tx.Quarantine(), Uptime: tx.Uptime(), Directory: tx.Directory(), Catalog: tx.Catalog(),
			Auditor: tx.Auditor(), Leases: tx.Leases(), Paging: tx.Paging(), Pulses: tx.Pulses(), Probes: tx.Probes(), Changes: tx.Changes(), Heard: tx.Heard(), Senders: tx.Senders(), Looks: tx.Looks(), Payloads: tx.Payloads(),
			Unresolved: tx.Unresolved(), Secrets: tx.Secrets(), Inbound: tx.Inbound(), Linked: tx.Linked(), Rooms: tx.Rooms(),
		}
	})}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, suite := range map[string]func(*testing.T, porttest.Open){
		"incidents": porttest.Incidents, "alerts": porttest.Alerts, "timers": porttest.Timers,
		"directory": porttest.Directory, "concurrent": porttest.Concurrent, "watch": porttest.Watch, "changes": porttest.Changes,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			suite(t, open)
		})
	}
}

func TestInsight(t *testing.T) {
	t.Parallel()
	readertest.Run(t, func(*testing.T) readertest.Store {
		db := memory.New(nil)
		return readertest.Store{Reader: db.Insight(), Around: db.Around(), Figures: db.Figures(), Atomically: memory.Atomic(db, func(tx *memory.Tx) readertest.Repos {
			return readertest.Repos{Incidents: tx.Incidents(), Alerts: tx.Alerts(), Quarantine: tx.Quarantine(), Catalog: tx.Catalog()}
		})}
	})
}
