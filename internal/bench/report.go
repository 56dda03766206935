package bench

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Report is everything that one run found.
type Report struct {
	CPUs    int      `json:"cpus"`
	Go      string   `json:"go"`
	System  string   `json:"system"`
	Quick   bool     `json:"quick"`
	Figures []Figure `json:"figures"`
	Notes   []string `json:"notes,omitempty"`
}

// Figure is one measured value.
type Figure struct {
	Case     string  `json:"case"`
	Database string  `json:"database,omitempty"`
	Name     string  `json:"name"`
	Value    float64 `json:"value"`
	Unit     string  `json:"unit"`
	Target   float64 `json:"target,omitempty"` // 0: none, the value is for information
	AtMost   bool    `json:"at_most,omitempty"`
	// Limits are what this machine can do, in the figure's unit; the lowest counts.
	Limits   []Limit `json:"limits,omitempty"`
	Nearest  string  `json:"nearest_limit,omitempty"`
	Ratio    float64 `json:"ratio,omitempty"`
	MinRatio float64 `json:"min_ratio,omitempty"`
	Met      *bool   `json:"met,omitempty"` // nil where there is no target
	Detail   string  `json:"detail,omitempty"`
}

// Limit is what this machine can do at most.
type Limit struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

func newReport(quick bool) Report {
	return Report{CPUs: runtime.NumCPU(), Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, Quick: quick}
}

// judge fills what follows from the rest.
func (f *Figure) judge() {
	for _, l := range f.Limits {
		if ratio := f.Value / l.Value; l.Value > 0 && ratio > f.Ratio {
			f.Ratio, f.Nearest = ratio, l.Name
		}
	}
	if f.Target == 0 && f.MinRatio == 0 {
		return
	}
	met := f.Value >= f.Target && f.Ratio >= f.MinRatio
	if f.AtMost {
		met = f.Value <= f.Target
	}
	f.Met = &met
}

func (f *Figure) print(w io.Writer) {
	verdict := "      "
	if f.Met != nil {
		verdict = map[bool]string{true: "met   ", false: "MISSED"}[*f.Met]
	}
	line := fmt.Sprintf("%-9s %-9s %s  %-58s %10s %-8s", f.Database, f.Case, verdict, f.Name, amount(f.Value), f.Unit)
	if f.Target > 0 {
		line += map[bool]string{true: "  ≤ ", false: "  ≥ "}[f.AtMost] + amount(f.Target)
	}
	if f.Nearest != "" {
		line += fmt.Sprintf("; %.2f of the %s", f.Ratio, f.Nearest)
		if f.MinRatio > 0 {
			line += fmt.Sprintf(" (≥ %.2f)", f.MinRatio)
		}
	}
	for _, l := range f.Limits {
		line += fmt.Sprintf("; %s %s", l.Name, amount(l.Value))
	}
	if f.Detail != "" {
		line += "; " + f.Detail
	}
	_, _ = fmt.Fprintln(w, strings.TrimRight(line, " "))
}

func (r *Report) heading(w io.Writer) {
	_, _ = fmt.Fprintf(w, "%s, %d CPUs, %s, %s\n", r.System, r.CPUs, r.Go, time.Now().Format("2006-01-02 15:04"))
	if r.Quick {
		_, _ = fmt.Fprintln(w, "Quick: shorter and smaller than what the targets are about.")
	}
	_, _ = fmt.Fprintf(w, "%-9s %-9s %-6s  %-58s %10s\n", "DATABASE", "CASE", "", "FIGURE", "VALUE")
}

func (r *Report) summary(w io.Writer) {
	met, missed := 0, 0
	for _, f := range r.Figures {
		switch {
		case f.Met == nil:
		case *f.Met:
			met++
		default:
			missed++
		}
	}
	_, _ = fmt.Fprintf(w, "%d targets met, %d missed\n", met, missed)
}

// amount writes a number with as many digits as mean something.
func amount(v float64) string {
	if math.Abs(v) < 100 {
		return strconv.FormatFloat(v, 'f', 2-digits(v), 64)
	}
	s := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func digits(v float64) int {
	if math.Abs(v) >= 10 {
		return 1
	}
	return 0
}

// percentile gives the p-th percentile (0 < p ≤ 100) of the samples by nearest rank, sorting them.
// It is one of them; without any it is 0.
func percentile(samples []time.Duration, p float64) time.Duration {
	if len(samples) == 0 {
		return 0
	}
	slices.Sort(samples)
	rank := int(math.Ceil(p / 100 * float64(len(samples))))
	return samples[min(max(rank, 1), len(samples))-1]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
