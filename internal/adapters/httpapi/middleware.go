package httpapi

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// recover turns a panic into an answer and a line in the log: one bad request must not end the server.
func (s *server) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil || v == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
				return
			}
			s.log.Error("panic", slog.String("path", logged(r)), slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
			s.fail(w, r, fmt.Errorf("panic: %v", v))
		}()
		next.ServeHTTP(w, r)
	})
}

// The policy fits the web UI too: everything comes from this server, nothing is inline, nobody frames it.
const contentPolicy = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

// secure sets the headers that keep browsers out of trouble, refuses requests that another site makes them
// send, names the request and logs it.
func (s *server) secure(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	if s.d.Config.PublicURL != "" {
		if err := cross.AddTrustedOrigin(s.d.Config.PublicURL); err != nil {
			s.log.Warn("the public URL is not an origin", slog.Any("error", err))
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, id := time.Now(), rand.Text()
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer") // one-time links are in URLs
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		h.Set("Rouse-Request", id)
		if s.proxies.https(r) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		ctx := context.WithValue(r.Context(), keyRequestID, id)
		r = r.WithContext(context.WithValue(ctx, keyRequest, r))
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		if err := cross.Check(r); err != nil {
			s.fail(rec, r, fault.Forbidden("request.cross_origin", "a page of another site made your browser send this; it was refused"))
		} else {
			next.ServeHTTP(rec, r)
		}
		// The path without its query: one-time links are there.
		s.log.LogAttrs(ctx, slog.LevelDebug, "request", slog.String("request", id), slog.String("method", r.Method),
			slog.String("path", logged(r)), slog.Int("status", rec.status), slog.Duration("took", time.Since(began)))
	})
}

// recorder remembers the status for the log.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(code int) {
	r.status = code
	r.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController through.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// unknown answers what has no route in our own words instead of net/http's.
func (s *server) unknown(mux *http.ServeMux, p pages) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r) // not h: only the mux fills in the path's values
			return
		}
		probe := &probe{header: http.Header{}}
		h.ServeHTTP(probe, r)
		switch {
		case probe.status == http.StatusMethodNotAllowed:
			s.notAllowed(w, r, probe.header.Get("Allow"))
		case probe.status >= 300 && probe.status < 400:
			http.Redirect(w, r, probe.header.Get("Location"), probe.status)
		default:
			err := &fault.Error{Kind: fault.KindNotFound, Code: "route.not_found", Message: "there is nothing at " + r.URL.Path}
			if byBrowser(r) {
				p.nowhere(w, r, err)
			} else {
				s.fail(w, r, err)
			}
		}
	})
}

func (s *server) notAllowed(w http.ResponseWriter, r *http.Request, allow string) {
	w.Header().Set("Allow", allow)
	p := s.problem(r.Context(), fault.Invalid("route.method", "%s is not for this address; it takes %s", r.Method, allow))
	p.Status, p.Title = http.StatusMethodNotAllowed, http.StatusText(http.StatusMethodNotAllowed)
	p.write(w)
}

// probe takes what the mux would answer and keeps only its status and headers.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
func (p *probe) WriteHeader(code int)        { p.status = code }
