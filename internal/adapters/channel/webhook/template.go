package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/rouse-oncall/rouse/internal/domain/notification/text"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Options of a channel.
const (
	optBody    = "body"
	optType    = "content_type"
	optHeaders = "headers"
)

const (
	maxTemplate = 16 << 10
	maxBody     = 256 << 10
	maxNested   = 3 // ranges in ranges: no template runs for long
	maxHeaders  = 20
)

// options are what a channel of this kind lets one choose.
func options() []ports.ChannelOption {
	return []ports.ChannelOption{
		{Name: optBody, Label: "Body", Long: true, Hint: "A template over the document, such as {\"text\": {{json .text}}}. Empty: the document"},
		{Name: optType, Label: "Content type", Hint: "Empty: application/json"},
		{Name: optHeaders, Label: "Headers", Long: true, Hint: "A line each, Name: value. Everybody who may look at the channel sees them"},
	}
}

// checkOptions tries what was written on a made-up document.
func checkOptions(o map[string]string) error {
	_, err := preview(o)
	return err
}

// preview is the body that a made-up incident would have.
func preview(o map[string]string) (string, error) {
	if _, err := headers(o); err != nil {
		return "", err
	}
	b, err := render(text.Webhook(text.Sample()), o)
	return string(b), err
}

// render gives the body: the document itself, or what the channel's template makes of it.
func render(d text.Document, o map[string]string) ([]byte, error) {
	doc, err := json.Marshal(d)
	if err != nil || strings.TrimSpace(o[optBody]) == "" {
		return doc, err
	}
	t, err := parseTemplate(o[optBody])
	if err != nil {
		return nil, err
	}
	// Maps of plain values: a template reaches no method of ours.
	var data map[string]any
	if err := json.Unmarshal(doc, &data); err != nil {
		return nil, err
	}
	list, _ := data["incidents"].([]any) // ours: it is one
	for _, i := range list {
		if incident, ok := i.(map[string]any); ok {
			fill(incident)
		}
	}
	var out limited
	if err := t.Execute(&out, data); err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	if contentType(o) == "application/json" && !json.Valid(out.Bytes()) {
		return nil, errors.New("body: it makes no JSON: write texts as {{json .text}}, or give another content_type")
	}
	return out.Bytes(), nil
}

// fill puts in what the document leaves out where it is empty: only what never is there is a mistake.
func fill(incident map[string]any) {
	for _, name := range []string{"url", "runbook_url", "why", "what"} {
		if incident[name] == nil {
			incident[name] = ""
		}
	}
	if incident["events"] == nil {
		incident["events"] = []any{}
	}
	if incident["next"] == nil {
		incident["next"] = map[string]any{"who": "", "at": ""}
	}
}

func parseTemplate(body string) (*template.Template, error) {
	if len(body) > maxTemplate {
		return nil, fmt.Errorf("body: longer than %d bytes", maxTemplate)
	}
	t, err := template.New("body").Option("missingkey=error").Funcs(template.FuncMap{
		"json": func(v any) (string, error) {
			b, err := json.Marshal(v)
			return string(b), err
		},
		"upper": strings.ToUpper, "lower": strings.ToLower,
	}).Parse(body)
	if err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	if len(t.Templates()) > 1 {
		return nil, errors.New("body: a template defines no others")
	}
	if t.Tree == nil || t.Root == nil {
		return nil, errors.New("body: it is empty")
	}
	return t, bounded(t.Root, 0)
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
		return errors.New("body: a template calls no others")
	case *parse.RangeNode:
		if nested++; nested > maxNested || !overField(n.Pipe) {
			return fmt.Errorf("body: a range is over a field, such as {{range .incidents}}, and at most %d of them are in each other", maxNested)
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

func contentType(o map[string]string) string {
	if t := strings.TrimSpace(o[optType]); t != "" {
		return t
	}
	return "application/json"
}

var (
	headerName  = regexp.MustCompile(`^[A-Za-z0-9!#$%&'*+.^_|~-]{1,100}$`)
	headerValue = regexp.MustCompile(`^[\t\x20-\x7e]{0,1000}$`)
)

// headers reads the channel's own. Those that frame the request, or say who sends it, are not theirs to set.
func headers(o map[string]string) (http.Header, error) {
	out := http.Header{}
	for line := range strings.Lines(o[optHeaders]) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		ours := []string{"Host", "Content-Length", "Content-Type", "Transfer-Encoding", "Connection", "Rouse-Signature", "Idempotency-Key"}
		switch {
		case !ok || !headerName.MatchString(name) || !headerValue.MatchString(value):
			return nil, fmt.Errorf("headers: %q is not Name: value", line)
		case slices.Contains(ours, http.CanonicalHeaderKey(name)):
			return nil, fmt.Errorf("headers: %s cannot be set here", name)
		}
		out.Add(name, value)
	}
	if len(out) > maxHeaders {
		return nil, fmt.Errorf("headers: more than %d", maxHeaders)
	}
	if !headerValue.MatchString(contentType(o)) {
		return nil, errors.New("content_type: it has characters that no header may have")
	}
	return out, nil
}
