package httpapi

import (
	"encoding/json"
	"log/slog"

	"github.com/rouse-oncall/rouse/internal/app/insight"
)

//go:generate go run ../../../cmd/rouse openapi --out ../../../web/openapi.json

// Document gives the OpenAPI 3.1 document of a server that has everything, indented.
func Document() ([]byte, error) {
	_, s := build(Deps{Log: slog.New(slog.DiscardHandler), Follow: new(insight.Follow)})
	raw, err := json.Marshal(s.document)
	if err != nil {
		return nil, err
	}
	var v any // its keys come out sorted: what changes is what differs
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, err
	}
	return json.MarshalIndent(v, "", " ")
}
