// Package archtest proves the shape of the source tree: which package may import which, that the map of
// the code is true, that no file has grown too long. Only its tests matter.
package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

const module = "github.com/rouse-oncall/rouse"

// goFile is what the rules need to know of one Go file.
type goFile struct {
	name    string   // from the root of the tree, e.g. "internal/domain/alert/signal.go"
	test    bool     // its name ends in _test.go
	imports []string // import paths
	clock   []string // how it reads or waits for the clock, e.g. "time.Now"
	vars    []string // its package variables
	mutable []string // those of them whose type is made to be changed, e.g. a sync.Mutex
	assigns []string // names outside of any function that its functions assign to
}

// pkg is the file's folder.
func (f goFile) pkg() string { return path.Dir(f.name) }

// goFiles reads every Go file of the tree, whatever its build tags are.
func goFiles(tree fs.FS) ([]goFile, error) {
	var files []goFile
	err := walk(tree, func(name string) error {
		if path.Ext(name) != ".go" {
			return nil
		}
		src, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		f, err := parse(name, src)
		files = append(files, f)
		return err
	})
	return files, err
}

// walk calls f with the name of each file that people wrote or committed as source.
func walk(tree fs.FS, f func(name string) error) error {
	return fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() {
			return f(name)
		}
		if skipped(d.Name()) && name != "." {
			return fs.SkipDir
		}
		return nil
	})
}

func skipped(folder string) bool {
	switch folder {
	case "testdata", "node_modules", "bin", "dist":
		return true
	}
	return strings.HasPrefix(folder, ".") || strings.HasPrefix(folder, "_")
}

func parse(name string, src []byte) (goFile, error) {
	f := goFile{name: name, test: strings.HasSuffix(name, "_test.go")}
	parsed, err := parser.ParseFile(token.NewFileSet(), name, src, 0)
	if err != nil {
		return f, fmt.Errorf("read %s: %w", name, err)
	}
	for _, i := range parsed.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return f, fmt.Errorf("read %s: %w", name, err)
		}
		f.imports = append(f.imports, p)
	}
	f.vars, f.mutable = packageVars(parsed)
	f.assigns = packageAssigns(parsed)
	ast.Inspect(parsed, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && readsClock(s.Sel.Name) {
				f.clock = append(f.clock, "time."+s.Sel.Name)
			}
		}
		return true
	})
	return f, nil
}

func readsClock(function string) bool {
	switch function {
	case "Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker":
		return true
	}
	return false
}
