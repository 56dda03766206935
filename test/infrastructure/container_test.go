package infrastructure_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/testkit"
	"github.com/rouse-oncall/rouse/test/binary"
)

const docker = "infrastructure/docker/"

// TestDockerfileIsWell by BuildKit's own checks. No daemon runs it here.
func TestDockerfileIsWell(t *testing.T) {
	t.Parallel()
	if out, err := run(t, testkit.Tool(t, "container"), "dockerfile", root+"Dockerfile"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	text := read(t, "Dockerfile")
	for _, m := range regexp.MustCompile(`--from=(\w+)`).FindAllStringSubmatch(text, -1) {
		if !strings.Contains(text, " AS "+m[1]+"\n") {
			t.Errorf("no stage is called %s", m[1])
		}
	}
}

// TestImageIsWhatTheChartRuns: the last stage has the chart's user, port and folder, and no shell.
func TestImageIsWhatTheChartRuns(t *testing.T) {
	t.Parallel()
	stages := strings.Split(read(t, "Dockerfile"), "\nFROM ")
	last := stages[len(stages)-1]
	for _, want := range []string{"gcr.io/distroless/static-debian12:nonroot\n", "USER 65532:65532\n", "EXPOSE 8080\n", "VOLUME /data\n", `ENTRYPOINT ["/rouse"]`, `CMD ["serve"]`} {
		if !strings.Contains(last, want) {
			t.Errorf("the image lacks %s", want)
		}
	}
	chart := read(t, "infrastructure/helm/rouse/templates/_pod.tpl")
	for _, want := range []string{"runAsUser: 65532", "containerPort: 8080", "sqlite:/data/rouse.db", "args: [serve, "} {
		if !strings.Contains(chart, want) {
			t.Errorf("the chart lacks %s", want)
		}
	}
}

// TestProgramRunsInAnEmptySystem: with nothing beside it but folders of its own, as user 65532 and
// in a file system that it cannot write: as the image has it.
func TestProgramRunsInAnEmptySystem(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		missing(t, "only root may change what a program sees as its system")
	}
	system := t.TempDir()
	for _, folder := range []string{system, filepath.Dir(system)} {
		if err := os.Chmod(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", filepath.Join(system, "rouse"), "./cmd/rouse")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, folder := range []string{"data", "tmp"} {
		own := filepath.Join(system, folder)
		if err := errors.Join(os.Mkdir(own, 0o700), os.Chown(own, 65532, 65532)); err != nil {
			t.Fatal(err)
		}
	}
	inside := func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), "/rouse", args...)
		cmd.Path, cmd.Dir, cmd.Env = "/rouse", "/", []string{"ROUSE_DATABASE_URL=sqlite:/data/rouse.db"}
		cmd.Err = nil // it is looked for outside
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: system, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
		return cmd
	}
	port, err := testkit.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	address := "127.0.0.1:" + strconv.Itoa(port)
	var said strings.Builder
	serve := inside("serve", "--listen", address)
	serve.Stdout, serve.Stderr = &said, &said
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	binary.Eventually(t, time.Minute, "the server is ready", func() bool {
		res, err := http.Get("http://" + address + "/ready")
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	if out, _ := inside("doctor", "--url", "http://"+address).CombinedOutput(); !strings.Contains(string(out), "database: answers and can be written") {
		t.Errorf("rouse doctor says\n%s", out)
	}
	if err := serve.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := serve.Wait(); err != nil {
		t.Errorf("%v\n%s", err, said.String())
	}
}

// project is what Compose understands.
type project struct {
	Services map[string]struct {
		Image       string
		Environment map[string]*string
		Ports       []struct {
			HostIP string `json:"host_ip"`
		}
		Volumes []struct{ Type, Source, Target string }
		Secrets []struct{ Source, Target string }
		Build   *struct{ Context string }
		Depends map[string]struct{ Condition string } `json:"depends_on"`
		Check   *struct{ Test []string }              `json:"healthcheck"`
		Grace   string                                `json:"stop_grace_period"`
	}
}

func compose(t *testing.T, file string) project {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, docker), os.DirFS(root+docker)); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, docker, ".env"), read(t, docker+"example.env"))
	var p project
	if err := json.Unmarshal([]byte(must(t, testkit.Tool(t, "container"), "compose", filepath.Join(dir, docker, file))), &p); err != nil {
		t.Fatal(err)
	}
	for name, s := range p.Services { // what is mounted is in this tree
		for i, v := range s.Volumes {
			p.Services[name].Volumes[i].Source = strings.Replace(v.Source, dir, root, 1)
		}
	}
	return p
}

