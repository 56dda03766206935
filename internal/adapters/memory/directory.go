package memory

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/escalation"
	"github.com/rouse-oncall/rouse/internal/domain/id"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Directory reads what people own.
func (tx *Tx) Directory() ports.Directory { return people{tx} }

// Catalog changes what people own.
func (tx *Tx) Catalog() ports.Catalog { return people{tx} }

type people struct{ *Tx }

func (r people) Current(context.Context) (*directory.Snapshot, error) { return r.db.directory, nil }

func (r people) Newest(context.Context) (*directory.Snapshot, error) { return r.db.directory, nil }

func (r people) Apply(_ context.Context, e directory.Edit) error {
	old := r.db.edits
	all := directory.Edit{Settings: old.Settings}
	if e.Settings != nil {
		all.Settings = e.Settings
	}
	all.Users = merge(old.Users, e.Users, e.DeleteUsers, func(v directory.User) id.User { return v.ID })
	all.Teams = merge(old.Teams, e.Teams, e.DeleteTeams, func(v directory.Team) id.Team { return v.ID })
	all.Channels = merge(old.Channels, e.Channels, e.DeleteChannels, func(v directory.Channel) id.Channel { return v.ID })
	all.Services = merge(old.Services, e.Services, e.DeleteServices, func(v directory.Service) id.Service { return v.ID })
	all.Integrations = merge(old.Integrations, e.Integrations, e.DeleteIntegrations, func(v directory.Integration) id.Integration { return v.ID })
	all.Policies = merge(old.Policies, e.Policies, nil, func(v escalation.Policy) escalation.Ref { return v.Ref })
	if err := unique(all); err != nil {
		return err
	}
	again := func(p id.Policy) bool {
		return slices.ContainsFunc(e.Policies, func(v escalation.Policy) bool { return v.ID == p })
	}
	all.DeletePolicies = append(slices.DeleteFunc(slices.Clone(old.DeletePolicies), again), e.DeletePolicies...)
	var settings directory.Settings
	if all.Settings != nil {
		settings = *all.Settings
	}
	assign(r.Tx, &r.db.edits, all)
	// The snapshot takes over what it is given.
	own := all
	own.Users, own.Teams, own.Channels = slices.Clone(all.Users), slices.Clone(all.Teams), slices.Clone(all.Channels)
	own.Services, own.Integrations, own.Policies = slices.Clone(all.Services), slices.Clone(all.Integrations), slices.Clone(all.Policies)
	assign(r.Tx, &r.db.directory, directory.NewSnapshot(r.db.directory.Version+1, settings, own, r.db.expiry).Edited(r.note(e)))
	return nil
}

// note gives who changed what last, with this edit.
func (r people) note(e directory.Edit) map[directory.Entity]directory.Edition {
	if e.By == "" {
		return r.db.editions
	}
	all := maps.Clone(r.db.editions)
	if all == nil {
		all = map[directory.Entity]directory.Edition{}
	}
	for _, of := range e.Puts() {
		all[of] = directory.Edition{Version: r.db.directory.Version + 1, By: e.By, At: e.At}
	}
	assign(r.Tx, &r.db.editions, all)
	return all
}

// merge replaces by id, adds what is new and leaves out what is deleted.
func merge[T any, K comparable](old, put []T, del []K, key func(T) K) []T {
	out := slices.DeleteFunc(slices.Clone(old), func(v T) bool {
		return slices.ContainsFunc(put, func(p T) bool { return key(p) == key(v) })
	})
	out = append(out, put...)
	return slices.DeleteFunc(out, func(v T) bool { return slices.Contains(del, key(v)) })
}

// unique refuses names that exist twice, as the database does.
func unique(e directory.Edit) error {
	seen := map[string]bool{}
	check := func(kind, name string) error {
		if seen[kind+"/"+name] {
			return fmt.Errorf("%w: two of kind %s are called %q", ports.ErrStale, kind, name)
		}
		seen[kind+"/"+name] = true
		return nil
	}
	for _, v := range e.Users {
		if err := check("user", v.Email); err != nil {
			return err
		}
	}
	for _, v := range e.Services {
		if err := check("service", v.Name); err != nil {
			return err
		}
	}
	for _, v := range e.Integrations {
		if err := check("integration", v.Name); err != nil {
			return err
		}
	}
	return nil
}

var (
	_ ports.Directory = people{}
	_ ports.Catalog   = people{}
)
