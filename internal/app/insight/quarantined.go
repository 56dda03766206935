package insight

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// Quarantined gives what was received and cannot be an alert.
type Quarantined struct{ Reader Reader }

// Do gives it newest first, at most limit (0: 50), received before a moment (zero: now).
func (u Quarantined) Do(ctx context.Context, by directory.Principal, before time.Time, limit int) ([]alert.Quarantined, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return nil, err
	}
	if limit <= 0 {
		limit = defaultLimit
	}
	return u.Reader.Quarantined(ctx, before, min(limit, maxLimit))
}
