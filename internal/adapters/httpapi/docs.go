package httpapi

import (
	"html/template"
	"maps"
	"net/http"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// documentPlain puts what plain handlers serve into the document.
func (s *server) documentPlain(doc *huma.OpenAPI) {
	object := func() *huma.Schema { return &huma.Schema{Type: huma.TypeObject} }
	jsonBody := func(words string, schema *huma.Schema) *huma.Response {
		return &huma.Response{Description: words, Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
	}
	add := func(method, path, id, tag, summary string, security []map[string][]string, in *huma.RequestBody, status string, out *huma.Response) {
		doc.AddOperation(&huma.Operation{
			Method: method, Path: path, OperationID: id, Tags: []string{tag}, Summary: summary, Security: security, RequestBody: in, BodyReadTimeout: -1,
			Responses: map[string]*huma.Response{status: out, "default": problemResponse(doc)},
		})
	}
	result := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{
		"received":   {Type: huma.TypeInteger},
		"durability": {Type: huma.TypeString, Enum: []any{"buffered"}, Description: "Only while the database is away: the alerts are kept in Redis until it is back"},
		"results": {Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{
			"fingerprint": {Type: huma.TypeString},
			"outcome":     {Type: huma.TypeString, Enum: []any{"opened", "joined", "refreshed", "late", "doubtful", "resolved", "quarantined", "buffered"}},
			"incident":    {Type: huma.TypeString, Description: "Its number; left out where the alert belongs to none"},
		}}},
	}}
	webhook := &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: object()}}}
	add("POST", "/alerts", "receive-alerts", "Intake", "Take alerts in: Alertmanager's webhook, version 4. Answered after the commit",
		[]map[string][]string{{"key": {}}}, webhook, "202", jsonBody("Every alert is stored, or visibly in quarantine; with the header Rouse-Durability: buffered it is kept until the database is back", result))
	documentSenders(add, jsonBody, webhook, object)
	add("GET", "/health", "health", "Server", "Say that the server lives", nil, nil, "200", jsonBody("It does", object()))
	add("GET", "/ready", "ready", "Server", "Say whether everything that it stands on works", nil, nil, "200", jsonBody("Each check and its state", object()))
	add("GET", "/metrics", "metrics", "Server", "Metrics in Prometheus' text format", []map[string][]string{{"token": {}}, {}}, nil, "200",
		&huma.Response{Description: "Metrics", Content: map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{Type: huma.TypeString}}}})
}

type docOperation struct {
	Method, Path, Summary, Description string
	Params                             []*huma.Param
}

type docGroup struct {
	Tag        string
	Operations []docOperation
}

// documentation serves the document for people, one page from this server alone, without scripts; and the guide.
func (s *server) documentation(mux *http.ServeMux, api huma.API) {
	if s.d.Guide != nil {
		mux.Handle("GET /docs/", s.d.Guide)
	}
	page := template.Must(template.New("docs").Parse(docsPage))
	mux.HandleFunc("GET /api/docs", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if err := page.Execute(w, map[string]any{"Version": s.d.Config.Version, "Groups": docGroups(api.OpenAPI())}); err != nil {
			s.log.DebugContext(r.Context(), "the documentation was not read to its end", "error", err)
		}
	})
}

func docGroups(doc *huma.OpenAPI) []docGroup {
	byTag := map[string][]docOperation{}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil || len(op.Tags) == 0 {
				continue
			}
			byTag[op.Tags[0]] = append(byTag[op.Tags[0]], docOperation{op.Method, path, op.Summary, op.Description, op.Parameters})
		}
	}
	var out []docGroup
	for _, tag := range slices.Sorted(maps.Keys(byTag)) {
		out = append(out, docGroup{tag, byTag[tag]})
	}
	return out
}

const docsPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rouse API</title><link rel="stylesheet" href="/page.css"></head><body><main>
<h1>Rouse API {{.Version}}</h1>
<p>For programs: <a href="/api/openapi.json">the OpenAPI 3.1 document</a>. Send an API token as <code>Authorization: Bearer rouse_api_…</code>.
Errors are problems (RFC 9457) whose <code>code</code> never changes its meaning.</p>
{{range .Groups}}<h2>{{.Tag}}</h2>
{{range .Operations}}<section><h3><code>{{.Method}} {{.Path}}</code></h3><p>{{.Summary}}. {{.Description}}</p>
{{if .Params}}<ul>{{range .Params}}<li><code>{{.Name}}</code> in {{.In}}{{if .Required}}, required{{end}}{{if .Description}}: {{.Description}}{{end}}</li>{{end}}</ul>{{end}}
</section>{{end}}{{end}}
</main></body></html>
`
