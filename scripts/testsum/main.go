// Command testsum reads the output of `go test -json`, prints what a person needs of it (a line per package,
// the output of what failed, why something was skipped; with ROUSE_FULL=1, also what tests that passed have
// measured), and writes "passed failed skipped" to a file.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// event is one line of `go test -json`; see `go doc test2json` and `go help buildjson`.
type event struct {
	Action, Package, Test, Output string
	ImportPath                    string // of build output, which has no Package
	FailedBuild                   string
	Elapsed                       float64 // seconds
}

type summary struct {
	out                     io.Writer
	passed, failed, skipped int
	output                  map[string]string // of what runs or has just ended, by package and test
	failedIn                map[string]bool   // packages in which a test failed
	figures                 bool              // what passed says what it logged
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go test -json ./... | testsum COUNTS_FILE")
		os.Exit(2)
	}
	s := newSummary(os.Stdout)
	s.figures = os.Getenv("ROUSE_FULL") == "1"
	if err := s.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
		s.failed++
	}
	counts := fmt.Sprintf("%d %d %d\n", s.passed, s.failed, s.skipped)
	if err := os.WriteFile(os.Args[1], []byte(counts), 0o600); err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
		os.Exit(1)
	}
	if s.failed > 0 {
		os.Exit(1)
	}
}

func newSummary(out io.Writer) *summary {
	return &summary{out: out, output: map[string]string{}, failedIn: map[string]bool{}}
}

func (s *summary) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if err := json.Unmarshal(line, &e); err != nil {
				fmt.Fprintf(s.out, "%s", line) // the go command's own words
			} else {
				s.note(e)
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("read the test output: %w", err)
		}
	}
	if s.passed+s.failed+s.skipped == 0 {
		return fmt.Errorf("no test ran")
	}
	return nil
}

func (s *summary) note(e event) {
	name := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		s.output[name] += e.Output
	case "build-output":
		s.output[e.ImportPath] += e.Output
	case "pass", "fail", "skip":
		if e.Test == "" {
			s.endPackage(e)
		} else {
			s.endTest(e, s.output[name])
		}
		delete(s.output, name)
	}
}

func (s *summary) endTest(e event, output string) {
	switch e.Action {
	case "pass":
		s.passed++
		if told := reason(output); s.figures && told != "" {
			fmt.Fprintf(s.out, "pass  %s %s %.1fs\n%s", e.Package, e.Test, e.Elapsed, told)
		}
	case "skip":
		s.skipped++
		fmt.Fprintf(s.out, "SKIP  %s %s\n%s", e.Package, e.Test, reason(output))
	default:
		s.failed++
		s.failedIn[e.Package] = true
		fmt.Fprintf(s.out, "FAIL  %s %s\n%s", e.Package, e.Test, output)
	}
}

func (s *summary) endPackage(e event) {
	switch {
	case e.Action == "skip": // it has no test files
	case e.Action == "pass":
		fmt.Fprintf(s.out, "ok    %s %.1fs\n", e.Package, e.Elapsed)
	case s.failedIn[e.Package]:
		fmt.Fprintf(s.out, "FAIL  %s %.1fs\n%s", e.Package, e.Elapsed, s.output[e.Package+" "])
	default: // it did not build, or ended outside of its tests
		s.failed++
		fmt.Fprintf(s.out, "FAIL  %s\n%s%s%s", e.Package, s.output[e.FailedBuild], s.unfinished(e.Package), s.output[e.Package+" "])
	}
}

// unfinished is the output of tests that had begun when their process died: it holds the panic.
func (s *summary) unfinished(pkg string) string {
	var all strings.Builder
	for name, output := range s.output {
		if strings.HasPrefix(name, pkg+" ") && name != pkg+" " {
			all.WriteString(output)
		}
	}
	return all.String()
}

// reason leaves out the frame that go test puts around a skipped test's words.
func reason(output string) string {
	var words strings.Builder
	for line := range strings.Lines(output) {
		if t := strings.TrimSpace(line); !strings.HasPrefix(t, "=== ") && !strings.HasPrefix(t, "--- ") {
			words.WriteString(line)
		}
	}
	return words.String()
}
