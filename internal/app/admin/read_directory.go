package admin

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// ReadDirectory shows what people own.
type ReadDirectory struct{ Store Store }

// Do gives everything at one version; it must not be changed.
func (u ReadDirectory) Do(ctx context.Context, by directory.Principal) (*directory.Snapshot, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return nil, err
	}
	return one(ctx, u.Store.Read, func(ctx context.Context, r Repos) (*directory.Snapshot, error) { return r.Directory.Current(ctx) })
}
