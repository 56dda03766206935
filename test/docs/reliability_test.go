package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// failures is how many rows the catalogue of failures has.
const failures = 55

// TestReliabilityNamesWhatExists: each promise and each failure has its row, and every test that the page names is
// there to be run.
func TestReliabilityNamesWhatExists(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(root + "docs/reference/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	for n := range 13 {
		if !regexp.MustCompile(fmt.Sprintf(`(?m)^\| P%d \|`, n+1)).MatchString(page) {
			t.Errorf("promise P%d has no row", n+1)
		}
	}
	for n := range failures {
		row := regexp.MustCompile(fmt.Sprintf(`(?m)^\| %d \|.*$`, n+1)).FindString(page)
		if !named.MatchString(row) && !strings.Contains(row, "None: ") {
			t.Errorf("failure %d names no test and does not say why: %q", n+1, row)
		}
	}
	tests := named.FindAllStringSubmatch(page, -1)
	if len(tests) < failures {
		t.Fatalf("only %d tests are named: this test looks at the wrong place", len(tests))
	}
	for _, m := range tests {
		if !hasTest(t, m[1], m[2]) {
			t.Errorf("%s has no %s", m[1], m[2])
		}
	}
}

// named matches a package of the tree and a test of it.
var named = regexp.MustCompile("`\\./([a-z0-9_/]+) ((?:Test|Fuzz|Benchmark)\\w+)`")

func hasTest(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(root + folder + "/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "\nfunc "+name+"(") {
			return true
		}
	}
	return false
}
