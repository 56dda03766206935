// Package docs holds what people read to what the program does: commands and files of the guide are run against
// the built program, and lists of names are compared with the source.
package docs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/test/binary"
)

const (
	root       = "../../"
	adminToken = "docs-admin-token-0123456789"
)

func TestMain(m *testing.M) { binary.Main(m) }

// block is one fenced block: "```lang mark" and what is in it.
type block struct {
	lang, mark, text string
	line             int
}

var fence = regexp.MustCompile("(?ms)^```([a-z]+)(?: ([^\n]+))?\n(.*?)^```$")

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func blocks(text string) []block {
	var out []block
	for _, m := range fence.FindAllStringSubmatchIndex(text, -1) {
		b := block{lang: text[m[2]:m[3]], text: text[m[6]:m[7]], line: 1 + strings.Count(text[:m[0]], "\n")}
		if m[4] >= 0 {
			b.mark = text[m[4]:m[5]]
		}
		out = append(out, b)
	}
	return out
}

// pages are what people read.
func pages(t *testing.T) []string {
	t.Helper()
	guide, err := filepath.Glob(root + "docs/guide/*.md")
	if err != nil || len(guide) < 6 {
		t.Fatalf("the guide has %d pages: %v", len(guide), err)
	}
	out := []string{"README.md", "docs/reference/metrics.md", "docs/reference/errors.md"}
	for _, g := range guide {
		out = append(out, strings.TrimPrefix(g, root))
	}
	return out
}

// TestGuide does what the pages tell people to do, each on a fresh server, and compares what is printed.
func TestGuide(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed: the guide's commands are not run")
	}
	ran := 0
	for _, page := range pages(t) {
		all := blocks(read(t, page))
		for i, b := range all {
			if b.mark == "" {
				continue
			}
			ran++
			if b.mark == "output" && (i == 0 || all[i-1].lang != "sh" || all[i-1].mark == "") {
				t.Errorf("%s:%d: this output is of no command that is run", page, b.line)
			}
		}
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			follow(t, page, all)
		})
	}
	if ran < 25 {
		t.Errorf("only %d blocks are tried: the marks have changed", ran)
	}
}

// follow goes through a page.
func follow(t *testing.T, page string, all []block) {
	var s *reader
	for i, b := range all {
		kind, name, _ := strings.Cut(b.mark, "=")
		if s == nil && (b.lang == "sh" && kind != "" || name != "") {
			s = newReader(t)
		}
		switch where := fmt.Sprintf("%s:%d", page, b.line); {
		case b.lang == "yaml" && kind == "test":
			s.write(t, name, b.text)
		case b.lang == "yaml" && kind == "alertmanager":
			check(t, where, b.text, "amtool", "check-config")
		case b.lang == "yaml" && kind == "prometheus":
			check(t, where, b.text, "promtool", "check", "rules")
		case b.lang == "sh" && (kind == "test" || kind == "fails"):
			said := s.sh(t, where, b.text, kind == "fails")
			if i+1 < len(all) && all[i+1].mark == "output" {
				compare(t, fmt.Sprintf("%s:%d", page, all[i+1].line), all[i+1].text, said)
			}
		case b.mark != "" && b.mark != "output":
			t.Errorf("%s: what is %q?", where, b.mark)
		}
	}
}

// reader is somebody who follows a page: a server that is set up, and a shell beside it.
type reader struct {
	*binary.Server
	env []string
}

func newReader(t *testing.T) *reader {
	t.Helper()
	s := binary.New(t, "ROUSE_DATABASE_URL=sqlite:data/rouse.db", "ROUSE_ADMIN_TOKEN="+adminToken)
	bin := filepath.Join(s.Dir, "bin")
	for _, dir := range []string{bin, filepath.Join(s.Dir, "data")} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(binary.Path(t), filepath.Join(bin, "rouse")); err != nil {
		t.Fatal(err)
	}
	s.Start(t)
	var key []string
	binary.Eventually(t, binaryLimit, "the key is printed", func() bool {
		key = regexp.MustCompile("`main`, shown this once: (\\S+)").FindStringSubmatch(s.Output())
		return key != nil
	})
	link := regexp.MustCompile(`/setup\?token=(\S+)`).FindStringSubmatch(s.Output())
	if link == nil {
		t.Fatalf("no link in\n%s", s.Output())
	}
	setUp(t, s.URL, link[1])
	return &reader{s, binary.Environment(
		"ROUSE_URL="+s.URL, "ROUSE_TOKEN="+adminToken, "ROUSE_KEY="+key[1], "PATH="+bin+":"+os.Getenv("PATH"))}
}

func setUp(t *testing.T, url, link string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"token": link, "email": "you@example.org", "name": "You", "password": "correct horse battery", "time_zone": "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(url+"/api/v1/setup", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("setting up was answered %d", res.StatusCode)
	}
}

func (r *reader) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.Dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// sh runs a script as a person would type it, at this server's address, and gives what was printed.
func (r *reader) sh(t *testing.T, where, script string, fails bool) string {
	t.Helper()
	script = strings.ReplaceAll(script, "http://localhost:8080", r.URL)
	flags := "-e"
	if fails {
		flags = "+e" // the last command's exit code counts
	}
	cmd := exec.CommandContext(t.Context(), "sh", flags, "-c", script)
	cmd.Dir, cmd.Env = r.Dir, r.env
	out, err := cmd.CombinedOutput()
	if (err != nil) != fails {
		t.Fatalf("%s: %v\n%s", where, err, out)
	}
	return string(out)
}

// compare says where text is not what was printed; "…" stands for anything.
func compare(t *testing.T, where, want, said string) {
	t.Helper()
	parts := strings.Split(strings.TrimSpace(want), "…")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	if !regexp.MustCompile(`(?s)^` + strings.Join(parts, ".*") + `$`).MatchString(strings.TrimSpace(said)) {
		t.Errorf("%s: the page says\n%s\nbut it prints\n%s", where, want, said)
	}
}

// check gives a file to the program that it is for, where that is installed.
func check(t *testing.T, where, text, program string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Logf("%s is not installed: %s is not checked", program, where)
		return
	}
	file := filepath.Join(t.TempDir(), "file.yml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), program, append(args, file)...).CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", where, err, out)
	}
}
