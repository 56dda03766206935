package insight

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

// CountUnresolved says how many incidents nobody has, and how many somebody has.
type CountUnresolved struct{ Reader Reader }

// Do gives the open and the acknowledged ones.
func (u CountUnresolved) Do(ctx context.Context, by directory.Principal) (open, acknowledged int, err error) {
	if err := by.Require(directory.Viewer); err != nil {
		return 0, 0, err
	}
	counts, err := u.Reader.Counts(ctx)
	for _, c := range counts {
		if c.Status == incident.Open() {
			open += c.Incidents
		} else {
			acknowledged += c.Incidents
		}
	}
	return open, acknowledged, err
}
