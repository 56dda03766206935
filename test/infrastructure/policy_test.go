package infrastructure_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// weaknesses says what a pod may do and need not, and what nobody would notice of it.
func weaknesses(pod any, server bool) []string {
	var out []string
	want := func(ok bool, what string) {
		if !ok {
			out = append(out, what)
		}
	}
	want(at(pod, "securityContext", "runAsNonRoot") == true, "runs as root")
	user, _ := at(pod, "securityContext", "runAsUser").(int)
	want(user >= 10000, "its user may be one of the machine's")
	want(at(pod, "securityContext", "seccompProfile", "type") == "RuntimeDefault", "may make any system call")
	want(at(pod, "automountServiceAccountToken") == false, "holds a token of the cluster")
	for _, shared := range []string{"hostNetwork", "hostPID", "hostIPC"} {
		want(at(pod, shared) == nil, "shares with its machine: "+shared)
	}
	volumes, _ := at(pod, "volumes").([]any)
	for _, v := range volumes {
		want(at(v, "hostPath") == nil, "reaches into its machine")
	}
	containers, _ := at(pod, "containers").([]any)
	inits, _ := at(pod, "initContainers").([]any)
	want(len(containers) > 0, "has no container")
	for _, c := range slices.Concat(containers, inits) {
		want(at(c, "securityContext", "allowPrivilegeEscalation") == false, "may get more rights")
		want(at(c, "securityContext", "privileged") == false, "is privileged")
		want(at(c, "securityContext", "readOnlyRootFilesystem") == true, "may write into its image")
		want(fmt.Sprint(at(c, "securityContext", "capabilities", "drop")) == "[ALL]", "has capabilities")
		want(at(c, "securityContext", "capabilities", "add") == nil, "has capabilities")
		image := fmt.Sprint(at(c, "image"))
		want(!strings.HasSuffix(image, ":latest") && strings.Contains(image, ":"), "its image may be another tomorrow")
		for _, r := range []string{"cpu", "memory"} {
			want(at(c, "resources", "requests", r) != nil, "asks for no "+r)
			want(at(c, "resources", "limits", r) != nil, "may take all "+r)
		}
		if server {
			want(at(c, "livenessProbe", "httpGet", "path") == "/health", "nobody sees that it hangs")
			want(at(c, "readinessProbe", "httpGet", "path") == "/ready", "gets requests before it is ready")
			want(at(c, "startupProbe", "httpGet", "path") == "/health", "is killed while it brings its tables up to date")
		}
	}
	return out
}

// pod is the specification of an object's pod, nil where it has none, and whether it serves.
func pod(doc map[string]any) (spec any, server bool) {
	switch doc["kind"] {
	case "Deployment", "StatefulSet", "DaemonSet":
		return at(doc, "spec", "template", "spec"), true
	case "Job":
		return at(doc, "spec", "template", "spec"), false
	case "CronJob":
		return at(doc, "spec", "jobTemplate", "spec", "template", "spec"), false
	case "Pod":
		return doc["spec"], false
	}
	return nil, false
}

// TestChartIsModest: its pods have the rights that they need, limits and probes.
func TestChartIsModest(t *testing.T) {
	t.Parallel()
	for name, i := range installations(t) {
		pods := 0
		for _, doc := range documents(t, i.rendered) {
			if spec, server := pod(doc); spec != nil {
				pods++
				for _, w := range weaknesses(spec, server) {
					t.Errorf("%s: the %v %v %s", name, doc["kind"], at(doc, "metadata", "name"), w)
				}
			}
		}
		if pods < 2 {
			t.Errorf("%s has %d pods: this test looks at the wrong place", name, pods)
		}
	}
}

// TestWeaknessesAreSeen: each rule finds what it is for.
func TestWeaknessesAreSeen(t *testing.T) {
	t.Parallel()
	const good = `
securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
automountServiceAccountToken: false
containers:
  - image: rouse:1.2.3
    securityContext: {allowPrivilegeEscalation: false, privileged: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
    resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1, memory: 1Gi}}
    livenessProbe: {httpGet: {path: /health}}
    readinessProbe: {httpGet: {path: /ready}}
    startupProbe: {httpGet: {path: /health}}
`
	for _, c := range []struct{ from, to, want string }{
		{"", "", ""},
		{"runAsNonRoot: true", "runAsNonRoot: false", "runs as root"},
		{"65532", "0", "its user may be one of the machine's"},
		{"RuntimeDefault", "Unconfined", "may make any system call"},
		{"automountServiceAccountToken: false", "", "holds a token of the cluster"},
		{"containers:", "hostPID: true\ncontainers:", "shares with its machine: hostPID"},
		{"containers:", "volumes: [{hostPath: {path: /}}]\ncontainers:", "reaches into its machine"},
		{"allowPrivilegeEscalation: false, ", "", "may get more rights"},
		{"privileged: false", "privileged: true", "is privileged"},
		{"readOnlyRootFilesystem: true, ", "", "may write into its image"},
		{"drop: [ALL]", "drop: [NET_RAW]", "has capabilities"},
		{":1.2.3", ":latest", "its image may be another tomorrow"},
		{"requests: {cpu: 1, ", "requests: {", "asks for no cpu"},
		{"limits: {cpu: 1, memory: 1Gi}", "limits: {cpu: 1}", "may take all memory"},
		{"livenessProbe: {httpGet: {path: /health}}", "livenessProbe: {httpGet: {path: /ready}}", "nobody sees that it hangs"},
		{"readinessProbe", "other", "gets requests before it is ready"},
		{"startupProbe", "other", "is killed while it brings its tables up to date"},
	} {
		var spec any
		if err := yaml.Unmarshal([]byte(strings.Replace(good, c.from, c.to, 1)), &spec); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(weaknesses(spec, true), ", "); got != c.want {
			t.Errorf("%q → %q: it is said %q, want %q", c.from, c.to, got, c.want)
		}
	}
}
