package applyfile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rouse-oncall/rouse/internal/adapters/applyfile"
	"github.com/rouse-oncall/rouse/internal/adapters/memory"
	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/ports"
)

var update = flag.Bool("update", false, "write what comes out as what is wanted")

// TestGoldens applies documents to a real directory. In testdata: before.yaml is applied first, all other
// files together; keys has environment variables; want is the outcome and what is owned then, or the problems.
func TestGoldens(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no goldens", err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := run(t, a)
			want := &a.Files[len(a.Files)-1]
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(a), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(string(want.Data), got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func run(t *testing.T, a *txtar.Archive) string {
	t.Helper()
	var before, now []admin.Document
	keys := map[string]string{}
	for _, f := range a.Files {
		switch f.Name {
		case "before.yaml":
			before = append(before, admin.Document{Name: f.Name, Content: string(f.Data)})
		case "keys":
			for line := range strings.Lines(string(f.Data)) {
				k, v, _ := strings.Cut(strings.TrimSpace(line), "=")
				keys[k] = v
			}
		case "want":
		default:
			now = append(now, admin.Document{Name: f.Name, Content: string(f.Data)})
		}
	}
	s := newServer()
	if len(before) > 0 {
		if _, err := s.apply(t, before, keys); err != nil {
			t.Fatalf("before.yaml: %v", err)
		}
	}
	version := s.snapshot(t).Version
	out, err := s.apply(t, now, keys)
	if err == nil {
		return s.describe(t, out)
	}
	if s.snapshot(t).Version != version {
		t.Error("a document with problems changed something")
	}
	if _, ok := errors.AsType[admin.Problems](err); !ok {
		t.Errorf("not a list of problems: %v", err)
	}
	return errText(err) + "\n"
}

func errText(err error) string {
	if p, ok := errors.AsType[admin.Problems](err); ok {
		return p.Error()
	}
	return err.Error()
}

type clock struct{}

func (clock) Now() time.Time { return time.Date(2026, 3, 1, 3, 12, 0, 0, time.UTC) }

type server struct{ applier admin.Apply }

func newServer() *server {
	tx := memory.Atomic(memory.New(nil), func(tx *memory.Tx) admin.Repos {
		return admin.Repos{Directory: tx.Directory(), Catalog: tx.Catalog()}
	})
	n := 0
	check := func(to string) (string, error) {
		a, err := mail.ParseAddress(to)
		if err != nil {
			return "", fmt.Errorf("%q is not an email address", to)
		}
		return a.Address, nil
	}
	return &server{admin.Apply{
		Store: admin.Store{Read: tx, Write: tx},
		Clock: clock{},
		NewID: func() string { n++; return fmt.Sprintf("id-%d", n) },
		Channels: map[string]ports.ChannelDescriptor{
			"email":    {Kind: "email", Personal: true, Shared: true, Check: check},
			"sms":      {Kind: "sms", Personal: true, Check: func(to string) (string, error) { return strings.ReplaceAll(to, " ", ""), nil }},
			"teamchat": {Kind: "teamchat", Shared: true},
		},
	}}
}

func (s *server) apply(t *testing.T, docs []admin.Document, keys map[string]string) (admin.Outcome, error) {
	t.Helper()
	desired, err := applyfile.Parse(docs)
	if err != nil {
		return admin.Outcome{}, err
	}
	wish := admin.Wish{Desired: desired, Keys: keys}
	planned, planErr := s.applier.Plan(t.Context(), admin.System(), wish)
	out, err := s.applier.Do(t.Context(), admin.System(), wish)
	if d := cmp.Diff(planned.Changes, out.Changes); d != "" || (planErr == nil) != (err == nil) {
		t.Errorf("the plan is not what is applied: %v, %v\n%s", planErr, err, d)
	}
	if len(planned.Keys) > 0 {
		t.Error("a plan gives away keys")
	}
	return out, err
}

func (s *server) snapshot(t *testing.T) *directory.Snapshot {
	t.Helper()
	snap, err := admin.ReadDirectory{Store: s.applier.Store}.Do(t.Context(), admin.System())
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

// describe shows the changes and all that is owned.
func (s *server) describe(t *testing.T, out admin.Outcome) string {
	t.Helper()
	for name, key := range out.Keys {
		if len(key) != 32 {
			t.Errorf("the key %q is not 32 characters long", key)
		}
		out.Keys[name] = "generated"
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	write := func(v any) {
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range out.Changes {
		write(c)
	}
	write(map[string]any{"unchanged": out.Unchanged, "keys": out.Keys})
	snap := s.snapshot(t)
	for i := range snap.Integrations {
		if snap.Integrations[i].KeyHash != admin.HashSecret("0123456789abcdef0123456789abcdef") {
			snap.Integrations[i].KeyHash = "of a generated key"
		}
	}
	e.SetIndent("", " ")
	write(snap.Settings)
	write(snap.Users)
	write(snap.Teams)
	write(snap.Channels)
	current := map[string]any{}
	for pid, ref := range snap.Current {
		current[string(pid)] = snap.Policies[ref]
	}
	write(current)
	write(snap.Services)
	write(snap.Integrations)
	return b.String()
}

// An alias bomb ends early, with words: taken whole, these would be 400 million members.
func TestAliasBomb(t *testing.T) {
	t.Parallel()
	const many = 20_000
	var b strings.Builder
	fmt.Fprintf(&b, "teams:\n  - {name: t, members: &m [%s]}\n", strings.Repeat("a@example.org, ", many))
	for i := range many {
		fmt.Fprintf(&b, "  - {name: t%d, members: *m}\n", i)
	}
	_, err := applyfile.Parse([]admin.Document{{Name: "bomb.yaml", Content: b.String()}})
	if err == nil || !strings.Contains(errText(err), "too many") {
		t.Errorf("the bomb was taken: %v", err)
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"b.yaml": "b", "a.yml": "a", "sub/c.json": "c", "notes.txt": "no", ".hidden.yaml": "no", ".git/d.yaml": "no",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	docs, err := applyfile.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, d := range docs {
		got += d.Content
	}
	if got != "abc" {
		t.Errorf("read %q, want a, b and c in order", got)
	}
	if one, err := applyfile.Read(filepath.Join(dir, "notes.txt")); err != nil || len(one) != 1 {
		t.Errorf("a file that is named is read whatever its name: %v", err)
	}
	if _, err := applyfile.Read(t.TempDir()); err == nil {
		t.Error("an empty folder is no configuration")
	}
}

func TestKeyVariables(t *testing.T) {
	t.Parallel()
	d, err := applyfile.Parse([]admin.Document{{Content: "integrations: [{name: a, key_env: A}, {name: b}]"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"A"}, applyfile.KeyVariables(d)); diff != "" {
		t.Error(diff)
	}
}

// Whatever comes in: no panic, and either it is applied whole or the problems are named.
func FuzzApply(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		a, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, x := range a.Files {
			f.Add(string(x.Data))
		}
	}
	f.Fuzz(func(t *testing.T, content string) {
		desired, err := applyfile.Parse([]admin.Document{{Name: "f", Content: content}})
		if err == nil {
			_, err = newServer().applier.Do(context.Background(), admin.System(), admin.Wish{Desired: desired})
		}
		if err == nil {
			return
		}
		p, ok := errors.AsType[admin.Problems](err)
		if !ok {
			t.Fatalf("not a list of problems: %v", err)
		}
		for _, x := range p {
			if x.Message == "" || x.Code == "" || x.File != "f" {
				t.Errorf("a problem without words or place: %+v", x)
			}
		}
	})
}
