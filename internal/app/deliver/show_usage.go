package deliver

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/notification"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// ShowUsage says how many messages were sent on a day, to whom and by whom, and what they cost.
type ShowUsage struct {
	Usage ports.Usage
	Kinds []string                                       // that are counted
	Paid  []string                                       // those of them whose messages cost money
	Price func(kind, provider string) notification.Price // as it is now
	Quota notification.Quota
	Clock ports.Clock
}

// Used is how many messages went to somebody by one way.
type Used struct {
	ports.Sum
	Paid  bool               // they count against the quota
	Price notification.Price // of one
}

// Do gives what was sent on the day (UTC) that a moment is in, zero today, and that day's start: by kind, provider and recipient.
func (u ShowUsage) Do(ctx context.Context, by directory.Principal, at time.Time) ([]Used, time.Time, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return nil, time.Time{}, err
	}
	if at.IsZero() {
		at = u.Clock.Now()
	}
	from, until := notification.Day(at)
	sums, err := u.Usage.Used(ctx, u.Kinds, from, until)
	out := make([]Used, len(sums))
	for i, s := range sums {
		out[i] = Used{Sum: s, Paid: slices.Contains(u.Paid, s.Kind), Price: u.Price(s.Kind, s.Provider)}
	}
	slices.SortFunc(out, func(a, b Used) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Recipient.Kind, b.Recipient.Kind), cmp.Compare(a.Recipient.ID, b.Recipient.ID))
	})
	return out, from, err
}
