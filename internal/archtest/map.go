package archtest

import (
	"bytes"
	"fmt"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

const (
	mapFile  = "docs/map.md"
	maxLines = 1000 // aim for 380; past this a file holds more than one thing
)

// mapLine is "- `internal/domain/alert`: what it is".
var mapLine = regexp.MustCompile("(?m)^- `([^`]+)`: \\S")

// checkMap gives one message for each package that the map does not name and each name that is not there.
func checkMap(tree fs.FS, files []goFile) ([]string, error) {
	text, err := fs.ReadFile(tree, mapFile)
	if err != nil {
		return nil, err
	}
	var wrong, named []string
	for _, m := range mapLine.FindAllSubmatch(text, -1) {
		name := string(m[1])
		if slices.Contains(named, name) {
			wrong = append(wrong, fmt.Sprintf("%s names %s twice", mapFile, name))
		}
		named = append(named, name)
		if _, err := fs.Stat(tree, name); err != nil {
			wrong = append(wrong, fmt.Sprintf("%s names %s, which is not there: take its line out", mapFile, name))
		}
	}
	for _, pkg := range packages(files) {
		if !slices.Contains(named, pkg) {
			wrong = append(wrong, fmt.Sprintf("%s does not name %s: add its line\n\t- `%s`: %s", mapFile, pkg, pkg, synopsis(tree, files, pkg)))
		}
	}
	return wrong, nil
}

func packages(files []goFile) []string {
	var all []string
	for _, f := range files {
		all = append(all, f.pkg())
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// synopsis is the first sentence of what a package says of itself: a proposal for its line in the map.
func synopsis(tree fs.FS, files []goFile, pkg string) string {
	for _, f := range files {
		if f.pkg() != pkg || f.test {
			continue
		}
		src, err := fs.ReadFile(tree, f.name)
		if err != nil {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.name, src, parser.PackageClauseOnly|parser.ParseComments)
		if err == nil && parsed.Doc != nil {
			said := new(doc.Package).Synopsis(parsed.Doc.Text())
			said = strings.TrimPrefix(said, "Package "+path.Base(pkg)+" ")
			return strings.TrimSuffix(said, ".")
		}
	}
	return "what it is (it has no package comment: write one)"
}

// checkLength gives one message for each source file that is too long.
func checkLength(tree fs.FS) ([]string, error) {
	var wrong []string
	err := walk(tree, func(name string) error {
		switch path.Ext(name) {
		case ".go", ".ts", ".tsx", ".css", ".sql":
		default:
			return nil
		}
		src, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		first, _, _ := bytes.Cut(src, []byte("\n"))
		if lines := bytes.Count(src, []byte("\n")); lines >= maxLines && !bytes.Contains(first, []byte("generated")) {
			wrong = append(wrong, fmt.Sprintf("%s has %d lines: split it by what its parts do", name, lines))
		}
		return nil
	})
	return wrong, err
}
