package archtest

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

func tree(t *testing.T) (fs.FS, []goFile) {
	t.Helper()
	root := os.DirFS("../..")
	files, err := goFiles(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("only %d Go files found: this test looks at the wrong folder", len(files))
	}
	return root, files
}

func report(t *testing.T, wrong []string, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wrong {
		t.Error(w)
	}
}

func TestImports(t *testing.T) {
	t.Parallel()
	_, files := tree(t)
	report(t, checkImports(files), nil)
}

func TestPackageVariablesDoNotChange(t *testing.T) {
	t.Parallel()
	_, files := tree(t)
	report(t, checkVars(files), nil)
}

func TestMapNamesEveryPackage(t *testing.T) {
	t.Parallel()
	root, files := tree(t)
	wrong, err := checkMap(root, files)
	report(t, wrong, err)
}

func TestFilesAreNotTooLong(t *testing.T) {
	t.Parallel()
	root, _ := tree(t)
	wrong, err := checkLength(root)
	report(t, wrong, err)
}

// The rest proves that the rules can be broken.

func TestImportRules(t *testing.T) {
	t.Parallel()
	const own = module + "/"
	for _, c := range []struct {
		file, imports string
		allowed       bool
	}{
		{"internal/domain/alert/x.go", "time", true},
		{"internal/domain/alert/x.go", own + "internal/domain/fault", true},
		{"internal/domain/alert/x.go", "context", false},
		{"internal/domain/alert/x.go", "math/rand/v2", false},
		{"internal/domain/alert/x.go", "net/http", false},
		{"internal/domain/alert/x.go", "net/url", true},
		{"internal/domain/alert/x.go", "os", false},
		{"internal/domain/alert/x.go", "database/sql", false},
		{"internal/domain/alert/x.go", "github.com/google/uuid", false},
		{"internal/domain/alert/x.go", own + "internal/ports", false},
		{"internal/domain/alert/x_test.go", "pgregory.net/rapid", true},
		{"internal/ports/x.go", "context", true},
		{"internal/ports/x.go", own + "internal/domain/alert", true},
		{"internal/ports/x.go", "database/sql", false},
		{"internal/ports/x.go", own + "internal/app/intake", false},
		{"internal/ports/porttest/x.go", own + "internal/ports", true},
		{"internal/ports/porttest/x.go", own + "internal/adapters/memory", false},
		{"internal/app/intake/x.go", own + "internal/ports", true},
		{"internal/app/intake/x.go", own + "internal/app/intake/queue", true},
		{"internal/app/intake/x.go", "golang.org/x/sync/errgroup", true},
		{"internal/app/intake/x.go", own + "internal/app/respond", false},
		{"internal/app/intake/x.go", own + "internal/adapters/store", false},
		{"internal/app/intake/x.go", own + "internal/ports/porttest", false},
		{"internal/app/intake/x.go", "github.com/jackc/pgx/v5", false},
		{"internal/app/intake/x.go", "net/http", false},
		{"internal/adapters/store/x.go", own + "internal/adapters/store/sqlite", true},
		{"internal/adapters/store/x.go", own + "internal/app/insight", true},
		{"internal/adapters/store/x.go", own + "internal/adapters/memory", false},
		{"internal/adapters/store/x.go", own + "internal/wire", false},
		{"internal/adapters/store/x.go", own + "internal/testkit", false},
		{"internal/adapters/store/x_test.go", own + "internal/testkit", true},
		{"internal/adapters/httpapi/x.go", own + "internal/adapters/ingest/alertmanager", true},
		{"internal/adapters/httpapi/x.go", own + "internal/adapters/store", false},
		{"internal/adapters/channel/smtp/x.go", own + "internal/adapters/channel", true},
		{"internal/adapters/channel/smtp/x.go", own + "internal/adapters/channel/twilio", false},
		{"internal/wire/x.go", own + "internal/adapters/store", true},
		{"internal/wire/x.go", own + "internal/adapters/channel/channeltest", false},
		{"internal/wire/x.go", own + "internal/sim", false},
		{"internal/wire/x.go", own + "cmd/rouse", false},
		{"internal/bench/x.go", own + "internal/testkit", true},
		{"internal/bench/x.go", own + "internal/adapters/channel/channeltest", true},
		{"internal/sim/cmd/x.go", own + "internal/sim", true},
		{"internal/sim/x.go", own + "internal/adapters/memory", true},
		{"internal/cli/x.go", "net/http", true},
		{"internal/cli/x.go", own + "internal/wire", true},
		{"internal/cli/x.go", own + "internal/app/respond", false},
		{"internal/cli/x.go", own + "internal/adapters/store", false},
		{"cmd/rouse/x.go", own + "internal/wire", true},
		{"cmd/rouse/x.go", own + "internal/cli", true},
		{"cmd/rouse/x.go", "github.com/alecthomas/kong", true},
		{"cmd/rouse/x.go", own + "internal/app/intake", false},
		{"cmd/rouse/x.go", own + "internal/sim", false},
		{"cmd/rouse/x.go", "github.com/jackc/pgx/v5", false},
		{"internal/nowhere/x.go", "time", false}, // a folder without a layer
	} {
		f := goFile{name: c.file, test: strings.HasSuffix(c.file, "_test.go"), imports: []string{c.imports}}
		if wrong := checkImports([]goFile{f}); (len(wrong) == 0) != c.allowed {
			t.Errorf("%s imports %s: allowed is %v, said %q", c.file, c.imports, !c.allowed, wrong)
		}
	}
}

