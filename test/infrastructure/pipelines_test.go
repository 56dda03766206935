package infrastructure_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/internal/testkit"
)

func workflows(t *testing.T) map[string]map[string]any {
	t.Helper()
	files, err := filepath.Glob(root + ".github/workflows/*.yml")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d workflows: %v", len(files), err)
	}
	out := map[string]map[string]any{}
	for _, f := range files {
		out[filepath.Base(f)] = documents(t, read(t, strings.TrimPrefix(f, root)))[0]
	}
	return out
}

// TestWorkflowsAreWell by actionlint, with shellcheck where that is installed.
func TestWorkflowsAreWell(t *testing.T) {
	t.Parallel()
	actionlint := testkit.Tool(t, "actionlint")
	for name := range workflows(t) {
		if out, err := run(t, actionlint, root+".github/workflows/"+name); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
}

// TestActionsArePinned: each by its commit, with the version that Dependabot raises, and one action at one commit everywhere.
func TestActionsArePinned(t *testing.T) {
	t.Parallel()
	pinned := regexp.MustCompile(`uses: ([\w.-]+/[\w.-]+)[\w./-]*@([0-9a-f]{40}) # v\d+\.\d+\.\d+$`)
	commits, count := map[string]string{}, 0
	for name := range workflows(t) {
		for line := range strings.Lines(read(t, ".github/workflows/"+name)) {
			line = strings.TrimRight(line, "\n")
			if !strings.Contains(line, "uses:") {
				continue
			}
			count++
			m := pinned.FindStringSubmatch(line)
			if m == nil {
				t.Errorf("%s: %s", name, line)
				continue
			}
			if first, known := commits[m[1]]; known && first != m[2] {
				t.Errorf("%s: %s is at %s and at %s", name, m[1], first, m[2])
			}
			commits[m[1]] = m[2]
		}
	}
	if count < 20 {
		t.Errorf("only %d actions: this test looks at the wrong place", count)
	}
}

// TestWorkflowsAreModest: they may read, and what more a job may is said there; each ends; no secret but the repository's own token
// is there for the code of a pull request.
func TestWorkflowsAreModest(t *testing.T) {
	t.Parallel()
	for name, w := range workflows(t) {
		if p := fmt.Sprint(w["permissions"]); p != "map[contents:read]" {
			t.Errorf("%s may %s", name, p)
		}
		for job, j := range w["jobs"].(map[string]any) {
			if at(j, "timeout-minutes") == nil {
				t.Errorf("%s: %s may run for six hours", name, job)
			}
			if write := regexp.MustCompile(`contents:write|packages:write|id-token:write`).FindString(fmt.Sprint(at(j, "permissions"))); write != "" && name != "release.yml" {
				t.Errorf("%s: %s may %s", name, job, write)
			}
		}
		text := read(t, ".github/workflows/"+name)
		if strings.Contains(text, "pull_request_target") {
			t.Errorf("%s gives a stranger's code the repository's rights", name)
		}
		for _, m := range regexp.MustCompile(`secrets\.(\w+)`).FindAllStringSubmatch(text, -1) {
			if m[1] != "GITHUB_TOKEN" {
				t.Errorf("%s needs the secret %s", name, m[1])
			}
		}
	}
}

// TestCheckRunsWhatPeopleRun: every stage of `make check` is in the workflow, and lint → test → build → chart → scan wait for each
// other.
func TestCheckRunsWhatPeopleRun(t *testing.T) {
	t.Parallel()
	stages := regexp.MustCompile(`(?m)^check:.*\n\t@sh scripts/check\.sh (.+)$`).FindStringSubmatch(read(t, "Makefile"))
	if stages == nil {
		t.Fatal("the Makefile does not say what check is")
	}
	jobs := workflows(t)["check.yml"]["jobs"].(map[string]any)
	var ran []string
	for _, j := range jobs {
		for _, step := range at(j, "steps").([]any) {
			script, _ := at(step, "run").(string)
			for _, m := range regexp.MustCompile(`(?m)(?:scripts/check\.sh|^make) (.+)$`).FindAllStringSubmatch(script, -1) {
				ran = append(ran, strings.Fields(m[1])...)
			}
		}
	}
	for _, stage := range strings.Fields(stages[1]) {
		if !slices.Contains(ran, stage) {
			t.Errorf("check.yml does not run %s", stage)
		}
	}
	for job, before := range map[string]string{"test": "lint", "build": "test", "chart": "build", "scan": "chart", "image-test": "build"} {
		if at(jobs, job, "needs") != before {
			t.Errorf("%s waits for %v, not for %s", job, at(jobs, job, "needs"), before)
		}
	}
}

// TestReleaseIsWell by GoReleaser's own check, at the version that the workflow runs.
func TestReleaseIsWell(t *testing.T) {
	t.Parallel()
	goreleaser := slow(t, "goreleaser")
	if out, err := run(t, goreleaser, "check", "--config", root+".goreleaser.yaml"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	version := regexp.MustCompile(`goreleaser/v2@(v[\d.]+)`).FindStringSubmatch(read(t, "scripts/tools.sh"))
	if !strings.Contains(read(t, ".github/workflows/release.yml"), "\n          version: "+version[1]+"\n") {
		t.Errorf("release.yml does not run GoReleaser %s", version[1])
	}
}

// TestDependabotLooksAtWhatIsThere: every folder with a list of dependencies, and no other.
func TestDependabotLooksAtWhatIsThere(t *testing.T) {
	t.Parallel()
	lists := map[string]string{"gomod": "go.mod", "npm": "package.json", "docker": "Dockerfile", "docker-compose": "compose.yaml", "github-actions": ".github/workflows", "terraform": "versions.tf"}
	var looked []string
	for _, u := range at(documents(t, read(t, ".github/dependabot.yml"))[0], "updates").([]any) {
		kind, folder := at(u, "package-ecosystem").(string), at(u, "directory").(string)
		looked = append(looked, kind+" "+folder)
		if _, err := os.Stat(filepath.Join(root, folder, lists[kind])); err != nil {
			t.Errorf("%s in %s: %v", kind, folder, err)
		}
	}
	for _, folder := range []string{"/", "/test/infrastructure/tools"} {
		if !slices.Contains(looked, "gomod "+folder) {
			t.Errorf("nobody looks at %s", folder)
		}
	}
}

// TestPullRequestsAskWhatContributingSays: the same points, in the same order.
func TestPullRequestsAskWhatContributingSays(t *testing.T) {
	t.Parallel()
	points := func(path string) string {
		var out []string
		for _, m := range regexp.MustCompile(`(?m)^- \[ \] \*\*(.+?)\.\*\*`).FindAllStringSubmatch(read(t, path), -1) {
			out = append(out, m[1])
		}
		return strings.Join(out, ", ")
	}
	want := points("CONTRIBUTING.md")
	if got := points(".github/pull_request_template.md"); got != want || len(want) < 20 {
		t.Errorf("pull requests ask for %q, CONTRIBUTING.md for %q", got, want)
	}
}
