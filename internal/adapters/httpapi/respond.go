package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/app/respond"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// ref names an incident: its id or number, as text ("4821", "#4821", a UUID) or as a JSON number.
type ref string

// UnmarshalJSON takes both forms.
func (r *ref) UnmarshalJSON(b []byte) error {
	var n int64
	if err := json.Unmarshal(b, &n); err == nil {
		*r = ref(strconv.FormatInt(n, 10))
		return nil
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return errors.New("an incident's id is a text or a number")
	}
	*r = ref(s)
	return nil
}

// Schema says so in the document.
func (ref) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		OneOf:       []*huma.Schema{{Type: huma.TypeString}, {Type: huma.TypeInteger}},
		Description: "An incident's id or number", Examples: []any{"4821"},
	}
}

type resolveInput struct {
	Body struct {
		ID     ref    `json:"id,omitempty"`
		IDs    []ref  `json:"ids,omitempty"`
		Status string `json:"status" enum:"resolved,acknowledged"`
		Note   string `json:"note,omitempty" maxLength:"2000"`
	}
}

type noteInput struct {
	ID   string `path:"id" doc:"The incident's id or number" maxLength:"64"`
	Body *struct {
		Note string `json:"note,omitempty" maxLength:"2000"`
	}
}

type healthyInput struct {
	Name        string `path:"name" maxLength:"200"`
	Environment string `query:"environment" doc:"All where it is left out" maxLength:"200"`
}

type resultBody struct {
	ID       string `json:"id" doc:"The incident's id, or what was named where there is none"`
	Number   int64  `json:"number,omitempty"`
	Status   string `json:"status,omitempty" enum:"open,acknowledged,resolved"`
	Assignee string `json:"assignee,omitempty"`
	Changed  bool   `json:"changed"`
	Said     string `json:"said,omitempty" doc:"What became of it, in words"`
	Code     string `json:"code,omitempty" doc:"Why this one failed"`
	Detail   string `json:"detail,omitempty"`
}

type results struct {
	Results []resultBody `json:"results"`
}

func resultsOf(list []respond.Result) results {
	out := results{Results: []resultBody{}}
	for i := range list {
		out.Results = append(out.Results, resultOf(&list[i]))
	}
	return out
}

func resultOf(r *respond.Result) resultBody {
	b := resultBody{ID: r.ID, Number: int64(r.Number), Changed: r.Changed, Assignee: r.Assignee.Name, Said: r.Said}
	if r.ID == "" {
		b.ID = r.Ref
	} else {
		b.Status = r.Status.String()
	}
	if r.Err != nil {
		b.Code, b.Detail, b.Said = r.Err.Code, r.Err.Message, ""
	}
	return b
}

// single answers a request that named one incident: its failure is the request's.
func single(list []respond.Result, err error) (*body[results], error) {
	if err == nil && len(list) == 1 && list[0].Err != nil {
		err = list[0].Err
	}
	return answer(resultsOf(list), err)
}

type respondFunc func(ctx context.Context, by directory.Principal, refs []string, note string) ([]respond.Result, error)

func (s *server) respondRoutes(api huma.API) {
	for _, prefix := range []string{"", "/api/v1"} {
		handle(s, api, route{
			Method: "POST", Path: prefix + "/resolve", ID: "resolve-incidents" + suffix(prefix), Tag: "Incidents", Needs: directory.Responder,
			Summary: "Resolve or acknowledge incidents, each its own decision",
		}, s.resolve)
	}
	for verb, do := range map[string]respondFunc{"acknowledge": s.d.Incidents.Acknowledge, "resolve": s.d.Incidents.Resolve} {
		handle(s, api, route{
			Method: "POST", Path: "/api/v1/incidents/{id}/" + verb, ID: verb + "-incident", Tag: "Incidents", Needs: directory.Responder,
			Summary: "Say " + verb + " to one incident",
		}, func(ctx context.Context, by directory.Principal, in *noteInput) (*body[results], error) {
			note := ""
			if in.Body != nil {
				note = in.Body.Note
			}
			return single(do(ctx, by, []string{in.ID}, note))
		})
	}
	handle(s, api, route{
		Method: "POST", Path: "/api/v1/services/{name}/healthy", ID: "service-healthy", Tag: "Incidents", Needs: directory.Responder,
		Summary: "Say that a service works: as if its sources had resolved every alert",
	}, func(ctx context.Context, by directory.Principal, in *healthyInput) (*body[results], error) {
		list, err := s.d.Incidents.Healthy(ctx, by, in.Name, in.Environment)
		return answer(resultsOf(list), err)
	})
}

// suffix keeps operation ids apart for what has two addresses.
func suffix(prefix string) string {
	if prefix == "" {
		return ""
	}
	return "-v1"
}

func (s *server) resolve(ctx context.Context, by directory.Principal, in *resolveInput) (*body[results], error) {
	do := s.d.Incidents.Resolve
	if in.Body.Status == "acknowledged" {
		do = s.d.Incidents.Acknowledge
	}
	if (in.Body.ID == "") == (len(in.Body.IDs) == 0) {
		return nil, fault.Invalid("request.invalid", "name either one incident by id or several by ids")
	}
	if in.Body.ID != "" {
		return single(do(ctx, by, []string{string(in.Body.ID)}, in.Body.Note))
	}
	list, err := do(ctx, by, texts(in.Body.IDs), in.Body.Note)
	return answer(resultsOf(list), err)
}
