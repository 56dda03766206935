package insight

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// LookAhead says who is being paged, and what comes next where nobody does anything.
type LookAhead struct {
	Directory ports.Atomically[ports.Directory] // only read
	Clock     ports.Clock
}

// Do looks at incidents that the caller may see, in their order.
func (u LookAhead) Do(ctx context.Context, states []incident.State) ([]incident.Outlook, error) {
	out := make([]incident.Outlook, len(states))
	err := u.Directory(ctx, func(ctx context.Context, r ports.Directory) error {
		people, err := r.Current(ctx)
		if err != nil {
			return err
		}
		now := u.Clock.Now()
		for i := range states {
			out[i] = states[i].Outlook(people, now)
		}
		return nil
	})
	return out, err
}
