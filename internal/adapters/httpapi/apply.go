package httpapi

import (
	"context"
	"encoding/json"
	"mime"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

type applyInput struct {
	DryRun      bool   `query:"dry_run" doc:"Say what would change, and change nothing"`
	ContentType string `header:"Content-Type"`
	RawBody     []byte `contentType:"application/yaml"`
}

// applyRequest is the JSON form of a request: several files, and the keys that they name.
type applyRequest struct {
	Files []admin.Document  `json:"files"`
	Keys  map[string]string `json:"keys"` // by the environment variable that key_env names
}

func (s *server) applyRoutes(api huma.API) {
	handle(s, api, route{
		Method: "POST", Path: "/api/v1/apply", ID: "apply", Tag: "Directory", Needs: directory.Admin, Max: 8 << 20, Within: time.Minute,
		Summary: "Make what people own as a document wants it: all of it or nothing. A YAML document, or JSON {files: [{name, content}], keys: {VARIABLE: key}}",
	}, func(ctx context.Context, by directory.Principal, in *applyInput) (*body[admin.Outcome], error) {
		// First the right to ask: what is wrong with a document is nobody else's business.
		if err := by.Require(directory.Admin); err != nil {
			return nil, err
		}
		wish, err := s.wish(in)
		if err != nil {
			return nil, err
		}
		if in.DryRun {
			return answer(s.d.Access.Apply.Plan(ctx, by, wish))
		}
		return answer(s.d.Access.Apply.Do(ctx, by, wish))
	})
}

func (s *server) wish(in *applyInput) (admin.Wish, error) {
	kind, _, err := mime.ParseMediaType(in.ContentType)
	req := applyRequest{Files: []admin.Document{{Name: "request", Content: string(in.RawBody)}}}
	switch {
	case err != nil:
		return admin.Wish{}, fault.Unsupported("request.content_type", "send application/yaml, or application/json with files")
	case kind == "application/json":
		req = applyRequest{}
		if err := json.Unmarshal(in.RawBody, &req); err != nil {
			return admin.Wish{}, fault.Invalid("request.invalid", "this is not JSON of the form {files: [{name, content}], keys: {}}")
		}
	case kind != "application/yaml" && kind != "text/yaml" && kind != "application/x-yaml":
		return admin.Wish{}, fault.Unsupported("request.content_type", "send application/yaml or application/json, not %s", kind)
	}
	desired, err := s.d.Access.Parse(req.Files)
	return admin.Wish{Desired: desired, Keys: req.Keys}, err
}
