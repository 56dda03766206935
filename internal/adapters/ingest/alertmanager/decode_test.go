package alertmanager

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rouse-oncall/rouse/internal/adapters/ingest"
	"github.com/rouse-oncall/rouse/internal/domain/alert"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

func TestGoldens(t *testing.T) {
	t.Parallel()
	for _, file := range goldens(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			request, want := golden(t, file)
			p, err := Decode(request, ingest.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, describe(p)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func goldens(tb testing.TB) []string {
	tb.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		tb.Fatal("no goldens", err)
	}
	return files
}

func golden(tb testing.TB, file string) (request []byte, want string) {
	tb.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil || len(archive.Files) != 2 {
		tb.Fatalf("%s: %v", file, err)
	}
	return archive.Files[0].Data, string(archive.Files[1].Data)
}

func describe(p Payload) string {
	var b strings.Builder
	fmt.Fprintf(&b, "receiver %q from %q, %d truncated\n", p.Receiver, p.ExternalURL, p.Truncated)
	for _, s := range p.Signals {
		status := map[bool]string{true: "firing", false: "resolved"}[s.Firing]
		fmt.Fprintf(&b, "%s %s group %q\n", status, s.Fingerprint, s.GroupKey)
		describeTime(&b, "start", s.StartsAt)
		describeTime(&b, "end", s.EndsAt)
		if s.GeneratorURL != "" {
			fmt.Fprintf(&b, "  generator %s\n", s.GeneratorURL)
		}
		describeMap(&b, "label", s.Labels)
		describeMap(&b, "annotation", s.Annotations)
	}
	for i, bad := range p.Bad {
		fmt.Fprintf(&b, "bad %d: %s\n  %s\n", p.BadAt[i], bad.Reason, bad.Raw)
	}
	return b.String()
}

func describeTime(b *strings.Builder, name string, at time.Time) {
	if !at.IsZero() {
		fmt.Fprintf(b, "  %s %s\n", name, at.Format(time.RFC3339Nano))
	}
}

func describeMap(b *strings.Builder, what string, values map[string]string) {
	for _, k := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(b, "  %s %s=%q\n", what, k, values[k])
	}
}

func TestRefusedBodies(t *testing.T) {
	t.Parallel()
	list := func(n int, element string) string {
		return `{"alerts":[` + strings.TrimSuffix(strings.Repeat(element+",", n), ",") + `]}`
	}
	deep := func(n int) string {
		return `{"x":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + `,"alerts":[]}`
	}
	firing := `{"status":"firing","fingerprint":"f"}`
	cases := []struct {
		name, body, code string
	}{
		{"empty", ``, "alerts.not_json"},
		{"text", `firing`, "alerts.not_json"},
		{"cut off", `{"alerts":[{"status":"firing"`, "alerts.not_json"},
		{"more behind it", `{"alerts":[]}{}`, "alerts.not_json"},
		{"wrong type, then no JSON", `{"alerts":[{"labels":[]}]`, "alerts.not_json"},
		{"a list", `[{"status":"firing"}]`, "alerts.missing"},
		{"null", `null`, "alerts.missing"},
		{"no alerts", `{"status":"firing"}`, "alerts.missing"},
		{"alerts are an object", `{"alerts":{}}`, "alerts.missing"},
		{"alerts are null", `{"alerts":null}`, "alerts.missing"},
		{"too deep", deep(33), "alerts.too_deep"},
		{"deep enough to hurt", strings.Repeat(`{"a":[`, 1_000_000), "alerts.too_deep"},
		{"just not too deep", deep(32), ""},
		{"brackets in texts", `{"alerts":[],"x":"` + strings.Repeat(`[\"{\\\\`, 100) + `"}`, ""},
		{"too deep behind an escaped backslash", `{"x":"\\","y":` + deep(32) + `}`, "alerts.too_deep"},
		{"too many", list(10_001, firing), "alerts.too_many"},
		{"too many of nothing", list(2_000_000, "1"), "alerts.too_many"},
		{"just not too many", list(10_000, firing), ""},
		{"commas of a long text", list(1, `{"status":"firing","fingerprint":"f","labels":{"a":"`+strings.Repeat(",", 20_000)+`"}}`), ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := Decode([]byte(c.body), ingest.DefaultLimits())
			if c.code == "" {
				if err != nil || len(p.Bad) != 0 {
					t.Fatal(err, len(p.Bad))
				}
				return
			}
			if f := fault.Of(err); err == nil || f.Kind != fault.KindInvalid || f.Code != c.code || f.Message == "" {
				t.Fatalf("got %v", err)
			}
		})
	}
}

// Cleaning makes text longer: the bound holds after it.
func TestQuarantinedTextIsBoundedWhenCleaned(t *testing.T) {
	t.Parallel()
	p, err := Decode([]byte(`{"alerts":[{"status":"`+strings.Repeat("a\xff", 8000)+`"}]}`), ingest.DefaultLimits())
	if err != nil || len(p.Bad) != 1 || len(p.Bad[0].Raw) > ingest.MaxRaw || !utf8.ValidString(p.Bad[0].Raw) {
		t.Fatal(err, len(p.Bad), len(p.Bad[0].Raw))
	}
}

// The fast and the slow way must read the same.
func TestLooseReadsTheSame(t *testing.T) {
	t.Parallel()
	request, want := golden(t, "testdata/webhook.txtar")
	p, err := decodeLoosely(request)
	if err != nil || describe(p) != want {
		t.Fatalf("%v\n%s", err, describe(p))
	}
}

func TestQuarantinedTextIsBounded(t *testing.T) {
	t.Parallel()
	for _, filler := range []string{"x", "é", "\xff", "\xe2\x82\xac"} {
		body := `{"alerts":[{"status":"` + strings.Repeat(filler, 1<<16) + `"}]}`
		p, err := Decode([]byte(body), ingest.DefaultLimits())
		if err != nil || len(p.Bad) != 1 {
			t.Fatal(err, len(p.Bad))
		}
		raw := p.Bad[0].Raw
		if len(raw) > ingest.MaxRaw || (filler != "\xff" && len(raw) < ingest.MaxRaw-4) || !utf8.ValidString(raw) || !strings.HasSuffix(raw, fmt.Sprintf("… [cut from %d bytes]", len(body)-13)) {
			t.Errorf("%q: %d bytes, ends in %q", filler, len(raw), raw[max(0, len(raw)-40):])
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, file := range goldens(f) {
		request, _ := golden(f, file)
		f.Add(request)
	}
	for _, seed := range []string{``, `null`, `{"alerts":[{}]}`, `{"alerts":[{"status":"firing","labels":{"a":"\u0000\ud800"}}]}`,
		"{\"alerts\":[{\"fingerprint\":\"\xff\",\"status\":\"firing\"}]}", `{"alerts":[{"status":"firing","fingerprint":{}}]}`, `{"alerts":["\"]"]}`, `{"ALERTS":[{"Status":"resolved","labels":{"a":1}}]}`} {
		f.Add([]byte(seed))
	}
	m := alert.DefaultMapping()
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := Decode(body, ingest.DefaultLimits())
		if err != nil {
			if fault.Of(err).Kind != fault.KindInvalid {
				t.Fatal(err)
			}
			return
		}
		if !json.Valid(body) {
			t.Fatal("took what is not JSON")
		}
		if len(p.Bad) != len(p.BadAt) || !slices.IsSorted(p.BadAt) {
			t.Fatal("places of the bad", p.BadAt)
		}
		for _, bad := range p.Bad {
			if bad.Reason == "" || bad.Raw == "" || len(bad.Raw) > ingest.MaxRaw || !utf8.ValidString(bad.Raw) {
				t.Fatalf("%+v", bad)
			}
		}
		for _, s := range p.Signals {
			if s = m.Apply(s); s.Fingerprint == "" || len(s.Fingerprint) > alert.MaxFingerprint || !utf8.ValidString(s.Title) {
				t.Fatalf("%+v", s)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	whole, _ := golden(b, "testdata/webhook.txtar")
	var w map[string]any
	if err := json.Unmarshal(whole, &w); err != nil {
		b.Fatal(err)
	}
	first := w["alerts"].([]any)[0]
	for _, n := range []int{1, 100} {
		w["alerts"] = slices.Repeat([]any{first}, n)
		body, err := json.Marshal(w)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("alerts=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if _, err := Decode(body, ingest.DefaultLimits()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
