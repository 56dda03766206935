package httpapi

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/adapters/ingest"
	"github.com/rouse-oncall/rouse/internal/adapters/ingest/email"
	"github.com/rouse-oncall/rouse/internal/adapters/ingest/webhook"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// receiveWebhook is POST /webhook: any JSON, of which the integration's transform makes alerts. What it makes nothing of
// is kept in quarantine, whole, and somebody is told: the sender could not mend it.
func (s *server) receiveWebhook(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		s.notAllowed(w, r, http.MethodPost)
		return
	}
	from, err := s.sender(r)
	var raw []byte
	if err == nil {
		raw, err = ingest.Body(r, ingest.DefaultLimits())
	}
	if err != nil {
		s.d.Unread(fault.Of(err).Code)
		s.fail(w, r, err)
		return
	}
	b, err := webhook.Decode(from.Transform, raw, ingest.DefaultLimits())
	switch {
	case fault.Of(err).Code == "alerts.transform":
		b = ingest.Batch{}
		b.Add(0, alert.Signal{}, err.Error(), raw)
	case err != nil:
		s.d.Unread(fault.Of(err).Code)
		s.fail(w, r, err)
		return
	}
	results, err := s.takeIn(r, from, b, 0)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.accepted(w, results)
	s.heard(w, r, from, results)
	s.d.Access.KeepPayload.Do(r.Context(), from.ID, raw)
}

type previewInput struct {
	Name string `path:"name" doc:"Its id or its name" maxLength:"254"`
	Body struct {
		Transform string `json:"transform" maxLength:"16384" doc:"The expression to try; nothing is saved"`
		Sample    string `json:"sample,omitempty" maxLength:"65536" doc:"A payload to try it with, before those that came"`
	}
}

type previewAlert struct {
	Status      string            `json:"status" enum:"firing,resolved"`
	Fingerprint string            `json:"fingerprint"`
	Title       string            `json:"title"`
	Service     string            `json:"service" doc:"Empty: it would land on the service unsorted"`
	Environment string            `json:"environment"`
	Severity    string            `json:"severity"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

type previewBody struct {
	At       *time.Time     `json:"at" doc:"When it came; null for the sample"`
	Payload  string         `json:"payload"`
	Problem  string         `json:"problem,omitempty" doc:"Why nothing could be made of it"`
	Alerts   []previewAlert `json:"alerts"`
	Problems []string       `json:"problems" doc:"Of what was made, why some can be no alerts"`
}

type previewList struct {
	Previews []previewBody `json:"previews"`
}

// previewRoute tries a transform on what came last.
func (s *server) previewRoute(api huma.API) {
	handle(s, api, route{
		Method: "POST", Path: "/api/v1/integrations/{name}/preview", ID: "preview-transform", Tag: "Directory", Needs: directory.Admin,
		Summary: "Say what alerts a transform would make of the last payloads of an integration, and of a sample",
	}, func(ctx context.Context, by directory.Principal, in *previewInput) (*body[previewList], error) {
		of, list, err := s.d.Access.ReadPayloads.Do(ctx, by, in.Name)
		if err != nil {
			return nil, err
		}
		out := previewList{Previews: []previewBody{}}
		if in.Body.Sample != "" {
			list = append([]ports.Payload{{Body: in.Body.Sample}}, list...)
		}
		for _, p := range list {
			out.Previews = append(out.Previews, preview(of, in.Body.Transform, p))
		}
		return answer(out, nil)
	})
}

func preview(of *directory.Integration, transform string, p ports.Payload) previewBody {
	out := previewBody{At: maybe(p.At), Payload: p.Body, Alerts: []previewAlert{}, Problems: []string{}}
	if of.Kind == directory.Email {
		transform = cmp.Or(transform, email.Transform)
	}
	b, err := webhook.Decode(transform, []byte(p.Body), ingest.DefaultLimits())
	if err != nil {
		out.Problem = fault.Of(err).Message
		return out
	}
	mapping := alert.DefaultMapping()
	if of.Mapping != nil {
		mapping = *of.Mapping
	}
	for _, signal := range b.Signals {
		signal = mapping.Apply(signal)
		status := "resolved"
		if signal.Firing {
			status = "firing"
		}
		out.Alerts = append(out.Alerts, previewAlert{
			status, signal.Fingerprint, signal.Title, signal.Service, signal.Environment, signal.Severity.String(), words(signal.Labels), words(signal.Annotations),
		})
	}
	for _, bad := range b.Bad {
		out.Problems = append(out.Problems, bad.Reason)
	}
	return out
}
