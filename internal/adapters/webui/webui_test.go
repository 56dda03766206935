package webui

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func built(t *testing.T) *UI {
	t.Helper()
	ui, ok := from(fstest.MapFS{
		".gitkeep":         {},
		"index.html":       {Data: []byte("<!doctype html>" + strings.Repeat("the document ", 50))},
		"theme.js":         {Data: []byte("theme()")},
		"assets/main-1.js": {Data: []byte("main()")},
		"sw.js":            {Data: []byte("worker()")},
		"icon.png":         {Data: []byte("\x89PNG")},
	})
	if !ok {
		t.Fatal("it was not found")
	}
	return ui
}

func get(t *testing.T, ui *UI, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for k := 0; k < len(header); k += 2 {
		r.Header.Set(header[k], header[k+1])
	}
	w := httptest.NewRecorder()
	ui.ServeHTTP(w, r)
	return w
}

func TestWithoutIt(t *testing.T) {
	t.Parallel()
	if _, ok := from(fstest.MapFS{".gitkeep": {}}); ok {
		t.Error("a folder with nothing in it is taken for the UI")
	}
}

func TestServing(t *testing.T) {
	t.Parallel()
	ui := built(t)
	if got, want := ui.Files(), []string{"/assets/main-1.js", "/icon.png", "/index.html", "/sw.js", "/theme.js"}; !slices.Equal(got, want) {
		t.Errorf("files are %v, want %v", got, want)
	}
	for path, want := range map[string]struct{ kind, cache, body string }{
		"/":                 {"text/html; charset=utf-8", "no-cache", "the document"},
		"/i/4821":           {"text/html; charset=utf-8", "no-cache", "the document"},
		"/theme.js":         {"text/javascript; charset=utf-8", "no-cache", "theme()"},
		"/assets/main-1.js": {"text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "main()"},
		"/index.html":       {"text/html; charset=utf-8", "no-cache", "the document"},
		"/sw.js":            {"text/javascript; charset=utf-8", "no-cache", "worker()"},
		"/icon.png":         {"image/png", "no-cache", "PNG"},
	} {
		w := get(t, ui, path)
		if w.Code != 200 || w.Header().Get("Content-Type") != want.kind || w.Header().Get("Cache-Control") != want.cache || !strings.Contains(w.Body.String(), want.body) {
			t.Errorf("%s: %d %v %.60s", path, w.Code, w.Header(), w.Body)
		}
		again := get(t, ui, path, "If-None-Match", w.Header().Get("ETag"))
		if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
			t.Errorf("%s: what the browser has already is answered %d with %d bytes", path, again.Code, again.Body.Len())
		}
	}
}

func TestCompressed(t *testing.T) {
	t.Parallel()
	ui := built(t)
	w := get(t, ui, "/", "Accept-Encoding", "br, gzip")
	if w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("ETag") == get(t, ui, "/").Header().Get("ETag") {
		t.Fatalf("%v", w.Header())
	}
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(z); err != nil || !strings.HasSuffix(string(text), "the document ") {
		t.Errorf("%s, %v", text, err)
	}
	if h := get(t, ui, "/icon.png", "Accept-Encoding", "gzip").Header(); h.Get("Content-Encoding") != "" {
		t.Errorf("a picture is compressed again: %v", h)
	}
}

// The pages that the server knows are those that the UI has.
func TestPagesAreTheRoutersOwn(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../../../web/src/app/router.tsx")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range regexp.MustCompile(`(?m)^\s*path: '([^']+)'`).FindAllSubmatch(source, -1) {
		pattern := regexp.MustCompile(`\$(\w+)`).ReplaceAllString(string(m[1]), "{$1}")
		if pattern == "/" {
			pattern = "/{$}"
		}
		want = append(want, pattern)
	}
	got := (&UI{}).Pages()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the server knows the pages %v, the router has %v", got, want)
	}
}
