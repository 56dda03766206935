// Command azurerm builds Terraform's provider for Azure from its source, with the services that infrastructure/terraform uses and
// no others. Whole it takes half an hour and 50 GB of disk, so three minutes; what it says of these services is the same.
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
)

// services are folders of internal/services, clients what they ask Azure by: fields of the provider's Client.
var (
	services = []string{
		"authorization", "containers", "dns", "keyvault", "loganalytics", "managedidentity", "monitor", "network", "postgres",
		"privatedns", "resource", "storage",
	}
	clients = []string{
		"Authorization", "Containers", "Dns", "KeyVault", "LogAnalytics", "ManagedIdentity", "Monitor", "Network", "Postgres",
		"PrivateDns", "Resource", "Storage", "Subscription",
	}
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: azurerm SOURCE PROGRAM")
	}
	dir, err := os.MkdirTemp("", "azurerm-")
	if err != nil {
		log.Fatal(err)
	}
	err = build(os.Args[1], dir, os.Args[2])
	_ = os.RemoveAll(dir)
	if err != nil {
		log.Fatal(err)
	}
}

func build(source, dir, program string) error {
	if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
		return err
	}
	if err := edit(filepath.Join(dir, "internal/provider/services.go"), fewerServices); err != nil {
		return err
	}
	if err := edit(filepath.Join(dir, "internal/clients/client.go"), fewerClients); err != nil {
		return err
	}
	cmd := exec.Command("go", "build", "-mod=mod", "-ldflags=-s -w", "-o", program, ".")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

func edit(file string, change func([]byte) []byte) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	changed := change(text)
	if bytes.Equal(changed, text) {
		return fmt.Errorf("%s is not as it was: nothing to leave out was found", file)
	}
	return os.WriteFile(file, changed, 0o600)
}

var (
	imported   = regexp.MustCompile(`(?m)^\t"github\.com/hashicorp/terraform-provider-azurerm/internal/services/(\w+)"\n`)
	registered = regexp.MustCompile(`(?m)^\t+(\w+)\.Registration\{\},\n`)
	field      = regexp.MustCompile(`(?m)^\t(\w+) +\*(\w+)\.\w+\n`)
)

// fewerServices leaves out the lines that import and register others.
func fewerServices(text []byte) []byte {
	for _, line := range []*regexp.Regexp{imported, registered} {
		text = line.ReplaceAllFunc(text, func(m []byte) []byte {
			if slices.Contains(services, string(line.FindSubmatch(m)[1])) {
				return m
			}
			return nil
		})
	}
	return text
}

// fewerClients leaves out others' fields, what makes them, and what both import.
func fewerClients(text []byte) []byte {
	for _, f := range field.FindAllSubmatch(text, -1) {
		name, alias := string(f[1]), string(f[2])
		by := regexp.MustCompile(`(?m)^\t` + alias + ` +"github\.com/hashicorp/terraform-provider-azurerm/internal/services/.*"\n`)
		if slices.Contains(clients, name) || !by.Match(text) {
			continue
		}
		text = regexp.MustCompile(`(?m)^\t`+name+` +\*`+alias+`\.\w+\n`).ReplaceAll(text, nil)
		text = regexp.MustCompile(`(?s)\tif client\.`+name+`, err = .*?\n\t\}\n`).ReplaceAll(text, nil)
		text = regexp.MustCompile(`\tclient\.`+name+` = .*\n`).ReplaceAll(text, nil)
		if !regexp.MustCompile(`\b` + alias + `\.`).Match(text) {
			text = by.ReplaceAll(text, nil)
		}
	}
	return text
}
