package infrastructure_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

const (
	rules   = "infrastructure/prometheus/rouse.rules.yaml"
	stories = "infrastructure/prometheus/rouse.rules.test.yaml"
)

func TestMain(m *testing.M) { binary.Main(m) }

func promtool(t *testing.T, args ...string) {
	t.Helper()
	program, err := exec.LookPath("promtool")
	if err != nil {
		missing(t, "promtool is not installed here")
	}
	if out, err := run(t, program, args...); err != nil {
		t.Errorf("promtool %s: %v\n%s", args, err, out)
	}
}

func TestRulesAreRules(t *testing.T) {
	t.Parallel()
	promtool(t, "check", "rules", root+rules)
}

func TestRulesTellTheirStories(t *testing.T) {
	t.Parallel()
	promtool(t, "test", "rules", root+stories)
}

// TestObjectivesDifferByTheirWindow, and by nothing else.
func TestObjectivesDifferByTheirWindow(t *testing.T) {
	t.Parallel()
	seen, windows := map[string]string{}, 0
	for _, rule := range at(documents(t, read(t, rules))[0], "groups").([]any)[0].(map[string]any)["rules"].([]any) {
		name, window, found := strings.Cut(fmt.Sprint(at(rule, "record")), ":ratio_rate")
		if !found {
			t.Fatalf("%v is no objective", rule)
		}
		windows++
		expression := fmt.Sprint(at(rule, "expr"))
		if !strings.Contains(expression, "["+window+"]") {
			t.Errorf("%s over %s looks at another window:\n%s", name, window, expression)
		}
		expression = strings.ReplaceAll(expression, "["+window+"]", "[…]")
		if first, known := seen[name]; known && first != expression {
			t.Errorf("%s over %s is another than over other windows:\n%s\n%s", name, window, expression, first)
		}
		seen[name] = expression
	}
	if windows < 5*len(seen) || len(seen) < 3 {
		t.Errorf("%d objectives over %d windows", len(seen), windows)
	}
}

// alerts gives the addresses of runbooks by the alerts' names.
func alerts(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, group := range at(documents(t, read(t, rules))[0], "groups").([]any) {
		for _, rule := range at(group, "rules").([]any) {
			if name, ok := at(rule, "alert").(string); ok {
				out[name] = fmt.Sprint(at(rule, "annotations", "runbook_url"))
			}
		}
	}
	if len(out) < 20 {
		t.Fatalf("only %d alerts: this test looks at the wrong place", len(out))
	}
	return out
}

// TestEveryAlertHasItsStoryAndItsRunbook: one in which it fires, and one that says what to do.
func TestEveryAlertHasItsStoryAndItsRunbook(t *testing.T) {
	t.Parallel()
	told, page := read(t, stories), read(t, "docs/guide/runbooks.md")
	all := alerts(t)
	for name, address := range all {
		if !strings.Contains(told, `{alertname="`+name+`", `) {
			t.Errorf("%s fires in no story of %s", name, stories)
		}
		if !strings.Contains(page, "\n## "+name+"\n") {
			t.Errorf("docs/guide/runbooks.md does not say what to do about %s", name)
		}
		if !strings.HasSuffix(address, "/docs/guide/runbooks.md#"+strings.ToLower(name)) {
			t.Errorf("%s leads to %s", name, address)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^## (\w+)$`).FindAllStringSubmatch(page, -1) {
		if _, ok := all[m[1]]; !ok {
			t.Errorf("docs/guide/runbooks.md has %s, which is no alert", m[1])
		}
	}
}

// TestRulesAskForMetricsThatExist, by the page that is held to the program.
func TestRulesAskForMetricsThatExist(t *testing.T) {
	t.Parallel()
	page := read(t, "docs/reference/metrics.md")
	asked := regexp.MustCompile(`(^|[^:\w])((?:rouse|incident)_[a-z_]+)`).FindAllStringSubmatch(regexp.MustCompile(`(?m)^ *(#|summary|runbook_url).*$`).ReplaceAllString(read(t, rules), ""), -1)
	if len(asked) < 50 {
		t.Fatalf("only %d metrics are asked for: this test looks at the wrong place", len(asked))
	}
	for _, m := range asked {
		name := strings.TrimSuffix(strings.TrimSuffix(m[2], "_bucket"), "_count")
		if !strings.Contains(page, "| `"+name+"` |") && !strings.Contains(page, "| `"+m[2]+"` |") {
			t.Errorf("no metric is called %s", m[2])
		}
	}
}

// TestRulesRunOnRouse: a real Prometheus reads the metrics of the program and evaluates every rule without an error. A
// server that has just begun and refuses nobody makes none of them fire.
func TestRulesRunOnRouse(t *testing.T) {
	t.Parallel()
	s := binary.New(t)
	s.Start(t)
	p := testkit.Prometheus(t, map[string]string{
		"prometheus.yml": fmt.Sprintf(`
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rouse.rules.yaml]
scrape_configs: [{job_name: rouse, static_configs: [{targets: [%q]}]}]
`, strings.TrimPrefix(s.URL, "http://")),
		"rouse.rules.yaml": read(t, rules),
	})
	var state rulesState
	binary.Eventually(t, time.Minute, "Prometheus has found the server and evaluated every rule", func() bool {
		state = askRules(t, p.URL)
		return recorded(t, p.URL) && !slices.ContainsFunc(state.rules(), func(r ruleState) bool { return r.Health == "unknown" })
	})
	for _, r := range state.rules() {
		if r.Health != "ok" {
			t.Errorf("%s: %s", r.Name, r.LastError)
		}
		if r.State == "firing" {
			t.Errorf("%s fires", r.Name)
		}
	}
	if n := len(state.rules()); n < len(alerts(t)) {
		t.Errorf("Prometheus has %d rules", n)
	}
}

// rulesState is what /api/v1/rules says.
type rulesState struct {
	Data struct {
		Groups []struct{ Rules []ruleState }
	}
}

type ruleState struct{ Name, Health, LastError, State string }

func (s rulesState) rules() []ruleState {
	var out []ruleState
	for _, g := range s.Data.Groups {
		out = append(out, g.Rules...)
	}
	return out
}

func askRules(t *testing.T, url string) rulesState {
	t.Helper()
	var out rulesState
	get(t, url+"/api/v1/rules", &out)
	return out
}

// recorded says whether a rule has recorded something of the server.
func recorded(t *testing.T, url string) bool {
	t.Helper()
	var out struct {
		Data struct{ Result []any }
	}
	get(t, url+"/api/v1/query?query=job:rouse_probe_failed:ratio_rate5m", &out)
	return len(out.Data.Result) == 1
}

func get(t *testing.T, url string, into any) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}
