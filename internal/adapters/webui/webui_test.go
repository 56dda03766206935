package webui

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
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

const document1 = `<!doctype html><style>a{}</style><script>theme()</script><script type="module" src="/assets/main-1.js"></script>
<link rel="modulepreload" data-for="list" href="/assets/list.js"><link rel="modulepreload" data-for="incident" href="/assets/incident.js">
<div id="root"><!--first--></div><!--state-->the document`

func built(t *testing.T) *UI {
	t.Helper()
	ui, ok := from(fstest.MapFS{
		".gitkeep":         {},
		"index.html":       {Data: []byte(document1)},
		"first.html":       {Data: []byte(`{{define "line"}}<li>{{.Title}} of {{.Of}}</li>{{end}}{{range .Lines}}{{template "line" (pair "Title" . "Of" $.Me)}}{{end}}`)},
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
	w := get(t, ui, "/index.html", "Accept-Encoding", "br, gzip")
	if w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("ETag") == get(t, ui, "/index.html").Header().Get("ETag") {
		t.Fatalf("%v", w.Header())
	}
	if text := unzip(t, w.Body); !strings.HasSuffix(text, "the document") {
		t.Error(text)
	}
	if h := get(t, ui, "/icon.png", "Accept-Encoding", "gzip").Header(); h.Get("Content-Encoding") != "" {
		t.Errorf("a picture is compressed again: %v", h)
	}
}

func unzip(t *testing.T, r io.Reader) string {
	t.Helper()
	z, err := gzip.NewReader(r)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func page(t *testing.T, ui *UI, path string, view, state any, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for k := 0; k < len(header); k += 2 {
		r.Header.Set(header[k], header[k+1])
	}
	w := httptest.NewRecorder()
	w.Header().Set("Content-Security-Policy", "default-src 'self'")
	if err := ui.Page(w, r, http.StatusOK, view, state); err != nil {
		t.Fatal(err)
	}
	return w
}

// What the server knows stands in the document, as text only; without it the document is as it was built.
func TestPage(t *testing.T) {
	t.Parallel()
	ui := built(t)
	view := map[string]any{"Me": "Ana", "Lines": []string{"<script>evil()</script>"}}
	state := map[string]string{"title": "</script><script>evil()</script>"}
	text := page(t, ui, "/", view, state).Body.String()
	for _, want := range []string{
		`<div id="root"><li>&lt;script&gt;evil()&lt;/script&gt; of Ana</li></div>`,
		`<script type="application/json" id="state">{"title":"\u003c/script\u003e\u003cscript\u003eevil()\u003c/script\u003e"}</script>`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
	if zipped := unzip(t, page(t, ui, "/", view, state, "Accept-Encoding", "gzip").Body); zipped != text {
		t.Errorf("compressed it is another: %s", zipped)
	}
	if bare := page(t, ui, "/history", nil, nil).Body.String(); !strings.Contains(bare, `<div id="root"><!--first--></div><!--state-->`) {
		t.Error(bare)
	}
	if err := ui.Page(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), http.StatusOK, 7, nil); err == nil {
		t.Error("a view that the template cannot show is no error")
	}
}

func TestPageHasTheStatusThatIsAsked(t *testing.T) {
	t.Parallel()
	ui := built(t)
	for _, encoding := range []string{"", "gzip"} {
		r, w := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/incidnets", nil), httptest.NewRecorder()
		r.Header.Set("Accept-Encoding", encoding)
		if err := ui.Page(w, r, http.StatusNotFound, nil, nil); err != nil || w.Code != http.StatusNotFound {
			t.Errorf("%q: %d, %v", encoding, w.Code, err)
		}
	}
}

// A page loads what it needs itself, and not what another one does.
func TestPageLoadsItsOwn(t *testing.T) {
	t.Parallel()
	ui := built(t)
	for path, want := range map[string][2]bool{"/": {true, false}, "/i/7": {false, true}, "/wall": {false, false}} {
		text := page(t, ui, path, nil, nil).Body.String()
		if got := [2]bool{strings.Contains(text, "list.js"), strings.Contains(text, "incident.js")}; got != want {
			t.Errorf("%s loads the list's and the incident's: %v", path, got)
		}
	}
}

// The policy lets through what was built into the document, by its hash, and nothing else that stands there; the document
// that the service worker keeps says the same.
func TestPolicyOfThePage(t *testing.T) {
	t.Parallel()
	ui := built(t)
	policy := page(t, ui, "/", nil, nil).Header().Get("Content-Security-Policy")
	for kind, content := range map[string]string{"script": "theme()", "style": "a{}"} {
		sum := sha256.Sum256([]byte(content))
		if want := kind + "-src 'self' 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) {
			t.Errorf("%q is not in %q", want, policy)
		}
	}
	if !strings.HasPrefix(policy, "default-src 'self'; ") || strings.Contains(policy, "unsafe") || strings.Count(policy, "sha256") != 2 {
		t.Error(policy)
	}
	if kept := get(t, ui, "/index.html").Header().Get("Content-Security-Policy"); !strings.HasSuffix(policy, kept) || kept == "" {
		t.Errorf("the document that is kept has %q", kept)
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
