// Command rouse is the whole product: the server and the commands that speak to one.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"

	"github.com/rouse-oncall/rouse/internal/cli"
)

// version is set when a release is built.
var version = "dev"

func main() {
	var commands cli.Commands
	parser := kong.Must(&commands, append(cli.Options(),
		kong.BindTo(context.Background(), (*context.Context)(nil)), kong.BindTo(os.Stdout, (*io.Writer)(nil)), kong.Bind(cli.Version(version)),
	)...)
	run, err := parser.Parse(os.Args[1:])
	if err != nil {
		fmt.Fprintf(os.Stderr, "rouse: %v; see rouse --help\n", err)
		os.Exit(cli.ExitUsage)
	}
	if err := run.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "rouse:", err)
		os.Exit(cli.ExitCode(err))
	}
}
