package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

func parse(t *testing.T, file string, args ...string) (*Commands, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "settings.yaml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	var c Commands
	k, err := kong.New(&c, kong.Configuration(Settings), Switches(), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Parse(append([]string{"serve", "--config", path}, args...))
	return &c, err
}

func TestSettingsComeFromAFile(t *testing.T) {
	file := "listen: 127.0.0.1:1\nlog-format: json\ntrusted-proxies: [10.0.0.0/8, 192.168.0.0/16]\n"
	c, err := parse(t, file)
	if err != nil {
		t.Fatal(err)
	}
	if c.Serve.Listen != "127.0.0.1:1" || c.Serve.LogFormat != "json" || len(c.Serve.TrustedProxies) != 2 {
		t.Fatalf("%+v", c.Serve.Config)
	}
	if c, err = parse(t, file, "--listen", ":2"); err != nil || c.Serve.Listen != ":2" {
		t.Fatalf("a flag goes before the file: %s, %v", c.Serve.Listen, err)
	}
	t.Setenv("ROUSE_LISTEN", ":3")
	if c, err = parse(t, file); err != nil || c.Serve.Listen != ":3" {
		t.Fatalf("the environment goes before the file: %s, %v", c.Serve.Listen, err)
	}
}

func TestSettingsThatDoNotExistAreNamed(t *testing.T) {
	for file, want := range map[string]string{"listne: 1": "listne", "a: [": "not YAML"} {
		if _, err := parse(t, file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want it to name %q", file, err, want)
		}
	}
}

func TestSwitchesAreOnOrOff(t *testing.T) {
	for value, want := range map[string]bool{"on": true, "On": true, "true": true, "yes": true, "1": true, "off": false, "false": false, "no": false, "0": false} {
		if c, err := parse(t, "hold-paging: "+value); err != nil || c.Serve.HoldPaging != want {
			t.Errorf("the file says %s: %v, %v", value, c.Serve.HoldPaging, err)
		}
		if c, err := parse(t, "", "--hold-paging="+value); err != nil || c.Serve.HoldPaging != want {
			t.Errorf("--hold-paging=%s: %v, %v", value, c.Serve.HoldPaging, err)
		}
		t.Setenv("ROUSE_HOLD_PAGING", value)
		if c, err := parse(t, ""); err != nil || c.Serve.HoldPaging != want {
			t.Errorf("ROUSE_HOLD_PAGING=%s: %v, %v", value, c.Serve.HoldPaging, err)
		}
		if err := os.Unsetenv("ROUSE_HOLD_PAGING"); err != nil {
			t.Fatal(err)
		}
	}
	if c, err := parse(t, "", "--hold-paging"); err != nil || !c.Serve.HoldPaging {
		t.Errorf("--hold-paging alone: %v, %v", c.Serve.HoldPaging, err)
	}
	if _, err := parse(t, "", "--hold-paging=perhaps"); err == nil || !strings.Contains(err.Error(), "on or off") {
		t.Errorf("--hold-paging=perhaps: %v", err)
	}
}
