package httpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

type contextKey int

const (
	keyPrincipal contextKey = iota
	keyRequest
	keyRequestID
)

// principal is who asks; the zero value for nobody.
func principal(ctx context.Context) directory.Principal {
	p, _ := ctx.Value(keyPrincipal).(directory.Principal)
	return p
}

// authenticate finds out who asks, by API token or by cookie, for every route alike. What they may do is for
// the use cases to say. A wrong token is refused at once; a session that is over counts as nobody, so that
// its owner can sign in again.
func (s *server) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := s.who(r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), keyPrincipal, p)))
	})
}

func (s *server) who(r *http.Request) (directory.Principal, error) {
	if secret, ok := bearer(r); ok {
		return s.d.Access.VerifyToken.Do(r.Context(), secret)
	}
	c, err := r.Cookie(s.cookieName(r))
	if err != nil {
		return directory.Principal{}, nil //nolint:nilerr // without a cookie it is nobody
	}
	p, err := s.d.Access.ResolveSession.Do(r.Context(), c.Value)
	if fault.Is(err, fault.KindUnauthorized) {
		return directory.Principal{}, nil
	}
	return p, err
}

func bearer(r *http.Request) (string, bool) {
	kind, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(secret), strings.EqualFold(kind, "Bearer")
}

// cookieName: over https a browser guards the prefix __Host-; over plain http it would refuse it.
func (s *server) cookieName(r *http.Request) string {
	if s.proxies.https(r) {
		return "__Host-rouse"
	}
	return "rouse"
}

// cookie holds a session; it lasts as long as the longest session may and the server decides before.
func (s *server) cookie(r *http.Request, signed admin.Signed) *http.Cookie {
	c := s.noCookie(r) //nolint:gosec // Secure follows the scheme: over plain http a browser would drop the cookie
	c.Value, c.MaxAge = signed.Secret, 0
	c.Expires = signed.Session.Longest()
	return c
}

// noCookie removes it.
func (s *server) noCookie(r *http.Request) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure follows the scheme: over plain http a browser would drop the cookie
		Name: s.cookieName(r), Path: "/", HttpOnly: true, Secure: s.proxies.https(r), SameSite: http.SameSiteLaxMode, MaxAge: -1,
	}
}

// device describes who signs in. Browsers on phones say so, in one way or the other.
func (s *server) device(r *http.Request) admin.Device {
	agent := clean(r.UserAgent())
	return admin.Device{
		Address: s.proxies.client(r).String(), Agent: agent,
		Phone: r.Header.Get("Sec-CH-UA-Mobile") == "?1" || strings.Contains(agent, "Mobi"),
	}
}
