package bench

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// build makes the program.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "rouse")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "github.com/rouse-oncall/rouse/cmd/rouse")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return binary
}

// The smallest case that goes all the way: a real server, a hundred people paged at a fake provider.
func TestSmallestRunOfTheRealServer(t *testing.T) {
	binary := build(t)
	work := t.TempDir()
	t.Setenv("TMPDIR", work)
	var out bytes.Buffer
	c := Command{Database: engineSQLite, Only: []string{"binary", "fan"}, Quick: true, JSON: true, Binary: binary}
	if err := c.Run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	var report Report
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Figures) != 3 || report.Figures[1].Case != "fan" || report.Figures[1].Value != 100 || !*report.Figures[1].Met {
		t.Errorf("%+v", report.Figures)
	}
	if left, err := os.ReadDir(work); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// The cases that compare, as small as they can be: each gives its figures. What those are says nothing here.
func TestCasesThatCompare(t *testing.T) {
	binary := build(t)
	want := map[string]int{"fair": 8, "memory": 1, "growth": 4}
	var out bytes.Buffer
	c := Command{Database: engineSQLite, Only: slices.Collect(maps.Keys(want)), History: 2000, Quick: true, JSON: true, Binary: binary}
	if err := c.Run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	var report Report
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Figures {
		if f.Value <= 0 {
			t.Errorf("%s: %s is %v", f.Case, f.Name, f.Value)
		}
		if f.Met != nil {
			want[f.Case]--
		}
	}
	for name, missing := range want {
		if missing != 0 {
			t.Errorf("%s: %d figures too few", name, missing)
		}
	}
}

func TestUnknownCaseIsSaid(t *testing.T) {
	t.Parallel()
	if err := (&Command{Only: []string{"everything"}}).Run(t.Context(), &bytes.Buffer{}); err == nil {
		t.Error("no complaint")
	}
}
