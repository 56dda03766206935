package store_test

import (
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/app/insight/readertest"
	"github.com/rouse-oncall/rouse/internal/ports/porttest"
)

func repos(tx *store.Tx) porttest.Repos {
	return porttest.Repos{
		Incidents: tx.Incidents(), Correlations: tx.Correlations(), Alerts: tx.Alerts(), Timers: tx.Timers(),
		Quarantine: tx.Quarantine(), Uptime: tx.Uptime(), Directory: tx.Directory(), Catalog: tx.Catalog(),
		Auditor: tx.Auditor(), Leases: tx.Leases(), Paging: tx.Paging(), Pulses: tx.Pulses(), Probes: tx.Probes(), Changes: tx.Changes(), Heard: tx.Heard(), Senders: tx.Senders(), Looks: tx.Looks(), Payloads: tx.Payloads(),
		Unresolved: tx.Unresolved(), Secrets: tx.Secrets(), Inbound: tx.Inbound(), Linked: tx.Linked(), Rooms: tx.Rooms(),
	}
}

// conform runs a suite on both engines; two instances share a PostgreSQL database.
func conform(t *testing.T, suite func(*testing.T, porttest.Open)) {
	onEngines(t, func(t *testing.T, fresh func(testing.TB) string) {
		suite(t, func(t *testing.T) porttest.Store {
			url := fresh(t)
			s := porttest.Store{First: store.Atomic(open(t, url), store.Intake, repos)}
			if !strings.HasPrefix(url, "sqlite:") {
				s.Second = store.Atomic(open(t, url), store.Engine, repos)
			}
			return s
		})
	})
}

func TestIncidents(t *testing.T)  { conform(t, porttest.Incidents) }
func TestAlerts(t *testing.T)     { conform(t, porttest.Alerts) }
func TestTimers(t *testing.T)     { conform(t, porttest.Timers) }
func TestDirectory(t *testing.T)  { conform(t, porttest.Directory) }
func TestWatch(t *testing.T)      { conform(t, porttest.Watch) }
func TestChanges(t *testing.T)    { conform(t, porttest.Changes) }
func TestConcurrent(t *testing.T) { conform(t, porttest.Concurrent) }

func readerRepos(tx *store.Tx) readertest.Repos {
	return readertest.Repos{Incidents: tx.Incidents(), Alerts: tx.Alerts(), Quarantine: tx.Quarantine(), Catalog: tx.Catalog()}
}

func TestInsight(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func(testing.TB) string) {
		readertest.Run(t, func(t *testing.T) readertest.Store {
			db := open(t, fresh(t))
			return readertest.Store{Reader: db.Insight(), Around: db.Around(), Figures: db.Figures(), Atomically: store.Atomic(db, store.People, readerRepos)}
		})
	})
}
