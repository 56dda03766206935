package insight

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/ports"
)

// PruneEvery is how often the feed of changes is pruned, over all replicas.
const PruneEvery = 10 * time.Second

// What is kept of the feed: whoever was away for longer looks at everything anew.
const (
	keepFor  = time.Hour
	keepMost = 1_000_000
	pruned   = 5000 // at once: a short transaction
)

// PruneChanges removes the old end of the feed of changes.
type PruneChanges struct {
	Atomically ports.Atomically[PruneRepos]
	Clock      ports.Clock
	Holder     string // this replica
}

// PruneRepos is what pruning works on.
type PruneRepos struct {
	Changes ports.Changes
	Leases  ports.Leases
}

// RunOnce prunes some, where it is this replica's turn, and says how many where there may be more; else 0.
func (u PruneChanges) RunOnce(ctx context.Context) (int, error) {
	n := 0
	err := u.Atomically(ctx, func(ctx context.Context, r PruneRepos) error {
		n = 0
		now := u.Clock.Now()
		mine, err := r.Leases.Take(ctx, "prune changes", u.Holder, now, now.Add(PruneEvery-time.Second))
		if err != nil || !mine {
			return err
		}
		n, err = r.Changes.Prune(ctx, now.Add(-keepFor), keepMost, pruned)
		return err
	})
	if n < pruned {
		return 0, err
	}
	return n, err
}
