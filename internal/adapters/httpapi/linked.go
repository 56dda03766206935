package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

type linkedBody struct {
	Kind string    `json:"kind" doc:"Of the channel" example:"slack"`
	ID   string    `json:"id" doc:"What the provider knows you by"`
	Name string    `json:"name" doc:"What you are called there; may be empty"`
	At   time.Time `json:"at"`
}

type linkedList struct {
	Linked []linkedBody `json:"linked"`
	Kinds  []linkKind   `json:"kinds" doc:"By which this server can know you"`
}

type linkKind struct {
	Kind  string `json:"kind"`
	Label string `json:"label"`
}

type linkInput struct {
	Body struct {
		Kind string `json:"kind" maxLength:"64" doc:"Of the channel" example:"slack"`
	}
}

type linkCodeBody struct {
	Code      string    `json:"code" doc:"Works once"`
	Write     string    `json:"write" doc:"What to write there, with the code in it"`
	ExpiresAt time.Time `json:"expires_at"`
}

type unlinkInput struct {
	Kind string `path:"kind" maxLength:"64"`
	ID   string `path:"id" maxLength:"200" doc:"What the provider knows you by"`
}

// linkedRoutes are about what providers know people by: whoever presses a button in a shared channel.
func (s *server) linkedRoutes(api huma.API) {
	a := s.d.Access
	handle(s, api, route{
		Method: "GET", Path: "/api/v1/linked", ID: "list-linked", Tag: "Messages", Needs: directory.Viewer,
		Summary: "List what providers of channels know you by",
	}, func(ctx context.Context, by directory.Principal, _ *struct{}) (*body[linkedList], error) {
		list, err := a.Linked.List(ctx, by)
		out := linkedList{Linked: []linkedBody{}, Kinds: []linkKind{}}
		for _, l := range list {
			out.Linked = append(out.Linked, linkedBody{l.Kind, l.ID, l.Name, l.At})
		}
		for _, d := range a.OfferLink.Kinds() {
			out.Kinds = append(out.Kinds, linkKind{d.Kind, d.Label})
		}
		return answer(out, err)
	})
	handle(s, api, route{
		Method: "POST", Path: "/api/v1/linked", ID: "create-link-code", Tag: "Messages", Needs: directory.Viewer, Status: http.StatusCreated,
		Summary: "Make a code that you give a provider within 15 minutes, once, so that it knows you",
	}, func(ctx context.Context, by directory.Principal, in *linkInput) (*body[linkCodeBody], error) {
		code, write, ends, err := a.OfferLink.Do(ctx, by, in.Body.Kind)
		return answer(linkCodeBody{code, write, ends}, err)
	})
	handle(s, api, route{
		Method: "DELETE", Path: "/api/v1/linked/{kind}/{id}", ID: "remove-linked", Tag: "Messages", Needs: directory.Viewer, Status: http.StatusNoContent,
		Summary: "Be known to a provider no more",
	}, func(ctx context.Context, by directory.Principal, in *unlinkInput) (*struct{}, error) {
		return nil, a.Linked.Remove(ctx, by, in.Kind, in.ID)
	})
}
