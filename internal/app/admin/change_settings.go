package admin

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// ChangeSettings changes the installation's own settings.
type ChangeSettings struct{ Apply Apply }

// Do leaves as it is what is not set. since is as in Ref.
func (u ChangeSettings) Do(ctx context.Context, by directory.Principal, d DesiredSettings, since int64) error {
	_, err := u.Apply.Do(ctx, by, Wish{Desired: Desired{Settings: d}, Of: &Ref{Kind: directory.KindSettings, Since: since}})
	return err
}
