package replicas

import (
	"context"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// TestAServerThatStandsStillInATransaction holds nobody up for longer than the contract allows, and what it then
// still wants to write is not written.
func TestAServerThatStandsStillInATransaction(t *testing.T) {
	t.Parallel()
	d := newDuel(t)
	d.fire("s0")
	still, err := store.Open(t.Context(), d.url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = still.Close() })
	number := []id.Incident{1}
	holds, wakes, woken := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		woken <- store.Atomic(still, store.Engine, (*store.Tx).Incidents)(t.Context(), func(ctx context.Context, r ports.Incidents) error {
			m, err := r.Lock(ctx, number)
			if err != nil {
				return err
			}
			close(holds)
			<-wakes
			return r.Save(ctx, []incident.Change{{State: m[1]}})
		})
	}()
	<-holds
	began := time.Now()
	var version int64
	err = store.Atomic(d.ours, store.Engine, (*store.Tx).Incidents)(t.Context(), func(ctx context.Context, r ports.Incidents) error {
		m, err := r.Lock(ctx, number)
		version = m[1].Version
		return err
	})
	took := time.Since(began)
	t.Logf("another server could go on after %s (promised: %s)", took.Round(10*time.Millisecond), resumes)
	if err != nil || took > resumes {
		t.Errorf("another server could go on after %s: %v", took, err)
	}
	close(wakes)
	if err := <-woken; err == nil {
		t.Error("what stood still for so long was written all the same")
	}
	if n := d.number(`SELECT version FROM incident`); n != version {
		t.Errorf("the incident is at version %d, not %d", n, version)
	}
}