// parsed reads files from a text map, as the real tree is read.
func parsed(t *testing.T, files map[string]string) (fs.FS, []goFile) {
	t.Helper()
	root := fstest.MapFS{}
	for name, text := range files {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	read, err := goFiles(root)
	if err != nil {
		t.Fatal(err)
	}
	return root, read
}

func TestReadsImportsAndClockFromSource(t *testing.T) {
	t.Parallel()
	_, files := parsed(t, map[string]string{
		"internal/domain/a/a.go":          "//go:build windows\n\npackage a\n\nimport (\n\tx \"os\"\n)\n",
		"internal/domain/a/b.go":          "package a\n\nimport \"time\"\n\nfunc f() time.Time { return time.Now() }\n",
		"internal/domain/a/b_test.go":     "package a\n\nimport \"time\"\n\nvar now = time.Now()\n",
		"internal/domain/a/testdata/c.go": "package c\n\nimport \"os\"\n",
	})
	wrong := checkImports(files)
	if len(wrong) != 2 || !strings.Contains(wrong[0], `a.go must not import "os"`) || !strings.Contains(wrong[1], "b.go must not use time.Now") {
		t.Errorf("%q", wrong)
	}
}

func TestVariableRules(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		source string
		bad    bool
	}{
		"constant table":          {"var t = []int{1}\nfunc f() int { return t[0] }", false},
		"a local of the name":     {"var t = 1\nfunc f() { t := 2; t = 3; _ = t }", false},
		"a declared local":        {"var t = 1\nfunc f() { var t int; t++ }", false},
		"a parameter":             {"var t = 1\nfunc f(t int) { t = 3 }", false},
		"assigned":                {"var t = 1\nfunc f() { t = 2 }", true},
		"counted":                 {"var t = 1\nfunc f() { t++ }", true},
		"written by index":        {"var t = map[int]int{}\nfunc f() { t[1] = 2 }", true},
		"written by field":        {"var t struct{ x int }\nfunc f() { t.x += 2 }", true},
		"written in a closure":    {"var t = 1\nvar f = func() { t = 2 }", true},
		"a lock":                  {"var t sync.Mutex", true},
		"a counter":               {"var t atomic.Pointer[int]", true},
		"a literal with a lock":   {"var t = &sync.Map{}", true},
		"a value computed once":   {"var t = sync.OnceValue(func() int { return 1 })", false},
		"assigned by another one": {"func f() { other = 2 }", true},
	} {
		_, files := parsed(t, map[string]string{
			"internal/app/a/a.go": "package a\n\n" + c.source + "\n",
			"internal/app/a/b.go": "package a\n\nvar other = 1\n",
		})
		if wrong := checkVars(files); (len(wrong) > 0) != c.bad {
			t.Errorf("%s: bad is %v, said %q", name, !c.bad, wrong)
		}
	}
}

func TestMapRules(t *testing.T) {
	t.Parallel()
	root, files := parsed(t, map[string]string{
		"docs/map.md":     "# Map\n\n- `cmd/a`: the first\n- `cmd/a`: again\n- `cmd/gone`: was here\n- `docs/map.md`: this\n",
		"cmd/a/a.go":      "package a\n",
		"cmd/new/new.go":  "// Package new is new. It has more to say.\npackage new\n",
		"cmd/new/more.go": "package new\n",
	})
	wrong, err := checkMap(root, files)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(wrong, "\n")
	for _, want := range []string{"names cmd/a twice", "names cmd/gone, which is not there", "- `cmd/new`: is new"} {
		if !strings.Contains(all, want) {
			t.Errorf("nothing says %q:\n%s", want, all)
		}
	}
	if len(wrong) != 3 {
		t.Errorf("%d messages, want 3:\n%s", len(wrong), all)
	}
}

func TestLengthRule(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("// x\n", maxLines)
	root, _ := parsed(t, map[string]string{
		"a/long.go":      long + "package a\n",
		"a/generated.go": "// Code generated by x. DO NOT EDIT.\n" + long + "package a\n",
		"a/short.go":     "package a\n",
	})
	wrong, err := checkLength(root)
	if err != nil || len(wrong) != 1 || !strings.HasPrefix(wrong[0], "a/long.go has 1001 lines") {
		t.Errorf("%v %q", err, wrong)
	}
}
