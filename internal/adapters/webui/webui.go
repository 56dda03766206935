// Package webui holds the built web UI. `make web` puts it here; a program that was built without it has none.
package webui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"maps"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
)

// What is built is no part of the repository; .gitkeep lets a program be built without it.
//
//go:embed all:dist
var dist embed.FS

// index is the document of every page, first what is seen in it before a script runs.
const (
	index = "/index.html"
	first = "/first.html"
)

// UI is the built web UI.
type UI struct {
	files    map[string]*file // by path
	document *document
}

type file struct {
	content    []byte
	compressed func() []byte // nil where the content is the shorter one
	kind, tag  string
}

// New gives the UI, or false where this program was built without it.
func New() (*UI, bool) {
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, false
	}
	return from(built)
}

func from(built fs.FS) (*UI, bool) {
	ui := &UI{files: map[string]*file{}}
	_ = fs.WalkDir(built, ".", func(name string, d fs.DirEntry, err error) error { // what cannot be read is not there
		if err != nil || d.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return nil //nolint:nilerr // see above
		}
		if content, err := fs.ReadFile(built, name); err == nil {
			ui.files["/"+name] = newFile(name, content)
		}
		return nil
	})
	if ui.files[index] == nil {
		return nil, false
	}
	view := ""
	if f := ui.files[first]; f != nil {
		view = string(f.content)
		delete(ui.files, first)
	}
	var err error
	ui.document, err = newDocument(string(ui.files[index].content), view)
	return ui, err == nil
}

func newFile(name string, content []byte) *file {
	sum := sha256.Sum256(content)
	f := &file{content: content, kind: mime.TypeByExtension(path.Ext(name)), tag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
	if path.Ext(name) == ".webmanifest" { // not every machine knows it
		f.kind = "application/manifest+json"
	}
	if strings.HasPrefix(f.kind, "text/") || strings.HasPrefix(f.kind, "application/") || strings.HasPrefix(f.kind, "image/svg") {
		f.compressed = sync.OnceValue(func() []byte { return squeeze(content) })
	}
	return f
}

// squeeze compresses; it cannot fail in memory.
func squeeze(content []byte) []byte {
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	_, _ = z.Write(content)
	_ = z.Close()
	return out.Bytes()
}

// Pages are the routes of the UI; web/src/app/router.tsx has the same.
func (*UI) Pages() []string {
	return []string{
		"/{$}",
		"/i/{ref}",
		"/history",
		"/insight",
		"/start",
		"/services",
		"/services/{id}",
		"/people",
		"/people/{id}",
		"/teams",
		"/teams/{id}",
		"/policies",
		"/policies/{id}",
		"/integrations",
		"/integrations/{id}",
		"/quarantine",
		"/channels",
		"/channels/{id}",
		"/tokens",
		"/settings",
		"/wall",
	}
}

// Files are the paths of what the pages load. The document itself is among them: the service worker keeps it.
func (ui *UI) Files() []string { return slices.Sorted(maps.Keys(ui.files)) }

// ServeHTTP answers with the file of the path, which is one of Files. What has a hash in its name never changes; of
// everything else a browser asks each time whether it has.
func (ui *UI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := ui.files[r.URL.Path]
	h := w.Header()
	if r.URL.Path == index { // kept by the service worker, with its headers
		h.Set("Content-Security-Policy", h.Get("Content-Security-Policy")+ui.document.policy)
	}
	h.Set("Content-Type", f.kind)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	if strings.HasPrefix(r.URL.Path, "/assets/") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	content, tag := f.content, f.tag
	if f.compressed != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		content, tag = f.compressed(), strings.TrimSuffix(f.tag, `"`)+`-gz"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(content) // the reader may be gone
}