// TestComposeFilesAreWell: Compose takes them, images are named for good, only this machine reaches ports, what is mounted is there,
// and who is waited for says when it is well.
func TestComposeFilesAreWell(t *testing.T) {
	t.Parallel()
	for file, services := range map[string]int{"compose.yaml": 1, "compose.full.yaml": 6} {
		p := compose(t, file)
		if len(p.Services) != services {
			t.Errorf("%s has %d services", file, len(p.Services))
		}
		for name, s := range p.Services {
			if s.Build == nil && !regexp.MustCompile(`:v?\d+\.\d+[\w.-]*$`).MatchString(s.Image) {
				t.Errorf("%s: %s may be another tomorrow: %s", file, name, s.Image)
			}
			for _, port := range s.Ports {
				if port.HostIP != "127.0.0.1" {
					t.Errorf("%s: everybody reaches %s", file, name)
				}
			}
			for _, v := range s.Volumes {
				if _, err := os.Stat(v.Source); v.Type == "bind" && err != nil {
					t.Errorf("%s: %s mounts %v", file, name, err)
				}
			}
			for other, d := range s.Depends {
				if d.Condition == "service_healthy" && p.Services[other].Check == nil {
					t.Errorf("%s: %s waits for ever: %s does not say when it is well", file, name, other)
				}
			}
		}
		if grace, err := time.ParseDuration(p.Services["rouse"].Grace); err != nil || grace < 25*time.Second {
			t.Errorf("%s: Rouse has %v to finish what is on its way", file, grace)
		}
		known := read(t, "docs/guide/configuration.md")
		for name := range p.Services["rouse"].Environment {
			if !strings.Contains(known, "| `"+name+"` |") && !strings.HasPrefix(name, "ROUSE_KEY_") {
				t.Errorf("%s: %s is no setting", file, name)
			}
		}
	}
}

// TestComposeIsWired: with the names of machines made addresses of this one, the real parts find each other by the files that Compose
// gives them. Prometheus fires, by way of Alertmanager Rouse has an incident, and Prometheus has Rouse's metrics.
func TestComposeIsWired(t *testing.T) {
	t.Parallel()
	p := compose(t, "compose.full.yaml")
	key := *p.Services["rouse"].Environment["ROUSE_KEY_ALERTMANAGER"]
	if s := p.Services["alertmanager"].Secrets; len(s) != 1 || s[0].Target != "/run/secrets/rouse-key" {
		t.Errorf("Alertmanager has the secrets %v", s)
	}
	config := t.TempDir()
	s := binary.New(t, "ROUSE_CONFIG_DIR="+config, "ROUSE_KEY_ALERTMANAGER="+key)
	secret := filepath.Join(t.TempDir(), "rouse-key")
	write(t, secret, key)
	here := strings.NewReplacer("rouse:8080", strings.TrimPrefix(s.URL, "http://"), "/run/secrets/rouse-key", secret).Replace
	am := testkit.Alertmanager(t, map[string]string{"alertmanager.yml": here(read(t, docker+"alertmanager.yml"))})
	toHere := func(text string) string {
		return strings.ReplaceAll(here(text), "alertmanager:9093", strings.TrimPrefix(am.URL, "http://"))
	}
	write(t, filepath.Join(config, "integrations.yaml"), toHere(read(t, docker+"config/integrations.yaml")))
	s.Start(t)
	testkit.Prometheus(t, map[string]string{
		"prometheus.yml":   strings.ReplaceAll(toHere(read(t, docker+"prometheus.yml")), "15s", "1s"),
		"rouse.rules.yaml": "groups: [{name: test, rules: [{alert: Wired, expr: 'max(rouse_build_info{job=\"rouse\"}) == 1', labels: {service: web, severity: warning}}]}]",
	}, "--rules.alert.resend-delay=1s")
	binary.Eventually(t, time.Minute, "the alert is an incident", func() bool { return s.Metric(t, "incident_active_total", `service="web"`) == 1 })
}

// TestGrafanaReadsWhatComposeRuns: its sources of data are services of the file, by their ports.
func TestGrafanaReadsWhatComposeRuns(t *testing.T) {
	t.Parallel()
	p := compose(t, "compose.full.yaml")
	var hosts []string
	for _, source := range at(documents(t, read(t, docker+"grafana/datasources.yaml"))[0], "datasources").([]any) {
		host, _, _ := strings.Cut(strings.TrimPrefix(at(source, "url").(string), "http://"), ":")
		if _, ok := p.Services[host]; !ok {
			t.Errorf("there is no service %s", host)
		}
		hosts = append(hosts, host)
	}
	if slices.Sort(hosts); !slices.Equal(hosts, []string{"postgres", "prometheus"}) {
		t.Errorf("Grafana reads %v", hosts)
	}
}
