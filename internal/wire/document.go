package wire

import "github.com/rouse-oncall/rouse/internal/adapters/httpapi"

// OpenAPI gives the document of the API.
func OpenAPI() ([]byte, error) { return httpapi.Document() }
