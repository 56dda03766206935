package httpapi

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// Problem is the body of every error: RFC 9457, with a code that never changes its meaning.
type Problem struct {
	Type     string   `json:"type" example:"about:blank"`
	Title    string   `json:"title"`
	Status   int      `json:"status"`
	Detail   string   `json:"detail" doc:"What is wrong, in words for people"`
	Code     string   `json:"code" doc:"Permanent, for programs" example:"incident.not_found"`
	Field    string   `json:"field,omitempty" doc:"The field that is wrong"`
	Instance string   `json:"instance,omitempty" doc:"The request's id, as it stands in the server's log"`
	Errors   []Detail `json:"errors,omitempty" doc:"Each thing that is wrong, where there are several"`

	retryAfter int // seconds
}

// Detail is one of several things that are wrong.
type Detail struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Field   string `json:"field,omitempty"`
	Code    string `json:"code,omitempty"`
	Message string `json:"message"`
}

var _ huma.StatusError = (*Problem)(nil)

// Error makes a problem an error, as huma wants it.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders are the headers that go with it.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="rouse"`)
	}
	return h
}

// ContentType says what kind of JSON it is.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// status is the one translation of faults to HTTP.
func status(k fault.Kind) int {
	switch k {
	case fault.KindInvalid:
		return http.StatusBadRequest
	case fault.KindUnauthorized:
		return http.StatusUnauthorized
	case fault.KindForbidden:
		return http.StatusForbidden
	case fault.KindNotFound:
		return http.StatusNotFound
	case fault.KindConflict:
		return http.StatusConflict
	case fault.KindTooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.KindUnsupported:
		return http.StatusUnsupportedMediaType
	case fault.KindLimited:
		return http.StatusTooManyRequests
	case fault.KindUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// problem translates an error; what is our own failure is logged here with its cause and hidden from the caller.
func (s *server) problem(ctx context.Context, err error) *Problem {
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = fault.Unavailable(0, "request.gone", "the request was given up")
	}
	f := fault.Of(err)
	st := status(f.Kind)
	p := &Problem{
		Type: "about:blank", Title: http.StatusText(st), Status: st, Detail: f.Message, Code: f.Code, Field: f.Field,
		Instance: cmp.Or(requestID(ctx), rand.Text()), retryAfter: int(math.Ceil(f.RetryAfter.Seconds())),
	}
	s.logFailure(ctx, p, err)
	if st == http.StatusServiceUnavailable && p.retryAfter == 0 {
		p.retryAfter = 1
	}
	if list, ok := errors.AsType[admin.Problems](err); ok {
		for _, x := range list {
			p.Errors = append(p.Errors, Detail{File: x.File, Line: x.Line, Field: x.Field, Code: x.Code, Message: x.Message})
		}
	}
	return p
}

// logFailure logs what is our own failure. That we are busy or the database is away is said once a second: a
// storm of requests must not become a storm of lines.
func (s *server) logFailure(ctx context.Context, p *Problem, err error) {
	say := func(level slog.Level) {
		s.log.LogAttrs(ctx, level, "request failed", slog.String("code", p.Code), slog.String("request", p.Instance), slog.Any("error", err))
	}
	switch {
	case p.Status == http.StatusServiceUnavailable:
		s.unavailable.Do(func() { say(slog.LevelWarn) })
	case p.Status >= http.StatusInternalServerError:
		say(slog.LevelError)
	}
}

// fail answers a request of a plain handler with an error.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	s.problem(r.Context(), err).write(w)
}

func (p *Problem) write(w http.ResponseWriter) {
	h := w.Header()
	for k, v := range p.GetHeaders() {
		h[k] = v
	}
	h.Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client may be gone: nobody is left to tell
}

// humaProblem turns what huma says about a request's form into our words. A transformer of the API, so that
// huma's package variable for making errors stays as it is.
func humaProblem(ctx huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := &Problem{Type: "about:blank", Title: m.Title, Status: m.Status, Detail: m.Detail, Code: "request.invalid", Instance: requestID(ctx.Context())}
	switch m.Status {
	case http.StatusRequestEntityTooLarge:
		p.Code = "request.too_large"
	case http.StatusUnsupportedMediaType:
		p.Code = "request.content_type"
	case http.StatusRequestTimeout:
		p.Code = "request.timeout"
	}
	for _, d := range m.Errors {
		p.Errors = append(p.Errors, Detail{Field: d.Location, Message: plainly(d.Message)})
	}
	if len(p.Errors) > 0 {
		p.Detail = allPlainly(p.Errors)
	}
	return p, nil
}
