package alert

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Mapping says where an integration's labels and annotations hold what Rouse needs to know.
// The first name that holds something wins. To read a changed mapping, decode it over DefaultMapping:
// what it does not mention keeps its default.
type Mapping struct {
	Service     []string `json:"service" yaml:"service"`         // labels
	Environment []string `json:"environment" yaml:"environment"` // labels
	Severity    []string `json:"severity" yaml:"severity"`       // labels
	Title       []string `json:"title" yaml:"title"`             // annotations, then labels
	Runbook     []string `json:"runbook" yaml:"runbook"`         // annotations, then labels

	// Exporters report on other things than themselves. A service label that holds one of these names, as
	// whole words anywhere in it ("prometheus-node-exporter"), gives way to the Workload labels.
	Exporters []string `json:"exporters" yaml:"exporters"`
	Workload  []string `json:"workload" yaml:"workload"`
	// MachineExporters are those whose workload labels only say where the exporter itself runs.
	MachineExporters []string `json:"machine_exporters" yaml:"machine_exporters"`
	// Sidecars are containers that never are what broke: they answer for the one beside them.
	Sidecars []string `json:"sidecars" yaml:"sidecars"`

	// SeverityWords are the integration's own words, in any case; they go before the ones that everybody uses.
	SeverityWords map[string]Severity `json:"severity_words,omitempty" yaml:"severity_words,omitempty"`
}

const (
	labelName     = "alertname"
	labelInstance = "instance"
	labelJob      = "job"

	defaultEnvironment = "default"
)

// DefaultMapping suits the rules of kube-prometheus and most that are written like them.
func DefaultMapping() Mapping {
	return Mapping{
		Service:          []string{"service", "app_kubernetes_io_name", "app", labelJob},
		Environment:      []string{"environment", "env", "cluster"},
		Severity:         []string{"severity"},
		Title:            []string{"summary"},
		Runbook:          []string{"runbook_url"},
		Exporters:        []string{"kube-state-metrics", "node-exporter", "windows-exporter", "kubelet", "cadvisor", "blackbox"},
		Workload:         []string{"deployment", "statefulset", "daemonset", "container", "namespace"},
		MachineExporters: []string{"node-exporter", "windows-exporter"},
		Sidecars:         []string{"kube-rbac-proxy"},
	}
}

// Apply fills what is derived of a raw signal (Name, Service, Environment, Severity, Title, Runbook) and bounds
// the rest: valid UTF-8 without NUL, sizes as the Max constants say, links http or https, times believable.
// What was cut says so. The maps of the given signal are not changed.
func (m Mapping) Apply(s Signal) Signal {
	labels, annotations := cleanMap(s.Labels), cleanMap(s.Annotations)

	s.Name = line(labels[labelName], MaxName)
	s.Service = line(m.service(labels), MaxName)
	s.Environment = line(first(m.Environment, labels), MaxName)
	if s.Environment == "" {
		s.Environment = defaultEnvironment
	}
	s.Severity = m.severity(first(m.Severity, labels))
	s.Runbook = firstLink(m.Runbook, annotations, labels)

	s.Fingerprint = Fingerprint(s.Fingerprint)
	s.Title = line(m.title(&s, annotations, labels), MaxTitle)
	s.StartsAt, s.EndsAt = BelievableTime(s.StartsAt), BelievableTime(s.EndsAt)
	s.GeneratorURL = link(s.GeneratorURL)
	s.GroupKey = cleanValue(s.GroupKey)
	s.Labels = m.bound(labels, "labels")
	s.Annotations = m.bound(annotations, "annotations")
	return s
}

// service names what broke. An explicit service is believed, unless it is the exporter's own.
func (m Mapping) service(labels map[string]string) string {
	said := first(m.Service, labels)
	exporter := wordOf(said, m.Exporters)
	if said != "" && exporter == "" {
		return said
	}
	if !slices.Contains(m.MachineExporters, exporter) {
		for _, name := range m.Workload {
			v := strings.TrimSpace(labels[name])
			if v == "" || name == "container" && m.besides(v, exporter) {
				continue
			}
			return v
		}
	}
	if job := strings.TrimSpace(labels[labelJob]); job != "" {
		return job
	}
	return said
}

// besides says whether a container is the exporter's own: it then says nothing about what broke.
func (m Mapping) besides(container, exporter string) bool {
	return wordOf(container, m.Sidecars) != "" || exporter != "" && hasWords(fold(container), fold(exporter))
}

func (m Mapping) severity(word string) Severity {
	if s, ok := m.SeverityWords[word]; ok {
		return s
	}
	for _, own := range slices.Sorted(maps.Keys(m.SeverityWords)) { // sorted: the answer never varies
		if strings.EqualFold(own, word) {
			return m.SeverityWords[own]
		}
	}
	switch strings.ToLower(word) {
	case "critical", "crit", "fatal", "emergency", "disaster", "page", "p1", "sev1":
		return Critical()
	case "error", "err", "high", "major", "p2", "sev2":
		return Error()
	case "warning", "warn", "medium", "moderate", "minor", "ticket", "p3", "sev3":
		return Warning()
	case "info", "information", "informational", "notice", "low", "p4", "sev4":
		return Info()
	case "none", "ok", "debug", "p5", "sev5":
		return None()
	}
	return Error() // unknown: better to wake somebody than nobody
}

func (m Mapping) title(s *Signal, annotations, labels map[string]string) string {
	if t := first(m.Title, annotations, labels); t != "" {
		return t
	}
	name := s.Name
	if name == "" {
		name = "Alert"
	}
	if instance := strings.TrimSpace(labels[labelInstance]); instance != "" {
		return name + " on " + instance
	}
	if s.Name == "" && s.Fingerprint != "" {
		return name + " " + s.Fingerprint
	}
	return name
}

// reads says whether the mapping, or a person first of all, looks at a label or annotation of this name.
func (m Mapping) reads(name string) bool {
	switch name {
	case labelName, labelInstance, labelJob, "summary", "description":
		return true
	}
	for _, list := range [...][]string{m.Service, m.Environment, m.Severity, m.Title, m.Runbook, m.Workload} {
		if slices.Contains(list, name) {
			return true
		}
	}
	return false
}

// first gives the first value that is not blank, name by name within each map in turn; trimmed.
func first(names []string, from ...map[string]string) string {
	for _, values := range from {
		for _, name := range names {
			if v := strings.TrimSpace(values[name]); v != "" {
				return v
			}
		}
	}
	return ""
}

func firstLink(names []string, from ...map[string]string) string {
	for _, values := range from {
		for _, name := range names {
			if u := link(values[name]); u != "" {
				return u
			}
		}
	}
	return ""
}

// wordOf gives the name that the value holds as whole words, "" where it holds none.
func wordOf(value string, names []string) string {
	if value == "" {
		return ""
	}
	folded := fold(value)
	for _, name := range names {
		if hasWords(folded, fold(name)) {
			return name
		}
	}
	return ""
}

// fold makes node_exporter and Node-Exporter one.
func fold(s string) string { return strings.ReplaceAll(strings.ToLower(s), "_", "-") }

func hasWords(s, words string) bool {
	for from := 0; words != ""; {
		i := strings.Index(s[from:], words)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(words)
		if (start == 0 || !alphanumeric(s[start-1])) && (end == len(s) || !alphanumeric(s[end])) {
			return true
		}
		from = start + 1
	}
	return false
}

func alphanumeric(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c >= 0x80 }

// link gives an absolute http or https address unchanged, and "" for anything else: what is shown as a link
// must never run as a script.
func link(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > MaxLink || strings.ContainsRune(s, utf8.RuneError) {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return s
}
