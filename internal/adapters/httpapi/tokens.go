package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

type tokenBody struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Role      string     `json:"role"`
	User      string     `json:"user,omitempty" doc:"Who made it"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at"`
	UsedAt    *time.Time `json:"used_at" doc:"The last use, to the minute"`
	Secret    string     `json:"secret,omitempty" doc:"Shown once, when the token is made"`
}

func tokenOf(t directory.Token) tokenBody {
	return tokenBody{
		ID: string(t.ID), Name: t.Name, Role: string(t.Role), User: string(t.User),
		CreatedAt: t.CreatedAt, ExpiresAt: maybe(t.ExpiresAt), UsedAt: maybe(t.UsedAt),
	}
}

// maybe is null on the wire for the zero time.
func maybe(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

type tokenList struct {
	Tokens []tokenBody `json:"tokens"`
}

type tokenInput struct {
	Body struct {
		Name      string     `json:"name" minLength:"1" maxLength:"100"`
		Role      string     `json:"role" enum:"viewer,responder,admin"`
		ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"Never where it is left out"`
	}
}

type idInput struct {
	ID string `path:"id" maxLength:"64"`
}

func (s *server) tokenRoutes(api huma.API) {
	a := s.d.Access
	handle(s, api, route{Method: "GET", Path: "/api/v1/tokens", ID: "list-tokens", Summary: "List API tokens: your own, or all as an admin", Tag: "Access", Needs: directory.Viewer},
		func(ctx context.Context, by directory.Principal, _ *struct{}) (*body[tokenList], error) {
			all, err := a.ListTokens.Do(ctx, by)
			out := tokenList{Tokens: []tokenBody{}}
			for _, t := range all {
				out.Tokens = append(out.Tokens, tokenOf(t))
			}
			return answer(out, err)
		})
	handle(s, api, route{Method: "POST", Path: "/api/v1/tokens", ID: "create-token", Summary: "Make an API token", Tag: "Access", Needs: directory.Viewer, Status: http.StatusCreated},
		func(ctx context.Context, by directory.Principal, in *tokenInput) (*body[tokenBody], error) {
			var expires time.Time
			if in.Body.ExpiresAt != nil {
				expires = *in.Body.ExpiresAt
			}
			t, secret, err := a.CreateToken.Do(ctx, by, in.Body.Name, directory.Role(in.Body.Role), expires)
			out := tokenOf(t)
			out.Secret = secret
			return answer(out, err)
		})
	handle(s, api, route{Method: "DELETE", Path: "/api/v1/tokens/{id}", ID: "revoke-token", Summary: "Revoke an API token", Tag: "Access", Needs: directory.Viewer, Status: http.StatusNoContent},
		func(ctx context.Context, by directory.Principal, in *idInput) (*struct{}, error) {
			return nil, a.RevokeToken.Do(ctx, by, id.Token(in.ID))
		})
}
