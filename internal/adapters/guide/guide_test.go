package guide

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func get(t *testing.T, g *Guide, address string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	g.ServeHTTP(w, r)
	return w
}

var hrefs = regexp.MustCompile(`href="(/docs/[^"#]*)(?:#([^"]*))?"`)

// TestEveryPageAndEveryLink: all pages are shown, and whatever leads from one to another arrives, also at its heading.
func TestEveryPageAndEveryLink(t *testing.T) {
	t.Parallel()
	g, err := New()
	if err != nil {
		t.Fatal(err)
	}
	seen, anchors := 0, 0
	for _, p := range g.pages {
		w := get(t, g, p.Address)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "<h1") || strings.Contains(w.Body.String(), ".md\"") {
			t.Errorf("%s: %d, or a link to a file", p.Address, w.Code)
		}
		for _, m := range hrefs.FindAllStringSubmatch(w.Body.String(), -1) {
			seen++
			there := get(t, g, m[1])
			if there.Code != http.StatusOK {
				t.Errorf("%s leads to %s: %d", p.Address, m[1], there.Code)
			}
			if m[2] != "" {
				anchors++
				if !strings.Contains(there.Body.String(), `id="`+m[2]+`"`) {
					t.Errorf("%s leads to %s#%s, and there is no such heading", p.Address, m[1], m[2])
				}
			}
		}
	}
	if len(g.pages) < 20 || seen < 100 || anchors < 10 {
		t.Errorf("only %d pages, %d links, %d to headings: the test shows little", len(g.pages), seen, anchors)
	}
}

func TestWhatIsNoPage(t *testing.T) {
	t.Parallel()
	g, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]int{"/docs/": http.StatusFound, "/docs/guide/nothing": http.StatusNotFound, "/docs/../go": http.StatusNotFound, "/docs/guide": http.StatusNotFound} {
		if w := get(t, g, address); w.Code != want {
			t.Errorf("%s: %d, not %d", address, w.Code, want)
		}
	}
}
