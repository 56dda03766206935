package channel

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
)

const (
	maxTemplate = 16 << 10
	maxBody     = 256 << 10
	maxNested   = 3 // ranges in ranges: no template runs for long
	maxHeaders  = 20
)

// Template is what people write in the language of text/template over plain values: nothing of ours can be called by it, and
// it can neither run for long nor make much.
type Template struct {
	name string
	t    *template.Template
}

// ParseTemplate reads one. name is what errors begin with: the option that it is.
func ParseTemplate(name, text string) (Template, error) {
	if len(text) > maxTemplate {
		return Template{}, fmt.Errorf("%s: longer than %d bytes", name, maxTemplate)
	}
	t, err := template.New(name).Option("missingkey=error").Funcs(template.FuncMap{
		"json": func(v any) (string, error) {
			b, err := json.Marshal(v)
			return string(b), err
		},
		"upper": strings.ToUpper, "lower": strings.ToLower,
		"base64": func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	}).Parse(text)
	switch {
	case err != nil:
		return Template{}, fmt.Errorf("%s: %s", name, plain(err))
	case len(t.Templates()) > 1:
		return Template{}, fmt.Errorf("%s: a template defines no others", name)
	case t.Tree == nil || t.Root == nil:
		return Template{}, fmt.Errorf("%s: it is empty", name)
	}
	if err := bounded(t.Root, 0); err != nil {
		return Template{}, fmt.Errorf("%s: %w", name, err)
	}
	return Template{name: name, t: t}, nil
}

// Render gives what it makes of values: maps, lists, texts, numbers. A field that is not there is an error.
func (t Template) Render(values map[string]any) ([]byte, error) {
	var out limited
	if err := t.t.Execute(&out, values); err != nil {
		if m := missing.FindStringSubmatch(err.Error()); m != nil {
			return nil, fmt.Errorf("%s: line %s: there is no %s; beginning at the top there are .%s", t.name, m[1], m[2], strings.Join(slices.Sorted(maps.Keys(values)), ", ."))
		}
		return nil, fmt.Errorf("%s: %s", t.name, plain(err))
	}
	return out.Bytes(), nil
}

// The library's words of an error: template: body:1:7: executing "body" at <.txt>: map has no entry for key "txt"
var (
	place   = regexp.MustCompile(`^template: .*?:(\d+)(?::\d+)?: (?:executing ".*?" )?`)
	missing = regexp.MustCompile(`^template: .*?:(\d+):\d+: executing ".*?" at <(.*)>: map has no entry for key`)
)

// plain are an error's words for whoever wrote the template.
func plain(err error) string { return place.ReplaceAllString(err.Error(), "line $1: ") }

// CheckBody says what is wrong with a rendered body of this content type.
func CheckBody(contentType string, body []byte) error {
	if contentType == "application/json" && !json.Valid(body) {
		return errors.New("body: it makes no JSON: write texts as {{json .text}}, or give another content_type")
	}
	return nil
}

// bounded refuses what could run for long: a range over anything but a field, ranges nested deep, calls of templates.
func bounded(n parse.Node, nested int) error {
	var branch *parse.BranchNode
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		for _, c := range n.Nodes {
			if err := bounded(c, nested); err != nil {
				return err
			}
		}
		return nil
	case *parse.TemplateNode:
		return errors.New("a template calls no others")
	case *parse.RangeNode:
		if nested++; nested > maxNested || !overField(n.Pipe) {
			return fmt.Errorf("a range is over a field, such as {{range .incidents}}, and at most %d of them are in each other", maxNested)
		}
		branch = &n.BranchNode
	case *parse.IfNode:
		branch = &n.BranchNode
	case *parse.WithNode:
		branch = &n.BranchNode
	default:
		return nil
	}
	if err := bounded(branch.List, nested); err != nil {
		return err
	}
	return bounded(branch.ElseList, nested)
}

func overField(p *parse.PipeNode) bool {
	if len(p.Cmds) != 1 || len(p.Cmds[0].Args) != 1 {
		return false
	}
	switch a := p.Cmds[0].Args[0].(type) {
	case *parse.FieldNode:
		return true
	case *parse.VariableNode:
		return len(a.Ident) > 1
	}
	return false
}

// limited is a buffer that refuses to grow for ever.
type limited struct{ bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > maxBody {
		return 0, fmt.Errorf("it makes more than %d bytes", maxBody)
	}
	return l.Buffer.Write(p)
}

var (
	headerName  = regexp.MustCompile(`^[A-Za-z0-9!#$%&'*+.^_|~-]{1,100}$`)
	headerValue = regexp.MustCompile(`^[\t\x20-\x7e]{0,1000}$`)
)

// HeaderValue says whether a text may be a header's value.
func HeaderValue(text string) bool { return headerValue.MatchString(text) }

// Headers reads headers that people choose, a line each, Name: value. Those that frame the request are not theirs to set, nor
// are those in ours (as http.CanonicalHeaderKey has them).
func Headers(text string, ours ...string) (http.Header, error) {
	out := http.Header{}
	ours = append(ours, "Host", "Content-Length", "Content-Type", "Transfer-Encoding", "Connection")
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch {
		case !ok || !headerName.MatchString(name) || !HeaderValue(value):
			return nil, fmt.Errorf("headers: %q is not Name: value", line)
		case slices.Contains(ours, http.CanonicalHeaderKey(name)):
			return nil, fmt.Errorf("headers: %s cannot be set here", name)
		}
		out.Add(name, value)
	}
	if len(out) > maxHeaders {
		return nil, fmt.Errorf("headers: more than %d", maxHeaders)
	}
	return out, nil
}
