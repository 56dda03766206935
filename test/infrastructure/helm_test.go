package infrastructure_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rouse-oncall/rouse/internal/cli"
	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

const chart = root + "infrastructure/helm/rouse"

// installation is a file of testdata/helm: values, and what the chart makes of them.
type installation struct {
	file     string
	archive  *txtar.Archive
	values   string
	rendered string
}

func installations(t *testing.T) map[string]installation {
	t.Helper()
	helm := testkit.Tool(t, "helm")
	files, err := filepath.Glob("testdata/helm/*.txtar")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d installations: %v", len(files), err)
	}
	out := map[string]installation{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		i := installation{file: file, archive: archive, values: filepath.Join(t.TempDir(), "values.yaml")}
		write(t, i.values, string(archive.Files[0].Data))
		i.rendered = must(t, helm, "template", "rouse", chart, "--namespace", "oncall", "--values", i.values, "--kube-version", "1.36.3")
		out[strings.TrimSuffix(filepath.Base(file), ".txtar")] = i
	}
	return out
}

// TestChartMakes: what comes out is what was looked at when it last changed (-update writes it).
func TestChartMakes(t *testing.T) {
	t.Parallel()
	for name, i := range installations(t) {
		if *update {
			i.archive.Files = append(i.archive.Files[:1], txtar.File{Name: "rendered.yaml", Data: []byte(i.rendered)})
			if err := os.WriteFile(i.file, txtar.Format(i.archive), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if len(i.archive.Files) != 2 {
			t.Errorf("%s has no rendered.yaml: run this test with -update and look at it", name)
			continue
		}
		if d := cmp.Diff(string(i.archive.Files[1].Data), i.rendered); d != "" {
			t.Errorf("%s: look at the difference, and write it by -update\n%s", name, d)
		}
	}
}

// TestChartIsLinted by Helm itself, for each installation.
func TestChartIsLinted(t *testing.T) {
	t.Parallel()
	helm := testkit.Tool(t, "helm")
	for name, i := range installations(t) {
		if out, err := run(t, helm, "lint", "--strict", chart, "--values", i.values); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// TestChartRefuses values that are wrong, in words that say which.
func TestChartRefuses(t *testing.T) {
	t.Parallel()
	helm := testkit.Tool(t, "helm")
	const database = "secrets: {values: {ROUSE_DATABASE_URL: postgres://db/rouse}}\n"
	for name, c := range map[string]struct{ values, want string }{
		"a typo":                        {"replcas: 3", "additional properties 'replcas' not allowed"},
		"a typo further in":             {"ingress: {intake: {alow: [10.0.0.0/8]}}", "additional properties 'alow' not allowed"},
		"a setting that is none":        {"settings: {intake-rte: 5}", "additional properties 'intake-rte' not allowed"},
		"a secret among the settings":   {"settings: {smtp-url: smtp://x}", "additional properties 'smtp-url' not allowed"},
		"a variable that is none":       {"secrets: {values: {ROUSE_SMPT_URL: x}}", "at '/secrets/values': additional properties 'ROUSE_SMPT_URL' not allowed"},
		"a value of another type":       {"replicas: two", "at '/replicas': got string, want integer"},
		"a network that is none":        {"settings: {trusted-proxies: [10.0.0.1]}", "at '/settings/trusted-proxies/0'"},
		"another database":              {"database: {kind: mysql}", "at '/database/kind': value must be one of 'sqlite', 'postgres'"},
		"no address of PostgreSQL":      {"database: {kind: postgres}", "ROUSE_DATABASE_URL must come from"},
		"secrets without that one":      {"database: {kind: postgres}\nsecrets: {values: {ROUSE_SMTP_URL: x}}", "secrets.values lacks ROUSE_DATABASE_URL"},
		"an address without a database": {database, "say database.kind: postgres"},
		"existing and values":           {"database: {kind: postgres}\nsecrets: {existing: mine, values: {ROUSE_DATABASE_URL: postgres://x}}", "give one of existing"},
		"no store":                      {"secrets: {external: {variables: {ROUSE_SMTP_URL: smtp}}}", "say which store"},
		"a vault and a store":           {"secrets: {external: {store: {name: x}, azure: {vaultUrl: 'https://v', tenantId: t}, variables: {ROUSE_SMTP_URL: smtp}}}", "give store.name or azure.vaultUrl"},
		"a vault that nobody reads":     {"secrets: {external: {azure: {vaultUrl: 'https://v', tenantId: t}, variables: {ROUSE_SMTP_URL: smtp}}}", "serviceAccount.azureClientId by whom"},
		"a job for SQLite's backup":     {"backup: {to: 's3://b', schedule: 17 2 * * *}", "a job cannot reach SQLite's volume"},
		"a proof of nothing":            {"backup: {verify: 17 2 * * *}", "backup.to: say where"},
		"a setting as a variable":       {"env: {ROUSE_LISTEN: ':80'}", "additional properties 'ROUSE_LISTEN' not allowed"},
		"SQLite that scales":            {"autoscaling: {enabled: true}", "SQLite has one server"},
		"an ingress of no name":         {"ingress: {enabled: true}", "ingress.host: say by which name"},
		"a list that another ignores":   {"ingress: {enabled: true, host: a.b, className: traefik, intake: {allow: [10.0.0.0/8]}}", "ingress.className is traefik"},
		"a WAF policy of nginx":         {"ingress: {enabled: true, host: a.b, intake: {wafPolicy: /subscriptions/x}}", "works with azure-application-gateway"},
		"metrics that nobody may read":  {"monitoring: {serviceMonitor: {enabled: true}}", "give token.secret, or say settings.metrics: public"},
		"pods without limits":           {"resources: {limits: null}", "at '/resources': missing property 'limits'"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values := filepath.Join(t.TempDir(), "values.yaml")
			write(t, values, c.values)
			out, err := run(t, helm, "template", "rouse", chart, "--values", values)
			if err == nil || !strings.Contains(out, c.want) {
				t.Errorf("%v, and it does not say %q:\n%s", err, c.want, out)
			}
		})
	}
}

// notInChart are settings that the chart makes itself, or has no place for.
var notInChart = []string{
	"backup-every", "backup-keep", "backup-scratch", "backup-to", // made by the chart of `backup`
	"config", "config-dir", "listen", // made by the chart
	"mail-listen", "mail-domain", "profiler", "sms-gateway", "sms-gateway-key", // need a port or a file of their own
}

// TestChartKnowsTheSettings: each setting of the server is in the schema, by its flag or, where it is a secret, by its variable.
func TestChartKnowsTheSettings(t *testing.T) {
	t.Parallel()
	parser, err := kong.New(&struct {
		Serve cli.Serve `cmd:""`
	}{}, cli.Switches())
	if err != nil {
		t.Fatal(err)
	}
	schema := documents(t, read(t, "infrastructure/helm/rouse/values.schema.json"))[0]
	known := slices.Clone(notInChart)
	for name := range at(schema, "properties", "settings", "properties").(map[string]any) {
		known = append(known, name)
	}
	for name := range at(schema, "$defs", "variables", "properties").(map[string]any) {
		known = append(known, strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, "ROUSE_")), "_", "-"))
	}
	var settings []string
	for _, flag := range parser.Model.Children[0].Flags {
		if flag.Name != "help" {
			settings = append(settings, flag.Name)
		}
	}
	for _, s := range settings {
		if !slices.Contains(known, s) {
			t.Errorf("values.schema.json does not know the setting %s", s)
		}
	}
	for _, k := range known {
		if !slices.Contains(settings, k) {
			t.Errorf("values.schema.json knows %s, which is no setting", k)
		}
	}
}

