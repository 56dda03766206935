package httpapi

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/incident"
)

type pagingInput struct {
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"500"`
	}
}

type pagingBody struct {
	Held   bool       `json:"held"`
	At     *time.Time `json:"at" doc:"When it was held or resumed; null where it never was held"`
	By     string     `json:"by,omitempty" doc:"Who said so"`
	Reason string     `json:"reason,omitempty"`
}

func pagingOf(p incident.Paging, err error) (*body[pagingBody], error) {
	return answer(pagingBody{Held: p.Held, At: maybe(p.At), By: p.By.Name, Reason: p.Reason}, err)
}

func (s *server) pagingRoutes(api huma.API) {
	handle(s, api, route{Method: "GET", Path: "/api/v1/paging", ID: "show-paging", Summary: "Say whether paging is held", Tag: "Paging", Needs: directory.Viewer},
		func(ctx context.Context, by directory.Principal, _ *struct{}) (*body[pagingBody], error) {
			return pagingOf(s.d.Access.ShowPaging.Do(ctx, by))
		})
	for verb, hold := range map[string]bool{"hold": true, "resume": false} {
		handle(s, api, route{
			Method: "POST", Path: "/api/v1/paging/" + verb, ID: verb + "-paging", Tag: "Paging", Needs: directory.Admin,
			Summary: map[bool]string{true: "Hold paging: alerts are taken, nobody is told", false: "Let paging go on"}[hold],
		}, func(ctx context.Context, by directory.Principal, in *pagingInput) (*body[pagingBody], error) {
			reason := ""
			if in.Body != nil {
				reason = in.Body.Reason
			}
			return pagingOf(s.d.Access.HoldPaging.Do(ctx, by, hold, reason))
		})
	}
}
