package ports

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/notification"
)

// Usage counts what was sent.
type Usage interface {
	// Used counts the messages of these kinds that were composed from one moment until before another, and were taken or are on
	// their way: by kind, provider and recipient, in any order. One that two providers took counts for both.
	Used(ctx context.Context, kinds []string, from, until time.Time) ([]Sum, error)
}

// Sum is how many messages of a kind a provider took for somebody.
type Sum struct {
	Kind      string
	Provider  string // its name; "" where there is one way only, nobody took it yet, or an earlier version sent it
	Recipient notification.Recipient
	Messages  int
}
