package memory_test

import (
	"testing"

	"github.com/rouse-oncall/rouse/internal/adapters/memory"
	"github.com/rouse-oncall/rouse/internal/ports/porttest"
)

func TestOutbox(t *testing.T) {
	t.Parallel()
	porttest.Outbox(t, func(*testing.T) porttest.OutboxStore {
		db := memory.New(nil)
		return porttest.OutboxStore{
			Outbox: db.Outbox(), Messages: db.Messages(), Sent: db.Sent(), Usage: db.Usage(),
			First: memory.Atomic(db, func(tx *memory.Tx) porttest.OutboxRepos {
				return porttest.OutboxRepos{
					Incidents: tx.Incidents(), Lanes: tx.Lanes(), Messages: tx.Messages(), Deliveries: tx.Deliveries(), Facts: tx.Facts(), Probes: tx.Probes(),
				}
			}),
		}
	})
}
