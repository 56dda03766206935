package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// me says who is signed in.
type me struct {
	Kind string `json:"kind" enum:"user,token"`
	ID   string `json:"id"`
	Name string `json:"name"`
	Role string `json:"role" enum:"viewer,responder,admin"`
	User string `json:"user,omitempty" doc:"The user's id; empty for a token that belongs to nobody"`
	Demo string `json:"demo,omitempty" doc:"This server is a demonstration that forgets everything: the address of its mailbox"`
}

func (s *server) me(p directory.Principal) me {
	return me{Kind: string(p.Actor.Kind), ID: p.Actor.ID, Name: p.Actor.Name, Role: string(p.Role), User: string(p.User), Demo: s.d.Config.Demo}
}

type signedIn struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      me
}

func (s *server) signedIn(ctx context.Context, signed admin.Signed, err error) (*signedIn, error) {
	if err != nil {
		return nil, err
	}
	return &signedIn{SetCookie: *s.cookie(request(ctx), signed), Body: s.me(signed.User.Principal())}, nil
}

type signInInput struct {
	Body struct {
		Email    string `json:"email" maxLength:"254"`
		Password string `json:"password" maxLength:"1000"`
	}
}

type setupInput struct {
	Body struct {
		Token    string `json:"token" doc:"From the setup link that the server printed" maxLength:"200"`
		Email    string `json:"email" maxLength:"254"`
		Name     string `json:"name" maxLength:"200"`
		Password string `json:"password" maxLength:"1000"`
		TimeZone string `json:"time_zone,omitempty" maxLength:"64" example:"Europe/Madrid"`
	}
}

type passwordInput struct {
	Body struct {
		Token    string `json:"token" doc:"From a one-time link" maxLength:"200"`
		Password string `json:"password" maxLength:"1000"`
	}
}

type enterBody struct {
	Path      string    `json:"path" doc:"To open in a browser; it works once" example:"/enter?token=…"`
	ExpiresAt time.Time `json:"expires_at"`
}

type usedInput struct {
	Body struct {
		Token string `json:"token" doc:"Of the link" maxLength:"200"`
	}
}

type usedBody struct {
	Used bool `json:"used"`
}

type signedOut struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

func (s *server) sessionRoutes(api huma.API) {
	a := s.d.Access
	handle(s, api, route{Method: "POST", Path: "/api/v1/session", ID: "sign-in", Summary: "Sign in", Tag: "Access"},
		func(ctx context.Context, _ directory.Principal, in *signInInput) (*signedIn, error) {
			signed, err := a.SignIn.Do(ctx, in.Body.Email, in.Body.Password, s.device(request(ctx)))
			return s.signedIn(ctx, signed, err)
		})
	handle(s, api, route{Method: "GET", Path: "/api/v1/session", ID: "show-session", Summary: "Say who is signed in", Tag: "Access", Needs: directory.Viewer},
		func(_ context.Context, by directory.Principal, _ *struct{}) (*body[me], error) {
			return answer(s.me(by), by.Require(directory.Viewer))
		})
	handle(s, api, route{Method: "DELETE", Path: "/api/v1/session", ID: "sign-out", Summary: "Sign out", Tag: "Access", Status: http.StatusNoContent},
		func(ctx context.Context, _ directory.Principal, _ *struct{}) (*signedOut, error) {
			return &signedOut{SetCookie: *s.noCookie(request(ctx))}, s.endSession(request(ctx))
		})
	handle(s, api, route{
		Method: "POST", Path: "/api/v1/session/link", ID: "create-sign-in-link", Tag: "Access", Needs: directory.Viewer, Status: http.StatusCreated,
		Summary: "Make a link by which you sign in on another device, once, within 10 minutes",
	}, func(ctx context.Context, by directory.Principal, _ *struct{}) (*body[enterBody], error) {
		secret, ends, err := a.OfferSignIn.Do(ctx, by)
		return answer(enterBody{Path: "/enter?token=" + secret, ExpiresAt: ends}, err)
	})
	handle(s, api, route{
		Method: "POST", Path: "/api/v1/session/link/used", ID: "was-sign-in-link-used", Tag: "Access", Needs: directory.Viewer,
		Summary: "Say whether a link by which one signs in was used, or ended",
	}, func(ctx context.Context, by directory.Principal, in *usedInput) (*body[usedBody], error) {
		used, err := a.OfferSignIn.Used(ctx, by, in.Body.Token)
		return answer(usedBody{used}, err)
	})
	handle(s, api, route{Method: "POST", Path: "/api/v1/setup", ID: "setup", Summary: "Set up the first admin and sign in", Tag: "Access"},
		func(ctx context.Context, _ directory.Principal, in *setupInput) (*signedIn, error) {
			b := in.Body
			signed, err := a.Setup.Do(ctx, admin.FirstAdmin{
				Link: b.Token, Email: b.Email, Name: b.Name, Password: b.Password, TimeZone: b.TimeZone,
			}, s.device(request(ctx)))
			return s.signedIn(ctx, signed, err)
		})
	handle(s, api, route{Method: "POST", Path: "/api/v1/password", ID: "choose-password", Summary: "Choose a password by a one-time link and sign in", Tag: "Access"},
		func(ctx context.Context, _ directory.Principal, in *passwordInput) (*signedIn, error) {
			signed, err := a.ChoosePassword.Do(ctx, in.Body.Token, in.Body.Password, s.device(request(ctx)))
			return s.signedIn(ctx, signed, err)
		})
}

// endSession ends the session of the request's cookie, if it has one.
func (s *server) endSession(r *http.Request) error {
	c, err := r.Cookie(s.cookieName(r))
	if err != nil {
		return nil //nolint:nilerr // whoever has no cookie is signed out already
	}
	return s.d.Access.SignOut.Do(r.Context(), c.Value)
}
