package dashboards

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// linter knows the metrics that docs/reference/metrics.md explains.
type linter struct {
	metrics  []string
	database []string // gauges over the database: the same on every server
}

func newLinter(t *testing.T) linter {
	t.Helper()
	text, err := os.ReadFile(root + "docs/reference/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	var l linter
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([a-z, ]+) \\|").FindAllStringSubmatch(string(text), -1) {
		l.metrics = append(l.metrics, m[1])
		if strings.Contains(m[2], "database") {
			l.database = append(l.database, m[1])
		}
	}
	if len(l.metrics) < 50 || len(l.database) < 5 {
		t.Fatalf("only %d metrics, %d of the database: the page is read wrongly", len(l.metrics), len(l.database))
	}
	return l
}

// lint gives what is wrong with a dashboard.
func (l linter) lint(name string, d *dashboard) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if d.UID != "rouse-"+name || !strings.HasPrefix(d.Title, "Rouse: ") || d.Description == "" || !slices.Contains(d.Tags, "rouse") {
		say("uid %q, title %q, description %q, tags %q", d.UID, d.Title, d.Description, d.Tags)
	}
	sources := map[source]bool{}
	for _, v := range d.Templating.List {
		if v.Label == "" || v.Description == "" {
			say("the variable %s: label %q, description %q", v.Name, v.Label, v.Description)
		}
		if v.Type == "datasource" {
			sources[source{v.Query, "${" + v.Name + "}"}] = true
		}
	}
	for _, v := range d.Templating.List {
		if v.Type == "query" && !sources[v.Datasource] {
			say("the variable %s asks %v, which is no variable", v.Name, v.Datasource)
		}
	}
	titles := map[string]bool{}
	for i := range d.Panels {
		p := &d.Panels[i]
		for _, s := range l.panel(p, sources) {
			say("%s: %s", p.Title, s)
		}
		if titles[p.Title] {
			say("%s: there are two of this title", p.Title)
		}
		titles[p.Title] = true
		if i > 0 && overlap(p, &d.Panels[i-1]) {
			say("%s: lies over %s", p.Title, d.Panels[i-1].Title)
		}
	}
	return wrong
}

func (l linter) panel(p *panel, sources map[source]bool) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if p.Title == "" || p.GridPos.X+p.GridPos.W > 24 {
		say("title %q at %v", p.Title, p.GridPos)
	}
	if p.Type == "row" {
		return wrong
	}
	if !strings.HasSuffix(p.Description, ".") || p.FieldConfig.Defaults.Unit == "" || len(p.Targets) == 0 {
		say("description %q, unit %q, %d queries", p.Description, p.FieldConfig.Defaults.Unit, len(p.Targets))
	}
	for _, q := range p.Targets {
		if !sources[q.Datasource] || q.Datasource != p.Datasource {
			say("it asks %v, which is no variable or not the panel's %v", q.Datasource, p.Datasource)
		}
		if (q.Expr == "") == (q.RawSQL == "") || q.Expr != "" && q.LegendFormat == "" {
			say("query %s: PromQL %q with the legend %q, SQL %q", q.RefID, q.Expr, q.LegendFormat, q.RawSQL)
		}
		wrong = append(wrong, l.expr(q.Expr)...)
	}
	return wrong
}

var metric = regexp.MustCompile(`\b(?:rouse|incident)_[a-z_]+(?:\{job="\$job")?`)

// expr looks at the metrics of an expression.
func (l linter) expr(expr string) (wrong []string) {
	for _, at := range metric.FindAllStringIndex(expr, -1) {
		name, ofJob := strings.CutSuffix(expr[at[0]:at[1]], `{job="$job"`)
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if base := strings.TrimSuffix(name, suffix); slices.Contains(l.metrics, base) {
				name = base
			}
		}
		if !slices.Contains(l.metrics, name) || !ofJob {
			wrong = append(wrong, fmt.Sprintf("%s is in no list of metrics, or of any job", name))
		}
		if slices.Contains(l.database, name) && !onlyMax.MatchString(expr[:at[0]]) {
			wrong = append(wrong, name+" is the same on every server: ask for max by (…) first")
		}
	}
	return wrong
}

// onlyMax is what stands before a gauge over the database.
var onlyMax = regexp.MustCompile(`\bmax(?: by \([a-z, ]+\) )?\($`)

func overlap(a, b *panel) bool {
	x := a.GridPos.X < b.GridPos.X+b.GridPos.W && b.GridPos.X < a.GridPos.X+a.GridPos.W
	y := a.GridPos.Y < b.GridPos.Y+b.GridPos.H && b.GridPos.Y < a.GridPos.Y+a.GridPos.H
	return x && y
}

func TestDashboardsAreWhole(t *testing.T) {
	t.Parallel()
	l := newLinter(t)
	for name, d := range read(t) {
		for _, wrong := range l.lint(name, &d) {
			t.Errorf("%s: %s", name, wrong)
		}
	}
}

// TestTheLinterFindsWhatIsWrong breaks a dashboard in each way.
func TestTheLinterFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	l := newLinter(t)
	for name, spoil := range map[string]func(d *dashboard, p *panel){
		"no uid":                 func(d *dashboard, _ *panel) { d.UID = "" },
		"no title":               func(d *dashboard, _ *panel) { d.Title = "" },
		"no data source":         func(d *dashboard, _ *panel) { d.Templating.List = nil },
		"a fixed data source":    func(_ *dashboard, p *panel) { p.Targets[0].Datasource.UID = "P1234" },
		"a variable unexplained": func(d *dashboard, _ *panel) { d.Templating.List[0].Description = "" },
		"a panel without title":  func(_ *dashboard, p *panel) { p.Title = "" },
		"no description":         func(_ *dashboard, p *panel) { p.Description = "" },
		"no unit":                func(_ *dashboard, p *panel) { p.FieldConfig.Defaults.Unit = "" },
		"no query":               func(_ *dashboard, p *panel) { p.Targets = nil },
		"no legend":              func(_ *dashboard, p *panel) { p.Targets[0].LegendFormat = "" },
		"one over another":       func(d *dashboard, p *panel) { d.Panels[1].GridPos = p.GridPos },
		"a metric that is none":  func(_ *dashboard, p *panel) { p.Targets[0].Expr = `sum(rouse_incidents_total{job="$job"})` },
		"every job's":            func(_ *dashboard, p *panel) { p.Targets[0].Expr = `sum(incident_resolved_total)` },
		"each server's gauge":    func(_ *dashboard, p *panel) { p.Targets[0].Expr = `sum(incident_active_total{job="$job"})` },
	} {
		d := read(t)["incidents"]
		spoil(&d, &d.Panels[0])
		if len(l.lint("incidents", &d)) == 0 {
			t.Errorf("%s: nothing is found", name)
		}
	}
}
