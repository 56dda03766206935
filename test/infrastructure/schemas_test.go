package infrastructure_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/rouse-oncall/rouse/internal/testkit"
)

// schemas writes a strict JSON Schema for each kind that Kubernetes, the Prometheus operator and external-secrets have, as
// kubeconform looks for them: KIND-GROUP-VERSION.json, from what their own sources say. It gives their folder.
func schemas(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	kubernetesSchemas(t, dir, testkit.Tool(t, "source", "kubernetes"))
	operator := testkit.Tool(t, "source", "prometheus-operator") + "/example/prometheus-operator-crd/monitoring.coreos.com_"
	secrets := testkit.Tool(t, "source", "external-secrets") + "/config/crds/bases/external-secrets.io_"
	for _, file := range []string{operator + "servicemonitors.yaml", operator + "prometheusrules.yaml", secrets + "externalsecrets.yaml", secrets + "secretstores.yaml"} {
		customSchemas(t, dir, file)
	}
	return dir
}

// kubernetesSchemas makes them of api/openapi-spec/swagger.json: what it defines is one file, to which each kind refers.
func kubernetesSchemas(t *testing.T, dir, source string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(source, "api/openapi-spec/swagger.json"))
	if err != nil {
		t.Fatal(err)
	}
	var swagger struct {
		Definitions map[string]map[string]any
	}
	if err := json.Unmarshal(text, &swagger); err != nil {
		t.Fatal(err)
	}
	kinds := 0
	for name, definition := range swagger.Definitions {
		strict(definition)
		switch name {
		case "io.k8s.apimachinery.pkg.util.intstr.IntOrString", "io.k8s.apimachinery.pkg.api.resource.Quantity":
			delete(definition, "format")
			definition["type"] = []string{"string", "number"}
		}
		of, _ := definition["x-kubernetes-group-version-kind"].([]any)
		if len(of) != 1 { // of several groups: DeleteOptions and the like, which nobody writes into files
			continue
		}
		kinds++
		group, _ := at(of[0], "group").(string)
		put(t, dir, at(of[0], "kind").(string), group, at(of[0], "version").(string), map[string]any{"$ref": "definitions.json#/definitions/" + name})
	}
	if kinds < 100 {
		t.Fatalf("only %d kinds: this looks at the wrong place", kinds)
	}
	writeJSON(t, filepath.Join(dir, "definitions.json"), map[string]any{"definitions": swagger.Definitions})
}

// customSchemas makes them of a CustomResourceDefinition.
func customSchemas(t *testing.T, dir, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var definition map[string]any
	if err := yaml.Unmarshal(text, &definition); err != nil {
		t.Fatal(err)
	}
	for _, v := range at(definition, "spec", "versions").([]any) {
		schema := at(v, "schema", "openAPIV3Schema").(map[string]any)
		strict(schema)
		schema["properties"].(map[string]any)["metadata"] = map[string]any{"$ref": "definitions.json#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}
		put(t, dir, at(definition, "spec", "names", "kind").(string), at(definition, "spec", "group").(string), at(v, "name").(string), schema)
	}
}

// strict forbids fields that an object does not have, all the way down: an API server would drop them in silence.
func strict(schema any) {
	switch s := schema.(type) {
	case map[string]any:
		if _, has := s["properties"].(map[string]any); has && s["additionalProperties"] == nil && s["x-kubernetes-preserve-unknown-fields"] != true {
			s["additionalProperties"] = false
		}
		for _, inner := range s {
			strict(inner)
		}
	case []any:
		for _, inner := range s {
			strict(inner)
		}
	}
}

func put(t *testing.T, dir, kind, group, version string, schema any) {
	t.Helper()
	name := []string{kind, version}
	if group != "" {
		short, _, _ := strings.Cut(group, ".")
		name = []string{kind, short, version}
	}
	writeJSON(t, filepath.Join(dir, strings.ToLower(strings.Join(name, "-"))+".json"), schema)
}

func writeJSON(t *testing.T, path string, v any) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(text))
}

// TestChartFitsKubernetes: every object is one that Kubernetes, the Prometheus operator and external-secrets take, with no
// field that they do not have.
func TestChartFitsKubernetes(t *testing.T) {
	t.Parallel()
	kubeconform, dir := testkit.Tool(t, "kubeconform"), schemas(t)
	conforms := func(text string) (string, error) {
		file := filepath.Join(t.TempDir(), "objects.yaml")
		write(t, file, text)
		return run(t, kubeconform, "-strict", "-summary", "-schema-location", dir+"/{{.ResourceKind}}{{.KindSuffix}}.json", file)
	}
	for name, i := range installations(t) {
		if out, err := conforms(i.rendered); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	whole := installations(t)["nginx"].rendered
	for _, c := range []struct{ from, to, want string }{
		{"minReadySeconds", "minReadySecnds", "additional properties 'minReadySecnds' not allowed"},
		{"maxUnavailable: 0", "maxUnavailable: [0]", "maxUnavailable"},
		{"jobLabel", "jobLable", "additional properties 'jobLable' not allowed"},
		{"refreshInterval", "refreshIntervall", "additional properties 'refreshIntervall' not allowed"},
		{"kind: HorizontalPodAutoscaler", "kind: HorizontalAutoscaler", "could not find schema for HorizontalAutoscaler"},
	} {
		broken := strings.Replace(whole, c.from, c.to, 1)
		if out, err := conforms(broken); err == nil || !strings.Contains(out, c.want) {
			t.Errorf("%s → %s: %v, and it does not say %q:\n%s", c.from, c.to, err, c.want, out)
		}
	}
}
