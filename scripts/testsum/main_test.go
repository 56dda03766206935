package main

import (
	"strings"
	"testing"
)

func summarise(t *testing.T, lines ...string) (s *summary, out string, err error) {
	t.Helper()
	var b strings.Builder
	s = newSummary(&b)
	err = s.read(strings.NewReader(strings.Join(lines, "\n")))
	return s, b.String(), err
}

func TestCountsAndKeepsOnlyWhatAPersonNeeds(t *testing.T) {
	t.Parallel()
	s, out, err := summarise(t,
		`{"Action":"output","Package":"a","Test":"TestFine","Output":"chatter\n"}`,
		`{"Action":"pass","Package":"a","Test":"TestFine"}`,
		`{"Action":"output","Package":"a","Test":"TestLeft","Output":"=== RUN   TestLeft\n"}`,
		`{"Action":"output","Package":"a","Test":"TestLeft","Output":"    x_test.go:1: no such part\n"}`,
		`{"Action":"output","Package":"a","Test":"TestLeft","Output":"--- SKIP: TestLeft (0.00s)\n"}`,
		`{"Action":"skip","Package":"a","Test":"TestLeft"}`,
		`{"Action":"pass","Package":"a","Elapsed":1.5}`,
		`{"Action":"output","Package":"b","Test":"TestBroken","Output":"want 1, got 2\n"}`,
		`{"Action":"fail","Package":"b","Test":"TestBroken"}`,
		`{"Action":"fail","Package":"b","Elapsed":2}`,
		`{"Action":"skip","Package":"no/tests"}`,
	)
	if err != nil || s.passed != 1 || s.failed != 1 || s.skipped != 1 {
		t.Errorf("%v: %d passed, %d failed, %d skipped", err, s.passed, s.failed, s.skipped)
	}
	want := "SKIP  a TestLeft\n    x_test.go:1: no such part\nok    a 1.5s\nFAIL  b TestBroken\nwant 1, got 2\nFAIL  b 2.0s\n"
	if out != want {
		t.Errorf("printed:\n%s\nwant:\n%s", out, want)
	}
}

func TestTheLongRunTellsWhatWasMeasured(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	s := newSummary(&b)
	s.figures = true
	err := s.read(strings.NewReader(strings.Join([]string{
		`{"Action":"output","Package":"a","Test":"TestKill","Output":"=== RUN   TestKill\n"}`,
		`{"Action":"output","Package":"a","Test":"TestKill","Output":"    x_test.go:1: 355 kills\n"}`,
		`{"Action":"pass","Package":"a","Test":"TestKill","Elapsed":2}`,
		`{"Action":"pass","Package":"a","Test":"TestSilent","Elapsed":2}`,
		`{"Action":"pass","Package":"a","Elapsed":4}`,
	}, "\n")))
	want := "pass  a TestKill 2.0s\n    x_test.go:1: 355 kills\nok    a 4.0s\n"
	if err != nil || b.String() != want {
		t.Errorf("%v, printed:\n%s\nwant:\n%s", err, b.String(), want)
	}
}

func TestAPackageThatDoesNotBuildFails(t *testing.T) {
	t.Parallel()
	s, out, _ := summarise(t,
		`{"ImportPath":"a [a.test]","Action":"build-output","Output":"a.go:1: undefined: x\n"}`,
		`{"ImportPath":"a [a.test]","Action":"build-fail"}`,
		`{"Action":"fail","Package":"a","FailedBuild":"a [a.test]"}`,
	)
	if s.failed != 1 || !strings.Contains(out, "undefined: x") {
		t.Errorf("%d failed, printed:\n%s", s.failed, out)
	}
}

func TestAPanicFailsAndIsShown(t *testing.T) {
	t.Parallel()
	s, out, _ := summarise(t,
		`{"Action":"output","Package":"a","Test":"TestMain","Output":"panic: oh\n"}`,
		`{"Action":"fail","Package":"a"}`,
	)
	if s.failed != 1 || !strings.Contains(out, "panic: oh") {
		t.Errorf("%d failed, printed:\n%s", s.failed, out)
	}
}

func TestNothingRunIsAnError(t *testing.T) {
	t.Parallel()
	if _, out, err := summarise(t, "go: cannot find main module", ""); err == nil || !strings.Contains(out, "cannot find") {
		t.Errorf("%v, printed %q", err, out)
	}
}
