// Package infrastructure_test holds what is in infrastructure/ to the programs and schemas of those who made them, and to
// what the server does.
package infrastructure_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/rouse-oncall/rouse/internal/testkit"
)

const root = "../../"

var update = flag.Bool("update", false, "write what comes out as what is wanted")

// slow gives a program that takes very long to build: where it was built before, and where there is time for it.
func slow(t *testing.T, name string) string {
	t.Helper()
	if testkit.Full() {
		return testkit.Tool(t, name)
	}
	path := strings.TrimSpace(must(t, "sh", root+"scripts/tools.sh", "have", name))
	if path == "" {
		t.Skip("skipped: " + name + " takes very long to build: make full does it")
	}
	return path
}

// missing skips the test, unless everything must be there.
func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("ROUSE_REQUIRE_PARTS") == "1" {
		t.Fatal(why)
	}
	t.Skip("skipped: " + why)
}

// run gives what a program says, on both of its outputs, and whether it ended well.
func run(t *testing.T, program string, args ...string) (string, error) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	return string(out), err
}

// must gives what a program says that has to end well.
func must(t *testing.T, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", filepath.Base(program), strings.Join(args, " "), err, out, said.String())
	}
	return string(out)
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// documents reads every document of a file of YAML.
func documents(t *testing.T, text string) []map[string]any {
	t.Helper()
	var out []map[string]any
	for part := range strings.SplitSeq("\n"+text, "\n---") {
		var doc map[string]any
		if err := yaml.Unmarshal([]byte(part), &doc); err != nil {
			t.Fatalf("%v\n%s", err, part)
		}
		if doc != nil {
			out = append(out, doc)
		}
	}
	return out
}

// at goes down a document by the names of its fields; nil where one is not there.
func at(doc any, path ...string) any {
	for _, name := range path {
		m, _ := doc.(map[string]any)
		doc = m[name]
	}
	return doc
}
