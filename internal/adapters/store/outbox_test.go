package store_test

import (
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/ports/porttest"
)

func outboxRepos(tx *store.Tx) porttest.OutboxRepos {
	return porttest.OutboxRepos{
		Incidents: tx.Incidents(), Lanes: tx.Lanes(), Messages: tx.Messages(), Deliveries: tx.Deliveries(), Facts: tx.Facts(),
	}
}

func TestOutbox(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func(testing.TB) string) {
		porttest.Outbox(t, func(t *testing.T) porttest.OutboxStore {
			url := fresh(t)
			db := open(t, url)
			s := porttest.OutboxStore{First: store.Atomic(db, store.Engine, outboxRepos), Outbox: db.Outbox(), Messages: db.Messages(), Sent: db.Sent()}
			if !strings.HasPrefix(url, "sqlite:") {
				s.Second = store.Atomic(open(t, url), store.Engine, outboxRepos)
			}
			return s
		})
	})
}
