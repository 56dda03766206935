package httpapi

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

type items[T any] struct {
	Items []T `json:"items"`
}

type nameInput struct {
	Name string `path:"name" doc:"Its id or its name (a user's email address)" maxLength:"254"`
}

// collection registers the list of one kind of entity, sorted by name, and the showing of one.
// It gives the showing of one.
func collection[T any](s *server, api huma.API, what string, list func(view) []T, key func(T) (id, name string)) show[T] {
	path := pathOf(what)
	read := func(ctx context.Context, by directory.Principal) ([]T, error) {
		snap, err := s.d.Access.Directory.Do(ctx, by)
		if err != nil {
			return nil, err
		}
		heard, err := s.d.Access.ReadHeard.Do(ctx, by)
		if err != nil {
			return nil, err
		}
		looks, err := s.d.Access.ReadLooks.Do(ctx, by)
		if err != nil {
			return nil, err
		}
		all := append([]T{}, list(view{snap, heard, looks, s.d.Access.Apply.Channels})...)
		slices.SortFunc(all, func(a, b T) int {
			_, x := key(a)
			_, y := key(b)
			return cmp.Compare(x, y)
		})
		return all, nil
	}
	plural := strings.TrimPrefix(path, "/api/v1/")
	handle(s, api, route{Method: "GET", Path: path, ID: "list-" + plural, Summary: "List " + plural, Tag: "Directory", Needs: directory.Viewer},
		func(ctx context.Context, by directory.Principal, _ *struct{}) (*body[items[T]], error) {
			all, err := read(ctx, by)
			return answer(items[T]{all}, err)
		})
	one := func(ctx context.Context, by directory.Principal, ref string) (T, error) {
		all, err := read(ctx, by)
		var near *T
		for i := range all {
			switch eid, name := key(all[i]); {
			case eid == ref || name == ref:
				return all[i], nil
			case strings.EqualFold(name, ref):
				near = &all[i]
			}
		}
		if near != nil {
			return *near, nil
		}
		var none T
		return none, cmp.Or[error](err, fault.NotFound(what, ref))
	}
	handle(s, api, route{Method: "GET", Path: path + "/{name}", ID: "show-" + what, Summary: "Show one of the " + plural, Tag: "Directory", Needs: directory.Viewer},
		func(ctx context.Context, by directory.Principal, in *nameInput) (*body[T], error) {
			return answer(one(ctx, by, in.Name))
		})
	return one
}

// show gives one entity by id or name, as the API shows it.
type show[T any] func(ctx context.Context, by directory.Principal, ref string) (T, error)

func pathOf(what string) string {
	if stem, ok := strings.CutSuffix(what, "y"); ok {
		return "/api/v1/" + stem + "ies"
	}
	return "/api/v1/" + what + "s"
}
