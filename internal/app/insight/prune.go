package insight

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/ports"
)

// PruneEvery is how often Prune runs, over all replicas.
const PruneEvery = 10 * time.Second

const (
	// What is kept of the feed: whoever was away for longer looks at everything anew.
	keepFor  = time.Hour
	keepMost = 1_000_000
	// Mail servers bring what was not taken for five days, GitHub for three; a sender that was not heard for minutes begins anew.
	keepOld = 14 * 24 * time.Hour
	pruned  = 5000 // at once: a short transaction
)

// Prune removes what nothing asks for any more: the old end of the feed of changes, what providers brought, and senders of
// which nothing was heard for long.
type Prune struct {
	Atomically ports.Atomically[PruneRepos]
	Clock      ports.Clock
	Holder     string // this replica
}

// PruneRepos is what pruning works on.
type PruneRepos struct {
	Changes ports.Changes
	Inbound ports.Inbound
	Senders ports.Senders
	Leases  ports.Leases
}

// RunOnce prunes some, where it is this replica's turn, and says how many where there may be more; else 0.
func (u Prune) RunOnce(ctx context.Context) (int, error) {
	most := 0
	err := u.Atomically(ctx, func(ctx context.Context, r PruneRepos) error {
		most = 0
		now := u.Clock.Now()
		mine, err := r.Leases.Take(ctx, "prune changes", u.Holder, now, now.Add(PruneEvery-time.Second))
		if err != nil || !mine {
			return err
		}
		for _, some := range []func() (int, error){
			func() (int, error) { return r.Changes.Prune(ctx, now.Add(-keepFor), keepMost, pruned) },
			func() (int, error) { return r.Inbound.Forget(ctx, now.Add(-keepOld), pruned) },
			func() (int, error) { return r.Senders.Forget(ctx, now.Add(-keepOld), pruned) },
		} {
			n, err := some()
			if err != nil {
				return err
			}
			most = max(most, n)
		}
		return nil
	})
	if most < pruned {
		return 0, err
	}
	return most, err
}
