package webui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"strings"
)

// Where the document, as it was built, takes in what the server has for it.
const (
	markFirst = "<!--first-->"
	markState = "<!--state-->"
)

// document is the page around everything.
type document struct {
	texts  map[string]string  // by the page that it is for: "list", "incident", "" for every other
	first  *template.Template // what is seen before a script runs; nil: nothing
	policy string             // lets the browser take what the build put into it
}

// What only one page needs at once is not loaded with the others.
var (
	inline  = regexp.MustCompile(`(?s)<(script|style)>(.*?)</`)
	onlyFor = regexp.MustCompile(`<link rel="modulepreload" data-for="(\w+)"[^>]*>\s*`)
)

func pageOf(path string) string {
	switch {
	case path == "/":
		return "list"
	case strings.HasPrefix(path, "/i/"):
		return "incident"
	}
	return ""
}

func newDocument(text, first string) (*document, error) {
	d := &document{texts: map[string]string{}}
	for _, page := range []string{"", "list", "incident"} {
		d.texts[page] = onlyFor.ReplaceAllStringFunc(text, func(link string) string {
			if onlyFor.FindStringSubmatch(link)[1] == page {
				return link
			}
			return ""
		})
	}
	allowed := map[string]string{}
	for _, m := range inline.FindAllStringSubmatch(text, -1) {
		sum := sha256.Sum256([]byte(m[2]))
		allowed[m[1]] += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	for _, kind := range []string{"script", "style"} {
		if allowed[kind] != "" {
			d.policy += "; " + kind + "-src 'self'" + allowed[kind]
		}
	}
	if first == "" {
		return d, nil
	}
	var err error
	d.first, err = template.New("first").Funcs(template.FuncMap{"pair": pair}).Parse(first)
	return d, err
}

// pair hands several values to a template that another one calls: name, value, name, value.
func pair(named ...any) (map[string]any, error) {
	out := map[string]any{}
	for k := 0; k+1 < len(named); k += 2 {
		name, ok := named[k].(string)
		if !ok {
			return nil, fmt.Errorf("%v is no name", named[k])
		}
		out[name] = named[k+1]
	}
	return out, nil
}

// Page answers with the document and the status. The view stands in it until a script has taken over, which finds the state there and
// need not ask for it; nil for either is nothing.
func (ui *UI) Page(w http.ResponseWriter, r *http.Request, status int, view, state any) error {
	text, err := ui.document.fill(pageOf(r.URL.Path), view, state)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", h.Get("Content-Security-Policy")+ui.document.policy)
	h.Set("Vary", "Accept-Encoding")
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.WriteHeader(status)
		_, _ = w.Write(text) // the reader may be gone
		return nil
	}
	h.Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	z, _ := gzip.NewWriterLevel(w, gzip.DefaultCompression) // the level is one
	_, _ = z.Write(text)
	_ = z.Close()
	return nil
}

func (d *document) fill(page string, view, state any) ([]byte, error) {
	out := d.texts[page]
	if view != nil && d.first != nil {
		var first bytes.Buffer
		if err := d.first.Execute(&first, view); err != nil {
			return nil, err
		}
		out = strings.Replace(out, markFirst, first.String(), 1)
	}
	if state != nil {
		said, err := json.Marshal(state) // <, > and & are escaped: it cannot end the element
		if err != nil {
			return nil, err
		}
		out = strings.Replace(out, markState, `<script type="application/json" id="state">`+string(said)+`</script>`, 1)
	}
	return []byte(out), nil
}
