package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/adapters/applyfile"
	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/test/binary"
)

const binaryLimit = 30 * time.Second // for what another process does on a busy machine

// same says what stands on one side only.
func same(t *testing.T, page string, source, written []string) {
	t.Helper()
	if len(source) < 10 {
		t.Fatalf("only %d names were found in the source: this test looks at the wrong place", len(source))
	}
	for _, s := range source {
		if !slices.Contains(written, s) {
			t.Errorf("%s lacks %s", page, s)
		}
	}
	for _, w := range written {
		if !slices.Contains(source, w) {
			t.Errorf("%s has %s, which the program has not", page, w)
		}
	}
}

// names gives what the pattern's group matches, sorted, each once.
func names(text, pattern string) []string {
	var out []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// firstColumn matches the names in backquotes with which lines of tables begin.
const firstColumn = "(?m)^\\| `([^`]+)` \\|"

// source gives the Go files of the product below a folder.
func source(t *testing.T, folder string, each func(name, text string)) {
	t.Helper()
	err := filepath.WalkDir(root+folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "test/") {
			return err
		}
		b, err := os.ReadFile(name)
		each(name, string(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

var code = regexp.MustCompile(`^[a-z_]+\.[a-z_]+$`)

// codesOf gives the codes of errors in a file: what is given to the makers of faults, to Add of problems, or is
// set as a Code.
func codesOf(t *testing.T, name, text string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	literal := func(e ast.Expr, suffix string) {
		if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
			if s, err := strconv.Unquote(l.Value); err == nil && (suffix != "" || code.MatchString(s) || s == "internal") {
				out = append(out, s+suffix)
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			switch f := n.Fun.(type) {
			case *ast.Ident:
				if f.Name == "collection" { // of the API: what it cannot find has its name
					literal(n.Args[2], ".not_found")
				}
			case *ast.SelectorExpr:
				of, _ := f.X.(*ast.Ident)
				faults := of != nil && of.Name == "fault"
				if faults && f.Sel.Name == "NotFound" {
					literal(n.Args[0], ".not_found")
				} else if faults || f.Sel.Name == "Add" {
					for _, a := range n.Args[:min(2, len(n.Args))] {
						literal(a, "")
					}
				}
			}
		case *ast.AssignStmt:
			if f, ok := n.Lhs[0].(*ast.SelectorExpr); ok && f.Sel.Name == "Code" {
				literal(n.Rhs[0], "")
			}
		case *ast.KeyValueExpr:
			if k, ok := n.Key.(*ast.Ident); ok && k.Name == "Code" {
				literal(n.Value, "")
			}
		}
		return true
	})
	return out
}

func TestEveryCodeOfAnErrorIsExplained(t *testing.T) {
	t.Parallel()
	var codes []string
	source(t, "internal", func(name, text string) { codes = append(codes, codesOf(t, name, text)...) })
	slices.Sort(codes)
	const page = "docs/reference/errors.md"
	same(t, page, slices.Compact(codes), names(read(t, page), firstColumn))
}

func TestEveryMetricIsExplained(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	source(t, "internal/adapters/metrics", func(_, text string) { all.WriteString(text) })
	const page = "docs/reference/metrics.md"
	same(t, page, names(all.String(), `"((?:rouse|incident)_[a-z_]+)"`), names(read(t, page), firstColumn))
}

func TestEverySettingIsExplained(t *testing.T) {
	t.Parallel()
	help, _, _ := binary.Run(t, t.TempDir(), nil, "serve", "--help")
	settings := names(help, `\$(ROUSE_[A-Z_]+)`)
	same(t, "README.md", settings, names(read(t, "README.md"), firstColumn))
	const page = "docs/guide/configuration.md"
	same(t, page, settings, names(read(t, page), "(?m)^\\| `--[a-z-]+` \\| `([A-Z_]+)` \\|"))
	same(t, page, names(help, `(?m)^ +--([a-z-]+)[= ]`), names(read(t, page), "(?m)^\\| `--([a-z-]+)` \\| `[A-Z_]+` \\|"))
}

// TestSettingsFile starts a server with the guide's file of settings.
func TestSettingsFile(t *testing.T) {
	t.Parallel()
	var text string
	for _, b := range blocks(read(t, "docs/guide/configuration.md")) {
		if b.mark == "test=settings.yaml" {
			text = b.text
		}
	}
	file := filepath.Join(t.TempDir(), "settings.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := binary.New(t, "ROUSE_CONFIG="+file)
	s.Start(t)
	s.Stop(t)
	if !strings.HasPrefix(s.Log(), "{") {
		t.Errorf("its log is not JSON, as the file of settings says:\n%s", s.Log())
	}
}

// TestFilesOfTheGuide: what the guide says of people, services and integrations in files can be read.
func TestFilesOfTheGuide(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, page := range pages(t) {
		for _, b := range blocks(read(t, page)) {
			if b.lang != "yaml" || !ours.MatchString(b.text) || b.mark == "test=wrong.yaml" {
				continue
			}
			seen++
			if _, err := applyfile.Parse([]admin.Document{{Name: page, Content: b.text}}); err != nil {
				t.Errorf("%s:%d: %v", page, b.line, err)
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d of them are seen", seen)
	}
}

var ours = regexp.MustCompile(`(?m)^(users|teams|services|integrations|channels|escalation_policies):`)

var link = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(read(t, page), -1) {
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}
