package httpapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

type contextKey int

const (
	keyPrincipal contextKey = iota
	keyRequest
	keyRequestID
	keyDue
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
		r = r.WithContext(context.WithValue(r.Context(), keyDue, time.Now().Add(answerIn)))
		p, err := s.who(r)
		if fault.Is(err, fault.KindUnavailable) && r.Method != http.MethodGet {
			err = fault.Unavailable(time.Second, "auth.unavailable", "NOT saved: the database did not say who you are, so nothing was done. Try again").Because(err)
		}
		if err != nil {
			s.fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), keyPrincipal, p)))
	})
}

// answerIn is how long a person waits for an answer, from the request's beginning: within 10 s they hear that it is
// saved, or that it is not.
const answerIn = 9 * time.Second

// inTime bounds what a request may still take.
func inTime(ctx context.Context) (context.Context, context.CancelFunc) {
	if due, ok := ctx.Value(keyDue).(time.Time); ok {
		return context.WithDeadline(ctx, due)
	}
	return context.WithTimeout(ctx, answerIn)
}

func (s *server) who(r *http.Request) (directory.Principal, error) {
	ctx, cancel := inTime(r.Context())
	defer cancel()
	if secret, ok := bearer(r); ok {
		return s.d.Access.VerifyToken.Do(ctx, secret)
	}
	c, err := r.Cookie(s.cookieName(r))
	if err != nil {
		return directory.Principal{}, nil // without a cookie it is nobody
	}
	known := s.d.Access.ResolveSession.Do
	if strings.HasPrefix(c.Value, apiToken) {
		known = s.d.Access.VerifyToken.Do
	}
	p, err := known(ctx, c.Value)
	if fault.Is(err, fault.KindUnauthorized) {
		return directory.Principal{}, nil
	}
	return p, err
}

func bearer(r *http.Request) (string, bool) {
	kind, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(secret), strings.EqualFold(kind, "Bearer")
}

// https says whether the browser speaks https: it does where people come by an https address, also where the proxy
// that ends it is not among the trusted ones.
func (s *server) https(r *http.Request) bool {
	return s.proxies.https(r) || strings.HasPrefix(s.d.Config.PublicURL, "https://")
}

// cookieName: over https a browser guards the prefix __Host-; over plain http it would refuse it.
func (s *server) cookieName(r *http.Request) string {
	if s.https(r) {
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
		Name: s.cookieName(r), Path: "/", HttpOnly: true, Secure: s.https(r), SameSite: http.SameSiteLaxMode, MaxAge: -1,
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
