package admin

import (
	"context"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// Bootstrap makes an empty server useful: a default policy that pages the admins, and an integration.
type Bootstrap struct {
	Store Store
	NewID func() string
}

// Do gives the key of the new integration `main`, or "" where the server is not empty: then it changes nothing.
func (u Bootstrap) Do(ctx context.Context) (key string, err error) {
	key = NewKey(directory.Alertmanager)
	err = u.Store.Write(ctx, func(ctx context.Context, r Repos) error {
		snap, err := r.Catalog.Newest(ctx)
		if err != nil {
			return err
		}
		if len(snap.Current) > 0 || len(snap.Integrations) > 0 {
			key = ""
			return nil
		}
		edit, err := u.firstRun(snap.Settings, key)
		if err != nil {
			return err
		}
		return r.Catalog.Apply(ctx, edit)
	})
	return key, err
}

func (u Bootstrap) firstRun(settings directory.Settings, key string) (directory.Edit, error) {
	level, err := escalation.NewLevel(5*time.Minute, 30*time.Minute, []escalation.Target{{Kind: escalation.TargetAdmins}})
	if err != nil {
		return directory.Edit{}, err
	}
	ref := escalation.Ref{ID: id.Policy(u.NewID()), Version: 1}
	policy, err := escalation.NewPolicy(ref, "default", []escalation.Level{level}, escalation.DefaultRepeat)
	if err != nil {
		return directory.Edit{}, err
	}
	settings.DefaultPolicy = ref.ID
	return directory.Edit{
		Settings: &settings,
		Policies: []escalation.Policy{policy},
		Integrations: []directory.Integration{{
			ID: id.Integration(u.NewID()), Name: "main", Kind: directory.Alertmanager, KeyHash: HashSecret(key),
		}},
	}, nil
}