// TestChartRunsCommandsThatExist, with variables that they read.
func TestChartRunsCommandsThatExist(t *testing.T) {
	t.Parallel()
	program, jobs := binary.Path(t), 0
	for name, i := range installations(t) {
		for _, doc := range documents(t, i.rendered) {
			spec, _ := pod(doc)
			if spec == nil {
				continue
			}
			jobs++
			container := at(spec, "containers").([]any)[0]
			var words []string
			for _, a := range at(container, "args").([]any) {
				if strings.HasPrefix(fmt.Sprint(a), "-") {
					break
				}
				words = append(words, fmt.Sprint(a))
			}
			help := must(t, program, append(words, "--help")...)
			variables, _ := at(container, "env").([]any)
			for _, v := range variables {
				if variable := fmt.Sprint(at(v, "name")); strings.HasPrefix(variable, "ROUSE_") && !strings.Contains(help, "$"+variable) {
					t.Errorf("%s: rouse %s reads no %s", name, strings.Join(words, " "), variable)
				}
			}
		}
	}
	if jobs < 10 {
		t.Errorf("only %d commands: this test looks at the wrong place", jobs)
	}
}

// TestChartSettingsAreRead by the program, as a file of settings.
func TestChartSettingsAreRead(t *testing.T) {
	t.Parallel()
	program := binary.Path(t)
	for name, i := range installations(t) {
		for _, doc := range documents(t, i.rendered) {
			text, ok := at(doc, "data", "settings.yaml").(string)
			if !ok {
				continue
			}
			dir := t.TempDir()
			write(t, filepath.Join(dir, "settings.yaml"), text)
			out, _ := run(t, program, "doctor", "--config", filepath.Join(dir, "settings.yaml"), "--database-url", "sqlite:"+filepath.Join(dir, "rouse.db"))
			if !strings.Contains(out, "settings: can be read") {
				t.Errorf("%s: %s\n%s", name, out, text)
			}
		}
	}
}

