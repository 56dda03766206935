package store_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/ports/porttest"
)

func outboxRepos(tx *store.Tx) porttest.OutboxRepos {
	return porttest.OutboxRepos{
		Incidents: tx.Incidents(), Lanes: tx.Lanes(), Messages: tx.Messages(), Deliveries: tx.Deliveries(), Facts: tx.Facts(), Probes: tx.Probes(),
	}
}

func TestOutbox(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func(testing.TB) string) {
		porttest.Outbox(t, func(t *testing.T) porttest.OutboxStore {
			url := fresh(t)
			db := open(t, url)
			s := porttest.OutboxStore{First: store.Atomic(db, store.Engine, outboxRepos), Outbox: db.Outbox(), Messages: db.Messages(), Sent: db.Sent(), Usage: db.Usage()}
			if !strings.HasPrefix(url, "sqlite:") {
				s.Second = store.Atomic(open(t, url), store.Engine, outboxRepos)
				s.Waits = func(t *testing.T) { waits(t, url) }
			}
			return s
		})
	})
}

// waits returns when a transaction of the database waits for another.
func waits(t *testing.T, url string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	for n := 0; n == 0; {
		err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
	}
}
