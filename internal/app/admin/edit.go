package admin

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// Edit makes or changes one entity, by the rules of Apply: what its wish leaves out stays as it is. A new name leaves
// the id, and with it all that waits.
type Edit struct{ Apply Apply }

// Edited is what became of it.
type Edited struct {
	ID  string
	Key string // of a new integration, shown this once
}

// Do is for admins; everybody may change themselves, but for what admins decide. What people add to reach themselves
// by has to be verified.
func (u Edit) Do(ctx context.Context, by directory.Principal, w Wish) (Edited, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return Edited{}, err
	}
	return one(ctx, u.Apply.Store.Write, func(ctx context.Context, r Repos) (Edited, error) {
		snap, err := r.Catalog.Newest(ctx)
		if err != nil {
			return Edited{}, err
		}
		if err := mayEdit(by, snap, w); err != nil {
			return Edited{}, err
		}
		p := newPlanner(snap, w, u.Apply)
		p.own = by.Role != directory.Admin
		out, edit, err := p.plan()
		if err != nil {
			return Edited{}, err
		}
		done := Edited{ID: p.about}
		for _, key := range out.Keys {
			done.Key = key
		}
		if len(out.Changes) == 0 {
			return done, nil
		}
		return done, r.Catalog.Apply(ctx, signed(edit, by, u.Apply.Clock.Now()))
	})
}

func mayEdit(by directory.Principal, snap *directory.Snapshot, w Wish) error {
	if by.Role == directory.Admin {
		return nil
	}
	if w.Of.Kind != directory.KindUser || w.Of.Name == "" {
		return by.Require(directory.Admin)
	}
	user, ok := snap.FindUser(w.Of.Name)
	if !ok {
		return fault.NotFound("user", w.Of.Name)
	}
	if user.ID != by.User {
		return by.Require(directory.Admin)
	}
	d := w.Desired.Users[0]
	if d.Email.Set && d.Email.Value != user.Email || d.Role.Set && d.Role.Value != string(user.Role) || d.Disabled.Set && d.Disabled.Value != user.Disabled {
		return fault.Forbidden("user.by_admin", "your address to sign in, your role and whether the account is disabled are for an admin to change")
	}
	return nil
}
