// Package guide shows the guide and the reference as pages: what they say is of this build, and there is no network to need.
package guide

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/rouse-oncall/rouse/docs"
)

// At is where the pages are; Root begins them.
const (
	At    = "/docs/"
	start = "guide/start"
)

// Guide serves the pages.
type Guide struct {
	files fs.FS
	pages []link // by file, in the order of their names
	md    goldmark.Markdown
	frame *template.Template
}

type link struct{ Address, Title, file string }

// New finds the pages.
func New() (*Guide, error) {
	g := &Guide{files: docs.Files, frame: template.Must(template.New("page").Parse(frame))}
	g.md = goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithParserOptions(
		parser.WithAutoHeadingID(), parser.WithASTTransformers(util.Prioritized(links{g.files}, 100))))
	err := fs.WalkDir(g.files, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		source, err := fs.ReadFile(g.files, file)
		if err != nil {
			return err
		}
		title, _, _ := strings.Cut(strings.TrimPrefix(string(source), "# "), "\n")
		g.pages = append(g.pages, link{At + strings.TrimSuffix(file, ".md"), title, file})
		return nil
	})
	return g, err
}

// ServeHTTP gives the page at an address, the first one at the root.
func (g *Guide) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, At)
	if name == "" {
		http.Redirect(w, r, At+start, http.StatusFound)
		return
	}
	body, title, err := g.page(name + ".md")
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err == nil {
		err = g.frame.Execute(w, map[string]any{"Title": title, "Body": body, "Pages": g.pages, "Here": r.URL.Path})
	}
	if err != nil {
		http.Error(w, fmt.Sprintf("the page cannot be shown: %v", err), http.StatusInternalServerError)
	}
}

// page is Markdown of our own, made into HTML.
func (g *Guide) page(file string) (body template.HTML, title string, err error) {
	source, err := fs.ReadFile(g.files, file)
	if err != nil {
		return "", "", err
	}
	context := parser.NewContext()
	context.Set(here, file)
	var out bytes.Buffer
	if err := g.md.Convert(source, &out, parser.WithContext(context)); err != nil {
		return "", "", err
	}
	for _, p := range g.pages {
		if p.file == file {
			title = p.Title
		}
	}
	return template.HTML(out.String()), title, nil //nolint:gosec // it was built with the program
}

// here is the file that is being read.
var here = parser.NewContextKey()

// links leads from page to page: as files they end in .md. What is in the repository and not among the pages is no link here.
type links struct{ files fs.FS }

// Transform is called once a page is read.
func (l links) Transform(doc *ast.Document, _ text.Reader, c parser.Context) {
	file, _ := c.Get(here).(string)
	var lost []*ast.Link
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // it gives no error of its own
		a, ok := n.(*ast.Link)
		to, anchor, _ := strings.Cut(string(linkOf(a, ok)), "#")
		if !entering || !ok || to == "" || strings.Contains(to, ":") {
			return ast.WalkContinue, nil
		}
		target := path.Join(path.Dir(file), to)
		if !l.has(target) {
			lost = append(lost, a)
			return ast.WalkContinue, nil
		}
		address := At + strings.TrimSuffix(target, ".md")
		if anchor != "" {
			address += "#" + anchor
		}
		a.Destination = []byte(address)
		return ast.WalkContinue, nil
	})
	for _, a := range lost {
		for a.FirstChild() != nil {
			a.Parent().InsertBefore(a.Parent(), a, a.FirstChild())
		}
		a.Parent().RemoveChild(a.Parent(), a)
	}
}

func (l links) has(file string) bool {
	_, err := fs.Stat(l.files, file)
	return err == nil
}

func linkOf(a *ast.Link, ok bool) []byte {
	if !ok {
		return nil
	}
	return a.Destination
}

const frame = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}} · Rouse</title><link rel="stylesheet" href="/page.css"></head><body><main>
{{.Body}}
<hr><nav aria-label="All pages"><ul>
{{range .Pages}}<li>{{if eq .Address $.Here}}<strong>{{.Title}}</strong>{{else}}<a href="{{.Address}}">{{.Title}}</a>{{end}}</li>
{{end}}<li><a href="/api/docs">The API</a></li></ul></nav></main></body></html>
`
