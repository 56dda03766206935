package admin

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// RotateKey gives an integration a new key.
type RotateKey struct {
	Store Store
	Clock ports.Clock
}

// Do gives the new key, which is shown this once. Whoever sends with the old one is refused within a second.
func (u RotateKey) Do(ctx context.Context, by directory.Principal, ref string) (string, error) {
	if err := by.Require(directory.Admin); err != nil {
		return "", err
	}
	var key string
	err := u.Store.Write(ctx, func(ctx context.Context, r Repos) error {
		snap, err := r.Catalog.Newest(ctx)
		if err != nil {
			return err
		}
		in, ok := snap.FindIntegration(ref)
		if !ok {
			return fault.NotFound("integration", ref)
		}
		key = NewKey(in.Kind)
		changed := *in
		changed.KeyHash = HashSecret(key)
		return r.Catalog.Apply(ctx, signed(directory.Edit{Integrations: []directory.Integration{changed}}, by, u.Clock.Now()))
	})
	return key, err
}
