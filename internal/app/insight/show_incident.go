package insight

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// ShowIncident gives one incident whole.
type ShowIncident struct{ Reader Reader }

// Do finds it by public id or number ("4821", "#4821"); fault.NotFound.
func (u ShowIncident) Do(ctx context.Context, by directory.Principal, ref string) (Incident, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return Incident{}, err
	}
	return u.Reader.Show(ctx, ref)
}
