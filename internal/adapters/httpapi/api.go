package httpapi

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

func newHumaAPI(c huma.Config, mux *http.ServeMux) huma.API { return humago.New(mux, c) }

// route is one operation of the API and the least role that may use it.
type route struct {
	Method  string
	Path    string
	ID      string // operation id: unique
	Summary string
	Tag     string
	Needs   directory.Role // "" for everybody. The use case checks it; here it is for the documentation and its test
	Status  int            // of success; 0: 200
	Max     int64          // bytes of the body; 0: 1 MB
	Within  time.Duration  // what it may take; 0: what is left of answerIn
	Params  []*huma.Param  // for what is read by hand
}

// inTime bounds what is left of the operation.
func (rt *route) inTime(ctx context.Context) (context.Context, context.CancelFunc) {
	if rt.Within > 0 {
		return context.WithTimeout(ctx, rt.Within)
	}
	return inTime(ctx)
}

// handle registers an operation. Errors of h are translated in one place.
func handle[I, O any](s *server, api huma.API, rt route, h func(ctx context.Context, by directory.Principal, in *I) (*O, error)) {
	s.routes = append(s.routes, rt)
	op := huma.Operation{
		Method: rt.Method, Path: rt.Path, OperationID: rt.ID, Summary: rt.Summary, Tags: []string{rt.Tag},
		DefaultStatus: rt.Status, MaxBodyBytes: rt.Max, Parameters: rt.Params,
		BodyReadTimeout: -1, // the server's own; huma's would end the request while the database is waited for
	}
	document(api.OpenAPI(), &op, rt)
	huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
		ctx, cancel := rt.inTime(ctx)
		defer cancel()
		cleanAll(reflect.ValueOf(in))
		out, err := h(ctx, principal(ctx), in)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return out, nil
	})
}

// document says who may use an operation and how its errors look.
func document(doc *huma.OpenAPI, op *huma.Operation, rt route) {
	if rt.Needs != "" {
		op.Security = []map[string][]string{{"token": {}}, {"session": {}}}
		op.Description = "Needs the role " + string(rt.Needs) + "."
	}
	op.Responses = map[string]*huma.Response{"default": problemResponse(doc)}
}

func problemResponse(doc *huma.OpenAPI) *huma.Response {
	schema := doc.Components.Schemas.Schema(typeOf[Problem](), true, "Problem")
	return &huma.Response{
		Description: "A problem (RFC 9457) with a permanent code",
		Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schema}},
	}
}

// body is an answer that has only a body.
type body[T any] struct{ Body T }

func answer[T any](v T, err error) (*body[T], error) {
	if err != nil {
		return nil, err
	}
	return &body[T]{v}, nil
}

// request is the HTTP request behind an operation, for what huma's inputs do not hold: addresses, cookies.
func request(ctx context.Context) *http.Request {
	r, _ := ctx.Value(keyRequest).(*http.Request)
	return r
}
