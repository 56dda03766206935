package admin

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// ShowPaging says whether paging is held.
type ShowPaging struct{ Store Store }

// Do says how it stands.
func (u ShowPaging) Do(ctx context.Context, by directory.Principal) (incident.Paging, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return incident.Paging{}, err
	}
	return one(ctx, u.Store.Read, func(ctx context.Context, r Repos) (incident.Paging, error) { return r.Paging.State(ctx) })
}

// HoldPaging holds paging back on all servers of the database, or lets it go on: alerts are taken and incidents
// open all the same.
type HoldPaging struct {
	Store Store
	Clock ports.Clock
	Told  func(p incident.Paging) // after the commit of a change
}

// Do gives how it stands now. What is so already is left as it is, with who said so first.
func (u HoldPaging) Do(ctx context.Context, by directory.Principal, hold bool, reason string) (incident.Paging, error) {
	if err := by.Require(directory.Admin); err != nil {
		return incident.Paging{}, err
	}
	var p incident.Paging
	changed := false
	err := u.Store.Write(ctx, func(ctx context.Context, r Repos) error {
		var err error
		p, err = r.Paging.State(ctx)
		if changed = err == nil && p.Held != hold; !changed {
			return err
		}
		p = incident.Paging{Held: hold, At: u.Clock.Now(), By: by.Actor, Reason: reason}
		return r.Paging.Set(ctx, p)
	})
	if err == nil && changed {
		u.Told(p)
	}
	return p, err
}
