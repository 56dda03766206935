package applyfile

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/rouse-oncall/rouse/internal/app/admin"
)

// parser walks nodes by itself rather than decoding into structs: so it knows the line and the path of
// everything, goes on after a mistake, and tells "left out" from "empty".
type parser struct {
	file     string
	nodes    int // looked at
	problems admin.Problems
}

func (p *parser) at(line int, field string) admin.Position {
	return admin.Position{File: p.file, Line: line, Field: field}
}

func (p *parser) bad(n *yaml.Node, field, format string, args ...any) {
	p.problems.Add(p.at(n.Line, field), "apply.field", format, args...)
}

// follow gives what an alias stands for, and nothing at all once too much was looked at.
func (p *parser) follow(n *yaml.Node) *yaml.Node {
	p.nodes++
	if p.nodes == mostNodes {
		p.problems.Add(p.at(n.Line, ""), "apply.too_large", "the configuration has too many values")
	}
	for n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	return n
}

func (p *parser) full() bool { return p.nodes >= mostNodes }

// object is a mapping with known fields.
type object struct {
	p      *parser
	path   string
	line   int
	fields map[string]*yaml.Node // nil where it was no mapping: that was said
}

// object reads a mapping; fields that are not among the known ones are problems.
func (p *parser) object(n *yaml.Node, path string, known ...string) object {
	n = p.follow(n)
	o := object{p: p, path: path, line: n.Line}
	if n.Kind != yaml.MappingNode {
		p.bad(n, path, "this should be a mapping of fields, not %s", kindWords(n))
		return o
	}
	o.fields = make(map[string]*yaml.Node, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content) && !p.full(); i += 2 {
		key, value := n.Content[i], p.follow(n.Content[i+1])
		name := key.Value
		switch {
		case !slices.Contains(known, name):
			p.bad(key, join(path, name), "there is no such field; known are %s", strings.Join(known, ", "))
		case o.fields[name] != nil:
			p.bad(key, join(path, name), "this field is here twice; first in line %d", o.fields[name].Line)
		case value.Tag == "!!null":
			// "field:" with nothing behind it is a field left out
		default:
			o.fields[name] = value
		}
	}
	return o
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func kindWords(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	default:
		return strconv.Quote(n.Value)
	}
}

// list reads a list by a function for its elements.
func list[T any](o object, name string, each func(n *yaml.Node, path string) T) []T {
	return optList(o, name, each).Value
}

func optList[T any](o object, name string, each func(n *yaml.Node, path string) T) admin.Opt[[]T] {
	n, ok := o.fields[name]
	if !ok {
		return admin.Opt[[]T]{}
	}
	path := join(o.path, name)
	out := admin.Opt[[]T]{Set: true, At: o.p.at(n.Line, path), Value: []T{}}
	if n.Kind != yaml.SequenceNode {
		o.p.bad(n, path, "this should be a list, not %s", kindWords(n))
		return out
	}
	for i, c := range n.Content {
		if o.p.full() {
			break
		}
		out.Value = append(out.Value, each(o.p.follow(c), path+"["+strconv.Itoa(i)+"]"))
	}
	return out
}

// scalar reads a field by a function that gives words where the text is wrong.
func scalar[T any](o object, name string, parse func(n *yaml.Node) (T, error)) admin.Opt[T] {
	n, ok := o.fields[name]
	if !ok {
		return admin.Opt[T]{}
	}
	return scalarNode(o.p, n, join(o.path, name), parse)
}

func scalarNode[T any](p *parser, n *yaml.Node, path string, parse func(n *yaml.Node) (T, error)) admin.Opt[T] {
	out := admin.Opt[T]{At: p.at(n.Line, path), Set: true}
	if n.Kind != yaml.ScalarNode {
		p.bad(n, path, "this should be one value, not %s", kindWords(n))
		return out
	}
	v, err := parse(n)
	if err != nil {
		p.bad(n, path, "%s", err)
	}
	out.Value = v
	return out
}

func text(n *yaml.Node) (string, error) {
	v := strings.TrimSpace(n.Value)
	switch {
	case v == "":
		return "", errors.New("this is empty")
	case len(v) > 2000:
		return "", errors.New("this is too long: 2,000 bytes at most")
	case strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "", errors.New("this has line breaks or control characters in it")
	}
	return v, nil
}

// lines is a text that may have lines.
func lines(n *yaml.Node) (string, error) {
	v := strings.TrimSpace(n.Value)
	switch {
	case v == "":
		return "", errors.New("this is empty")
	case len(v) > maxLines:
		return "", fmt.Errorf("this is too long: %d bytes at most", maxLines)
	case strings.ContainsFunc(v, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }):
		return "", errors.New("this has control characters in it")
	}
	return v, nil
}

// need reads a text that must be there.
func need(o object, name string) admin.Opt[string] {
	v := scalar(o, name, text)
	if !v.Set && o.fields != nil {
		o.p.problems.Add(o.p.at(o.line, join(o.path, name)), "apply.missing", "this field is missing")
		v.At = o.p.at(o.line, join(o.path, name))
	}
	return v
}

func boolean(n *yaml.Node) (bool, error) {
	switch n.Value {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, errors.New("write true or false")
}

func whole(n *yaml.Node) (int, error) {
	v, err := strconv.Atoi(n.Value)
	if err != nil {
		return 0, errors.New("write a whole number")
	}
	return v, nil
}

func number(n *yaml.Node) (float64, error) {
	v, err := strconv.ParseFloat(n.Value, 64)
	if err != nil || v != v || v > 1e9 {
		return 0, errors.New("write a number")
	}
	return v, nil
}

// duration reads "90s", "15m", "1h30m", and whole days and weeks: "2d", "1w".
func duration(n *yaml.Node) (time.Duration, error) {
	wrong := errors.New("write a duration with its unit, like 30s, 15m, 2h or 1d")
	units := map[byte]time.Duration{'d': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	if v := n.Value; len(v) > 1 && units[v[len(v)-1]] > 0 {
		count, err := strconv.ParseUint(v[:len(v)-1], 10, 16)
		if err != nil {
			return 0, wrong
		}
		return time.Duration(count) * units[v[len(v)-1]], nil
	}
	d, err := time.ParseDuration(n.Value)
	if err != nil || d < 0 {
		return 0, wrong
	}
	return d, nil
}

// positive reads a duration above zero.
func positive(n *yaml.Node) (time.Duration, error) {
	d, err := duration(n)
	if err == nil && d == 0 {
		err = errors.New("this must be longer than nothing")
	}
	return d, err
}

func asLoadError(err error) (*yaml.LoadError, bool) { return errors.AsType[*yaml.LoadError](err) }
