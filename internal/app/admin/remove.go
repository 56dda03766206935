package admin

import (
	"context"
	"strings"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Remove deletes one entity. What depends on it can be asked for before.
type Remove struct {
	Store Store
	Clock ports.Clock
}

// Ask says what depends on it, and what would become of that.
func (u Remove) Ask(ctx context.Context, by directory.Principal, of Ref) ([]directory.Dependent, error) {
	if err := by.Require(directory.Viewer); err != nil {
		return nil, err
	}
	return one(ctx, u.Store.Read, func(ctx context.Context, r Repos) ([]directory.Dependent, error) {
		snap, err := r.Directory.Current(ctx)
		if err != nil {
			return nil, err
		}
		removal, ok := snap.Remove(of.Kind, of.Name)
		if !ok {
			return nil, fault.NotFound(string(of.Kind), of.Name)
		}
		n, err := unresolved(ctx, r.Unresolved, removal.Entity)
		removal.Unresolved(n)
		return removal.Dependents, err
	})
}

// unresolved counts the incidents that a deletion leaves without what they have.
func unresolved(ctx context.Context, r ports.Unresolved, of directory.Entity) (int, error) {
	if of.Kind == directory.KindService {
		return r.OfService(ctx, id.Service(of.ID))
	}
	if of.Kind == directory.KindUser {
		return r.OfAssignee(ctx, id.User(of.ID))
	}
	return 0, nil
}

// Do refuses what would leave a hole through which a page falls.
func (u Remove) Do(ctx context.Context, by directory.Principal, of Ref) error {
	if err := by.Require(directory.Admin); err != nil {
		return err
	}
	return u.Store.Write(ctx, func(ctx context.Context, r Repos) error {
		snap, err := r.Catalog.Newest(ctx)
		if err != nil {
			return err
		}
		removal, ok := snap.Remove(of.Kind, of.Name)
		if !ok {
			return fault.NotFound(string(of.Kind), of.Name)
		}
		if why := removal.Blocked(); len(why) > 0 {
			return fault.Conflict("directory.in_use", "it is needed: %s", strings.Join(why, "; "))
		}
		for _, user := range removal.Edit.DeleteUsers {
			if err := shutOut(ctx, r, user); err != nil {
				return err
			}
		}
		return r.Catalog.Apply(ctx, signed(removal.Edit, by, u.Clock.Now()))
	})
}

// shutOut ends whatever somebody could come in by. A token of nobody would count for nothing, but stay in the list.
func shutOut(ctx context.Context, r Repos, user id.User) error {
	if err := r.Sessions.EndOf(ctx, user); err != nil {
		return err
	}
	all, err := r.Tokens.List(ctx)
	if err != nil {
		return err
	}
	for _, t := range all {
		if t.User != user {
			continue
		}
		if _, err := r.Tokens.Revoke(ctx, t.ID); err != nil {
			return err
		}
	}
	return unlink(ctx, r, user)
}

// unlink lets whoever chats know as somebody be linked anew, as somebody else.
func unlink(ctx context.Context, r Repos, user id.User) error {
	list, err := r.Linked.Of(ctx, user)
	if err != nil {
		return err
	}
	for _, l := range list {
		if _, err := r.Linked.Remove(ctx, user, l.Kind, l.ID); err != nil {
			return err
		}
	}
	return nil
}