// TestChartLetsServersFinish: a pod has the time that its balancers and its server take.
func TestChartLetsServersFinish(t *testing.T) {
	t.Parallel()
	m := regexp.MustCompile(`stopWithin = (\d+) \* time\.Second`).FindStringSubmatch(read(t, "internal/cli/serve.go"))
	if m == nil {
		t.Fatal("internal/cli/serve.go does not say how long a stop takes")
	}
	stop, _ := strconv.Atoi(m[1])
	for name, i := range installations(t) {
		servers := 0
		for _, doc := range documents(t, i.rendered) {
			spec, server := pod(doc)
			if !server {
				continue
			}
			servers++
			container := at(spec, "containers").([]any)[0]
			sleep := at(container, "lifecycle", "preStop", "sleep", "seconds").(int)
			if grace := at(spec, "terminationGracePeriodSeconds").(int); sleep < 5 || grace < sleep+stop+5 {
				t.Errorf("%s: %d s for a pause of %d s and a stop of %d s", name, grace, sleep, stop)
			}
			if unavailable := at(doc, "spec", "strategy", "rollingUpdate", "maxUnavailable"); doc["kind"] == "Deployment" && unavailable != 0 {
				t.Errorf("%s: an update takes %v servers away before others are there", name, unavailable)
			}
		}
		if servers != 1 {
			t.Errorf("%s has %d servers", name, servers)
		}
	}
}

// TestChartGuardsEveryIntake: the list of networks stands before every path by which alerts come.
func TestChartGuardsEveryIntake(t *testing.T) {
	t.Parallel()
	var routes []string
	for _, m := range regexp.MustCompile(`root\.HandleFunc\((?:prefix\+)?"(/[^"]+)"`).FindAllStringSubmatch(read(t, "internal/adapters/httpapi/senders.go"), -1) {
		routes = append(routes, m[1])
	}
	routes = append(routes, "/k/{key}/alerts")
	if len(routes) < 12 {
		t.Fatalf("only %d routes: this test looks at the wrong place", len(routes))
	}
	for _, name := range []string{"nginx", "application-gateway"} {
		i := installations(t)[name]
		var paths []string
		for _, doc := range documents(t, i.rendered) {
			if doc["kind"] == "Ingress" && at(doc, "metadata", "name") == "rouse-intake" {
				rule := at(doc, "spec", "rules").([]any)[0]
				for _, p := range at(rule, "http", "paths").([]any) {
					paths = append(paths, fmt.Sprint(at(p, "path")))
				}
			}
		}
		for _, route := range routes {
			if !slices.ContainsFunc(paths, func(p string) bool { return route == p || strings.HasPrefix(route, p+"/") }) {
				t.Errorf("%s: %s is open to everybody", name, route)
			}
		}
	}
}

// TestChartShowsDashboards that lie in its folder, one ConfigMap each, as they are.
func TestChartShowsDashboards(t *testing.T) {
	t.Parallel()
	helm := testkit.Tool(t, "helm")
	own := filepath.Join(t.TempDir(), "rouse")
	if err := os.CopyFS(own, os.DirFS(chart)); err != nil {
		t.Fatal(err)
	}
	rules := filepath.Join(own, "files/rouse.rules.yaml")
	if err := os.Remove(rules); err != nil { // a link, into another folder
		t.Fatal(err)
	}
	write(t, rules, "groups: []\n")
	const dashboard = `{"title": "Incidents", "legend": "{{ service }}"}`
	write(t, filepath.Join(own, "files/dashboards/incidents.json"), dashboard)
	for _, doc := range documents(t, must(t, helm, "template", "rouse", own, "--set", "monitoring.dashboards.enabled=true")) {
		if at(doc, "metadata", "name") == "rouse-dashboard-incidents" {
			if got := at(doc, "data", "incidents.json"); got != dashboard+"\n" && got != dashboard {
				t.Errorf("it became %v", got)
			}
			if got := at(doc, "metadata", "labels", "grafana_dashboard"); got != "1" {
				t.Errorf("Grafana does not find it: %v", got)
			}
			return
		}
	}
	t.Error("no ConfigMap has the dashboard")
}
