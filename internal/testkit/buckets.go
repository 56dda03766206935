package testkit

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// Tool gives the path of what scripts/tools.sh makes. Where it cannot be made the test is skipped.
func Tool(tb TB, name ...string) string {
	tb.Helper()
	_, own, _, _ := runtime.Caller(0)
	cmd := exec.CommandContext(context.Background(), "sh", filepath.Join(filepath.Dir(own), "../../scripts/tools.sh"))
	cmd.Args = append(cmd.Args, name...)
	out, err := cmd.Output()
	path := strings.TrimSpace(string(out))
	if err != nil || path == "" {
		why := err
		if e, ok := errors.AsType[*exec.ExitError](err); ok {
			why = fmt.Errorf("%s: %w", e.Stderr, err)
		}
		must(tb, fmt.Errorf("%s could not be made (%v): %w", strings.Join(name, " "), why, ErrMissing)) //nolint:errorlint // it only says why
	}
	return path
}

// Buckets is a private server of buckets. Env are the credentials that it takes, as the vendor's programs read them.
type Buckets struct {
	*Process
	Env  []string
	addr string
	root string // of S3: a folder for each bucket
}

// AzuriteKey is the key of Azurite's only account, which everybody knows.
const AzuriteKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

// Azurite is Microsoft's emulator of Azure Blob Storage.
func Azurite(tb TB) *Buckets {
	tb.Helper()
	program := filepath.Join(Tool(tb, "azurite"), "node_modules/azurite/dist/src/blob/main.js")
	return startBuckets(tb, "azurite", []string{"AZURE_STORAGE_ACCOUNT=devstoreaccount1", "AZURE_STORAGE_KEY=" + AzuriteKey},
		func(dir, host, port string) []string {
			return []string{
				"node", program, "--location", dir, "--blobHost", host, "--blobPort", port,
				"--silent", "--skipApiVersionCheck", "--disableTelemetry",
			}
		})
}

// S3 is a server that speaks S3 and keeps its buckets in folders; flags are its own, e.g. --readonly.
func S3(tb TB, flags ...string) *Buckets {
	tb.Helper()
	program := Tool(tb, "versitygw")
	return startBuckets(tb, "s3", []string{"AWS_ACCESS_KEY_ID=rouse", "AWS_SECRET_ACCESS_KEY=a-secret-of-rouse"},
		func(dir, host, port string) []string {
			argv := []string{program, "--access", "rouse", "--secret", "a-secret-of-rouse", "--quiet", "--port", host + ":" + port}
			return append(append(argv, flags...), "posix", dir)
		})
}

func startBuckets(tb TB, name string, env []string, command func(dir, host, port string) []string) *Buckets {
	tb.Helper()
	port, err := FreePort()
	must(tb, err)
	dir, err := newFolder(name, nil)
	must(tb, err)
	b := &Buckets{Env: env, addr: fmt.Sprintf("127.0.0.1:%d", port), root: filepath.Join(dir, "buckets")}
	must(tb, os.Mkdir(b.root, 0o700))
	b.Process = &Process{name: name, dir: dir, stop: syscall.SIGTERM, leave: "KILL", argv: command(b.root, "127.0.0.1", fmt.Sprint(port))}
	b.ready = func(ctx context.Context) error {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", b.addr)
		if err == nil {
			err = c.Close()
		}
		return err
	}
	if err := b.Start(); err != nil {
		must(tb, errors.Join(err, b.Close()))
	}
	tb.Cleanup(func() { must(tb, b.Close()) })
	return b
}

// AzureURL is a container's address for Rouse.
func (b *Buckets) AzureURL(container string) string {
	return "azblob://" + container + "?localemu=true&protocol=http&domain=" + b.addr
}

// Endpoint is the account's address for the vendor's library.
func (b *Buckets) Endpoint() string { return "http://" + b.addr + "/devstoreaccount1" }

// S3URL makes a bucket and gives its address for Rouse.
func (b *Buckets) S3URL(tb TB, bucket string) string {
	tb.Helper()
	must(tb, os.MkdirAll(filepath.Join(b.root, bucket), 0o700))
	return "s3://" + bucket + "?region=us-east-1&use_path_style=true&endpoint=http://" + b.addr
}
