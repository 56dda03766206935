package httpapi

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestCompressed(t *testing.T) {
	t.Parallel()
	long := strings.Repeat(`{"title":"down"} `, 500)
	for name, c := range map[string]struct {
		kind, body, accept, encoding string
		status                       int
		zipped                       bool
	}{
		"a long list":         {kind: "application/json", body: long, accept: "gzip, br", status: 200, zipped: true},
		"a long problem":      {kind: "application/problem+json", body: long, accept: "gzip", status: 409, zipped: true},
		"nobody asked for it": {kind: "application/json", body: long, accept: "br", status: 200},
		"short":               {kind: "application/json", body: `{"id":"7"}`, accept: "gzip", status: 201},
		"nothing":             {kind: "", body: "", accept: "gzip", status: 204},
		"a page":              {kind: "text/html", body: long, accept: "gzip", status: 200},
		"what is so already":  {kind: "application/json", body: long, accept: "gzip", encoding: "br", status: 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/incidents", nil)
			r.Header.Set("Accept-Encoding", c.accept)
			w := httptest.NewRecorder()
			compressed(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if c.kind != "" {
					w.Header().Set("Content-Type", c.kind)
				}
				if c.encoding != "" {
					w.Header().Set("Content-Encoding", c.encoding)
				}
				w.WriteHeader(c.status)
				for part := range strings.SplitAfterSeq(c.body, " ") {
					if part == "" { // then nothing is written
						continue
					}
					if n, err := w.Write([]byte(part)); n != len(part) || err != nil {
						t.Errorf("%d bytes of %d, %v", n, len(part), err)
					}
				}
			})).ServeHTTP(w, r)
			if w.Code != c.status || (w.Header().Get("Content-Encoding") == "gzip") != c.zipped {
				t.Fatalf("%d %v", w.Code, w.Header())
			}
			body := io.Reader(w.Body)
			if c.zipped {
				if w.Body.Len() > len(long)/5 {
					t.Errorf("%d bytes came to %d", len(long), w.Body.Len())
				}
				z, err := gzip.NewReader(w.Body)
				if err != nil {
					t.Fatal(err)
				}
				body = z
			}
			if got, err := io.ReadAll(body); err != nil || string(got) != c.body {
				t.Errorf("%d bytes of %d, %v", len(got), len(c.body), err)
			}
		})
	}
}
