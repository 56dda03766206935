package alert

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

type placed struct {
	Service, Environment, Severity, Urgency, Title string
}

// The stock rules must land where a person would put them.
func TestMappingOfKubePrometheus(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/kube-prometheus.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Labels, Annotations map[string]string
		Want                placed
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 40 {
		t.Fatalf("only %d alerts", len(cases))
	}
	m := DefaultMapping()
	for i, c := range cases {
		t.Run(fmt.Sprintf("%d %s", i, c.Labels["alertname"]), func(t *testing.T) {
			t.Parallel()
			s := m.Apply(Signal{Labels: c.Labels, Annotations: c.Annotations})
			got := placed{s.Service, s.Environment, s.Severity.String(), s.Severity.Urgency().String(), s.Title}
			if diff := cmp.Diff(c.Want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if s.Name != c.Labels["alertname"] || s.Runbook != c.Annotations["runbook_url"] {
				t.Errorf("name %q, runbook %q", s.Name, s.Runbook)
			}
			if !cmp.Equal(s.Labels, c.Labels) || !cmp.Equal(s.Annotations, c.Annotations) {
				t.Error("good labels and annotations were changed")
			}
		})
	}
}

func TestMappingService(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		labels map[string]string
		want   string
	}{
		{"deployment before all", map[string]string{"job": "kube-state-metrics", "deployment": "a", "statefulset": "b", "daemonset": "c", "container": "d", "namespace": "e"}, "a"},
		{"statefulset", map[string]string{"job": "kube-state-metrics", "statefulset": "b", "daemonset": "c", "container": "d", "namespace": "e"}, "b"},
		{"daemonset", map[string]string{"job": "kube-state-metrics", "daemonset": "c", "container": "d", "namespace": "e"}, "c"},
		{"container", map[string]string{"job": "kube-state-metrics", "container": "d", "namespace": "e"}, "d"},
		{"namespace", map[string]string{"job": "kube-state-metrics", "namespace": "e"}, "e"},
		{"nothing but the job", map[string]string{"job": "kube-state-metrics"}, "kube-state-metrics"},
		{"service names the exporter", map[string]string{"job": "endpoints", "service": "prometheus-kube-state-metrics", "deployment": "a"}, "a"},
		{"else the job", map[string]string{"job": "endpoints", "service": "prometheus-kube-state-metrics"}, "endpoints"},
		{"in a path", map[string]string{"job": "monitoring/kubelet/0", "namespace": "shop"}, "shop"},
		{"underscores", map[string]string{"job": "Kube_State_Metrics", "namespace": "shop"}, "shop"},
		{"no whole word", map[string]string{"job": "kubelets", "namespace": "shop"}, "kubelets"},
		{"no whole word at first", map[string]string{"job": "mykubelet-kubelet", "namespace": "shop"}, "shop"},
		{"blank is missing", map[string]string{"service": " ", "app": "web", "job": "pods"}, "web"},
		{"trimmed, one line", map[string]string{"service": " web\nserver "}, "web server"},
		{"workload without any job", map[string]string{"namespace": "shop"}, "shop"},
		{"nothing", map[string]string{"alertname": "X"}, ""},
		{"long", map[string]string{"service": strings.Repeat("é", 500)}, strings.Repeat("é", 199) + "…"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := DefaultMapping().Apply(Signal{Labels: c.labels}).Service; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestMappingSeverity(t *testing.T) {
	t.Parallel()
	m := DefaultMapping()
	m.SeverityWords = map[string]Severity{"Sev-A": Critical(), "critical": Warning()}
	for word, want := range map[string]Severity{
		"error": Error(), "warning": Warning(), "info": Info(), "none": None(), "page": Critical(), "P1": Critical(), "P2": Error(),
		"P3": Warning(), "P4": Info(), "P5": None(), "WARNING": Warning(), " info ": Info(), "": Error(), "unheard": Error(),
		"sev-a": Critical(), "critical": Warning(), "CRITICAL": Warning(), // the integration's own words go first
	} {
		if got := m.Apply(Signal{Labels: map[string]string{"severity": word}}).Severity; got != want {
			t.Errorf("%q: got %s, want %s", word, got, want)
		}
	}
}

func TestMappingTitle(t *testing.T) {
	t.Parallel()
	cases := []struct {
		summary, name, instance, want string
	}{
		{"It broke", "X", "a:1", "It broke"},
		{"", "X", "a:1", "X on a:1"},
		{" ", "X", "", "X"},
		{"", "", "a:1", "Alert on a:1"},
		{"", "", "", "Alert f1"},
		{"a\x00b\x01c\nd\te\x7f", "", "", "a\ufffdb c d e"},
		{"bad \xff\xfe end", "", "", "bad \ufffd end"},
		{"a\u202eb\u2028c\u2066d", "", "", "ab cd"}, // nothing turns round what is read
		{strings.Repeat("ü", 300), "", "", strings.Repeat("ü", 300)},
		{strings.Repeat("ü", 301), "", "", strings.Repeat("ü", 299) + "…"},
	}
	for _, c := range cases {
		s := Signal{Fingerprint: "f1", Annotations: map[string]string{"summary": c.summary}, Labels: map[string]string{"alertname": c.name, "instance": c.instance}}
		if got := DefaultMapping().Apply(s).Title; got != c.want {
			t.Errorf("%+v: got %q", c, got)
		}
	}
}

func TestMappingLinks(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://run.example.org/a?b=c": "https://run.example.org/a?b=c",
		" HTTP://run.example.org ":      "HTTP://run.example.org",
		"javascript:alert(1)":           "", "java\nscript:alert(1)": "", "data:text/html,x": "", "//x.example.org": "",
		"https://": "", "run.example.org/a": "", "https://x.example.org/\x00": "", "https://x.example.org/\xff": "",
		"https://x.example.org/" + strings.Repeat("a", 3000): "",
	} {
		s := DefaultMapping().Apply(Signal{GeneratorURL: in, Annotations: map[string]string{"runbook_url": in}})
		if s.Runbook != want || s.GeneratorURL != want {
			t.Errorf("%q: runbook %q, generator %q, want %q", in, s.Runbook, s.GeneratorURL, want)
		}
	}
}

// A changed mapping decoded over the default keeps what it does not mention.
func TestMappingCanBeChanged(t *testing.T) {
	t.Parallel()
	m := DefaultMapping()
	change := `{"service": ["squad"], "environment": ["stage"], "severity": ["priority"], "title": ["headline"], "runbook": ["help"],
		"exporters": ["statsd"], "severity_words": {"urgent": "critical"}}`
	if err := json.Unmarshal([]byte(change), &m); err != nil {
		t.Fatal(err)
	}
	labels := map[string]string{"squad": "statsd-1", "container": "web", "stage": "blue", "priority": "Urgent"}
	s := m.Apply(Signal{Labels: labels, Annotations: map[string]string{"headline": "Hey", "help": "https://h.example.org"}})
	got := placed{s.Service, s.Environment, s.Severity.String(), s.Runbook, s.Title}
	want := placed{"web", "blue", "critical", "https://h.example.org", "Hey"}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestApplyBounds(t *testing.T) {
	t.Parallel()
	labels := map[string]string{"alertname": "Many", "severity": "warning", "service": "web", "zone": "z", "bad\x00name": "x", "": "nameless"}
	for i := len(labels) - 1; i < 10_000; i++ { // the nameless one goes
		labels[fmt.Sprintf("l%05d", i)] = "v"
	}
	given := maps.Clone(labels)
	s := DefaultMapping().Apply(Signal{
		Fingerprint: strings.Repeat("f", 65),
		Labels:      labels,
		Annotations: map[string]string{"description": strings.Repeat("é", 500_000), "odd": "x" + strings.Repeat("é", 500_000), "edge": strings.Repeat("x", MaxValue)},
	})
	if !maps.Equal(given, labels) {
		t.Error("the given labels were changed")
	}
	if len(s.Labels) != MaxLabels+1 || s.Labels[LabelTruncated] != "9936 labels" {
		t.Errorf("%d labels, note %q", len(s.Labels), s.Labels[LabelTruncated])
	}
	for _, name := range []string{"alertname", "severity", "service", "bad\ufffdname"} {
		if s.Labels[name] == "" {
			t.Errorf("%q was cut", name)
		}
	}
	if _, ok := s.Labels["zone"]; ok || s.Service != "web" {
		t.Errorf("zone kept, or service %q", s.Service)
	}
	d := s.Annotations["description"]
	if len(d) > MaxValue || len(d) < MaxValue-2 || !strings.HasSuffix(d, "é… [cut from 1000000 bytes]") {
		t.Errorf("%d bytes, ends in %q", len(d), d[len(d)-40:])
	}
	if odd := s.Annotations["odd"]; len(odd) < MaxValue-2 || !strings.HasSuffix(odd, "é… [cut from 1000001 bytes]") {
		t.Errorf("%d bytes, ends in %q", len(odd), odd[len(odd)-40:])
	}
	if s.Annotations["edge"] != strings.Repeat("x", MaxValue) {
		t.Error("a value of just the bound was cut")
	}
	if f := DefaultMapping().Apply(Signal{Fingerprint: strings.Repeat("é", 40)}).Fingerprint; len(f) != MaxFingerprint || strings.Contains(f, "é") {
		t.Errorf("fingerprint %q", f)
	}
	if len(s.Fingerprint) != MaxFingerprint || s.Fingerprint == strings.Repeat("f", 64) {
		t.Errorf("fingerprint %q", s.Fingerprint)
	}
}

// Where cleaning makes two names one, the clean one wins, whatever the order.
func TestApplyNamesThatMeet(t *testing.T) {
	t.Parallel()
	for range 20 {
		s := DefaultMapping().Apply(Signal{Labels: map[string]string{"a\x00": "dirty", "a\ufffd": "clean", "a\xff": "dirty too"}})
		if diff := cmp.Diff(map[string]string{"a\ufffd": "clean"}, s.Labels); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestBelievableTime(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"2026-01-05T10:00:00.123456789+01:00": "2026-01-05T09:00:00.123456Z",
		"2000-01-01T00:00:00Z":                "2000-01-01T00:00:00Z",
		"1999-12-31T23:59:59Z":                "0001-01-01T00:00:00Z",
		"2000-01-01T00:30:00+01:00":           "0001-01-01T00:00:00Z",
		"2201-01-01T00:00:00Z":                "0001-01-01T00:00:00Z",
		"9999-12-31T23:59:59Z":                "0001-01-01T00:00:00Z",
		"0000-01-01T00:00:00Z":                "0001-01-01T00:00:00Z",
	} {
		at, err := time.Parse(time.RFC3339Nano, in)
		if err != nil {
			t.Fatal(err)
		}
		s := DefaultMapping().Apply(Signal{StartsAt: at, EndsAt: at})
		for _, got := range []time.Time{BelievableTime(at), s.StartsAt, s.EndsAt} {
			if g := got.Format(time.RFC3339Nano); g != want || got.IsZero() != strings.HasPrefix(want, "0001") {
				t.Errorf("%s: got %s, want %s", in, g, want)
			}
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	labels := map[string]string{"a": "b"}
	cases := []struct {
		status      string
		labels      map[string]string
		fingerprint string
		firing      bool
		reason      string
	}{
		{"firing", labels, "", true, ""},
		{"resolved", nil, "f", false, ""},
		{" Firing ", labels, "f", true, ""},
		{"firing", nil, " ", false, "it has neither labels nor a fingerprint"},
		{"", labels, "", false, "it has no status: firing or resolved"},
		{"on\x00 fire\xff", labels, "", false, "its status is \"on\ufffd fire\ufffd\", neither firing nor resolved"},
	}
	for _, c := range cases {
		if firing, reason := Check(c.status, c.labels, c.fingerprint); firing != c.firing || reason != c.reason {
			t.Errorf("%+v: got %v %q", c, firing, reason)
		}
	}
}

func FuzzApply(f *testing.F) {
	f.Add("alertname", "X", "summary", "It broke", "https://x.example.org", "0123456789abcdef", 1)
	f.Add("job", "kube-state-metrics", "runbook_url", "javascript:alert(1)", "", "", 100)
	f.Add("service", "a\x00\xff\n", "summary", "\x00\x01\x02\xf0\x9f", "http://[::1", "\xff", 65)
	f.Add("", "", "", "", "data:", "   ", 0)
	m := DefaultMapping()
	f.Fuzz(func(t *testing.T, name, value, key, text, link, fingerprint string, many int) {
		labels := map[string]string{name: value}
		for i := range many % 200 {
			labels[fmt.Sprint(name, i)] = strings.Repeat(value, i)
		}
		raw := Signal{Labels: labels, Annotations: map[string]string{key: strings.Repeat(text, 1+many&63)}, GeneratorURL: link, GroupKey: value, Fingerprint: fingerprint}
		s := m.Apply(raw)
		if !cmp.Equal(s, m.Apply(raw), cmp.AllowUnexported(Severity{})) {
			t.Fatal("not deterministic")
		}
		checkBounds(t, s)
	})
}

func checkBounds(t *testing.T, s Signal) {
	t.Helper()
	texts := map[string]int{s.Name: 4 * MaxName, s.Service: 4 * MaxName, s.Environment: 4 * MaxName, s.Title: 4 * MaxTitle, s.Runbook: MaxLink,
		s.GeneratorURL: MaxLink, s.Fingerprint: MaxFingerprint, s.GroupKey: MaxValue}
	for _, values := range []map[string]string{s.Labels, s.Annotations} {
		if len(values) > MaxLabels+1 {
			t.Fatalf("%d labels", len(values))
		}
		for k, v := range values {
			texts[k], texts[v] = max(texts[k], MaxLabelName), max(texts[v], MaxValue)
		}
	}
	for text, most := range texts {
		if !utf8.ValidString(text) || strings.Contains(text, "\x00") || len(text) > most {
			t.Fatalf("%d bytes, at most %d: %q", len(text), most, text)
		}
	}
	if utf8.RuneCountInString(s.Title) > MaxTitle || utf8.RuneCountInString(s.Service) > MaxName || strings.ContainsAny(s.Title+s.Service, "\n\t\r\x1b") {
		t.Fatalf("title %q, service %q", s.Title, s.Service)
	}
	if s.Environment == "" || s.Title == "" {
		t.Fatal("no environment or no title")
	}
}

func BenchmarkApply(b *testing.B) {
	s := Signal{
		Labels:       map[string]string{"alertname": "KubePodCrashLooping", "severity": "warning", "job": "kube-state-metrics", "container": "checkout", "namespace": "shop", "pod": "checkout-6c9f-abcde", "instance": "10.2.0.14:8443", "prometheus": "monitoring/k8s"},
		Annotations:  map[string]string{"summary": "checkout keeps crashing", "description": strings.Repeat("It has restarted again. ", 8), "runbook_url": "https://runbooks.example.org/kubepodcrashlooping"},
		GeneratorURL: "http://prometheus.example.org/graph?g0.expr=up&g0.tab=1",
		Fingerprint:  "0123456789abcdef",
	}
	b.ReportAllocs()
	for b.Loop() {
		DefaultMapping().Apply(s)
	}
}
