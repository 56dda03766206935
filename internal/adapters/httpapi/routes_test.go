package httpapi

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/rouse-oncall/rouse/internal/domain/directory"
)

// bodies that pass the form of their routes, so that what answers is the use case.
var routeBodies = map[string]string{
	"POST /resolve":                             `{"id":1,"status":"acknowledged"}`,
	"POST /api/v1/resolve":                      `{"ids":["1"],"status":"resolved"}`,
	"POST /api/v1/incidents/{id}/resolve":       `{"note":"x"}`,
	"POST /api/v1/incidents":                    `{"title":"x","to":[{"user":"ana@example.org"}]}`,
	"POST /api/v1/incidents/bulk":               `{"do":"acknowledge","ids":["1"]}`,
	"POST /api/v1/incidents/{id}/snooze":        `{"minutes":5}`,
	"POST /api/v1/incidents/{id}/reassign":      `{"to":{"user":"ana@example.org"}}`,
	"POST /api/v1/incidents/{id}/responders":    `{"to":{"team":"web"}}`,
	"POST /api/v1/incidents/{id}/priority":      `{"priority":"P1"}`,
	"POST /api/v1/incidents/{id}/merge":         `{"with":["2"]}`,
	"POST /api/v1/incidents/{id}/note":          `{"note":"x"}`,
	"POST /api/v1/users":                        `{"email":"new@example.org"}`,
	"PATCH /api/v1/users/{name}":                `{"name":"x"}`,
	"POST /api/v1/teams":                        `{"name":"new"}`,
	"PATCH /api/v1/teams/{name}":                `{"name":"x"}`,
	"POST /api/v1/channels":                     `{"name":"new"}`,
	"PATCH /api/v1/channels/{name}":             `{"name":"x"}`,
	"POST /api/v1/policies":                     `{"name":"new"}`,
	"PATCH /api/v1/policies/{name}":             `{"name":"x"}`,
	"POST /api/v1/services":                     `{"name":"new"}`,
	"PATCH /api/v1/services/{name}":             `{"name":"x"}`,
	"POST /api/v1/integrations":                 `{"name":"new"}`,
	"POST /api/v1/integrations/{name}/preview":  `{"transform":"body"}`,
	"POST /api/v1/channel-kinds/{name}/preview": `{"options":{}}`,
	"PATCH /api/v1/integrations/{name}":         `{"name":"x"}`,
	"PATCH /api/v1/settings":                    `{}`,
	"POST /api/v1/forecast":                     `{"severity":"critical"}`,
	"POST /api/v1/contacts/{id}/verify":         `{"code":"000000"}`,
	"POST /api/v1/quarantine/dismiss":           `{"ids":["1"]}`,
	"POST /api/v1/tokens":                       `{"name":"x","role":"viewer"}`,
	"POST /api/v1/linked":                       `{"kind":"slack"}`,
	"POST /api/v1/devices":                      `{"name":"x","subscription":{"endpoint":"x","keys":{"auth":"x","p256dh":"x"}}}`,
	"POST /api/v1/apply":                        `{"files":[]}`,
	"POST /api/v1/session/link/used":            `{"token":"x"}`,
	"POST /api/v1/session":                      `{"email":"x","password":"x"}`,
	"POST /api/v1/setup":                        `{"token":"x","email":"x","name":"x","password":"x"}`,
	"POST /api/v1/password":                     `{"token":"x","password":"x"}`,
}

var pathParam = regexp.MustCompile(`\{[a-z]+\}`)

// Every route of the API is asked by everybody: below its role 401 or 403, from it on neither.
func TestRoutesByRole(t *testing.T) {
	t.Parallel()
	ranks := map[directory.Role]int{"": 0, directory.Viewer: 1, directory.Responder: 2, directory.Admin: 3}
	b := setup(t)
	if len(b.routes) < 30 {
		t.Fatalf("only %d routes are registered", len(b.routes))
	}
	for _, rt := range b.routes {
		for role, rank := range ranks {
			name := rt.Method + " " + rt.Path
			path := pathParam.ReplaceAllString(rt.Path, "1")
			if strings.Contains(rt.Path, "/messages/{id}") {
				path = strings.Replace(rt.Path, "{id}", "m1", 1)
			}
			t.Run(fmt.Sprintf("%s as %s", name, role), func(t *testing.T) {
				w := b.call(t, call{do: rt.Method + " " + path, as: role, body: routeBodies[name]})
				allowed := w.Code != http.StatusUnauthorized && w.Code != http.StatusForbidden
				if rt.Needs != "" && allowed != (rank >= ranks[rt.Needs]) {
					t.Errorf("%d, and it needs the role %s: %s", w.Code, rt.Needs, w.Body)
				}
				if rank == 0 && rt.Needs != "" && w.Code != http.StatusUnauthorized {
					t.Errorf("nobody is answered %d, not 401", w.Code)
				}
				if w.Code >= 500 {
					t.Errorf("%d: %s", w.Code, w.Body)
				}
			})
		}
	}
}

func TestDocument(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.call(t, call{do: "GET /api/openapi.json"})
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string `json:"operationId"`
			Responses   map[string]any
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Fatalf("%q: %v", doc.OpenAPI, err)
	}
	ids := map[string]bool{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if ids[op.OperationID] || op.OperationID == "" {
				t.Errorf("the operation id %q of %s %s is not its own", op.OperationID, method, path)
			}
			ids[op.OperationID] = true
			if op.Responses["default"] == nil {
				t.Errorf("%s %s does not say how its errors look", method, path)
			}
		}
	}
	for _, id := range []string{"receive-alerts", "health", "ready", "metrics", "resolve-incidents", "apply"} {
		if !ids[id] {
			t.Errorf("%s is not in the document", id)
		}
	}
	docs := b.call(t, call{do: "GET /api/docs"})
	if docs.Code != http.StatusOK || !strings.Contains(docs.Body.String(), "/api/v1/apply") || strings.Contains(docs.Body.String(), "<script") {
		t.Errorf("the readable document is %d: %.200s", docs.Code, docs.Body)
	}
}

// A deadline for reading a body that is not there would end the request while the database is waited for: people
// would be told that the request was given up, and not whether it was saved.
func TestNoOperationHasADeadlineOfItsOwnForItsBody(t *testing.T) {
	t.Parallel()
	_, s := build(Deps{Log: slog.New(slog.DiscardHandler)})
	n := 0
	for path, item := range s.document.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil || op.BodyReadTimeout < 0 {
				n++
				continue
			}
			if op.RequestBody != nil {
				t.Errorf("%s %s ends after %s", op.Method, path, op.BodyReadTimeout)
			}
		}
	}
	if n < 20 {
		t.Fatalf("only %d operations were looked at", n)
	}
}
