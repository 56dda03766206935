package infrastructure_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/rouse-oncall/rouse/internal/testkit"
)

const terraformFolder = "infrastructure/terraform"

func terraform(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("skipped: terraform is not here, and comes from nowhere that scripts/tools.sh reaches")
	}
	return program
}

func TestTerraformIsFormatted(t *testing.T) {
	t.Parallel()
	if out, err := run(t, terraform(t), "fmt", "-check", "-recursive", "-diff", root+terraformFolder); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestTerraform: the real provider takes every argument, and what must hold of each module and environment does, without Azure. The
// values that the production environment gives the chart are values of the chart. The folder release needs the provider of Helm, which
// cannot be had as a Go module: there only the form is looked at.
func TestTerraform(t *testing.T) {
	t.Parallel()
	program, provider, helm := terraform(t), slow(t, "azurerm"), testkit.Tool(t, "helm")
	own := t.TempDir()
	for _, folder := range []string{terraformFolder, "infrastructure/prometheus"} {
		if err := os.CopyFS(filepath.Join(own, folder), os.DirFS(root+folder)); err != nil {
			t.Fatal(err)
		}
	}
	mirrored := filepath.Join(own, "mirror/registry.terraform.io/hashicorp/azurerm/5.2.0", runtime.GOOS+"_"+runtime.GOARCH)
	if err := os.MkdirAll(mirrored, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(provider, filepath.Join(mirrored, "terraform-provider-azurerm_v5.2.0_x5")); err != nil {
		t.Fatal(err)
	}
	settings := filepath.Join(own, "terraformrc")
	write(t, settings, fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", filepath.Join(own, "mirror")))
	do := func(folder string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Dir, cmd.Env = filepath.Join(own, terraformFolder, folder), append(os.Environ(), "TF_CLI_CONFIG_FILE="+settings, "CHECKPOINT_DISABLE=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("terraform %s in %s: %v\n%s", strings.Join(args, " "), folder, err, out)
		}
		return string(out)
	}
	for _, environment := range []string{"environments/dev", "environments/prod"} {
		do(environment, "init", "-backend=false", "-no-color")
		do(environment, "validate", "-no-color")
	}
	do(".", "init", "-backend=false", "-no-color")
	said := do(".", "test", "-no-color", "-verbose")
	if strings.Contains(said, "a-password-of-24") || strings.Contains(said, "a-secret-of-mail") {
		t.Error("a secret is in the state")
	}
	values := regexp.MustCompile(`(?s)\nvalues += +<<-EOT\n(.*?)\nEOT\n`).FindAllStringSubmatch(said, -1)
	if len(values) != 2 {
		t.Fatalf("%d environments give values to the chart:\n%s", len(values), said)
	}
	for _, v := range values {
		file := filepath.Join(t.TempDir(), "values.yaml")
		write(t, file, regexp.MustCompile(`(?m)^    `).ReplaceAllString(v[1], ""))
		if out, err := run(t, helm, "template", "rouse", chart, "--values", file); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
}
